"""The training loop of one estimator: advance, score on held-out galaxies, keep the best."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from photoz.errors import JobError
from photoz.jobs import StoppedRun
from photoz.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from photoz.train.config import TrainConfig
from photoz.train.heldout import HeldoutScore, score_features
from photoz.train.step import (
    Trainable,
    TrainData,
    first_state,
    make_advance,
    make_optimiser,
)

CHECKPOINT_S = 20.0
N_LIVE_CRPS = 1000
DIVERGED = 2.0  # below the best held-out log score


class Validation(NamedTuple):
    """Held-out galaxies observed once, the same for the whole run.

    Attributes:
        features: (n, n_feature).
        z: (n,) true redshifts.
        physical: (n, n_physical) what a joint model learns beside z, or None.
    """

    features: jax.Array
    z: np.ndarray
    physical: np.ndarray | None = None


@dataclass(frozen=True)
class Watch:
    """Where a loop reports to and asks.

    Attributes:
        report: called with one line of metrics.
        progress: called with the steps done.
        should_stop: asked between two dispatches.
    """

    report: Callable[..., None]
    progress: Callable[[int], None]
    should_stop: Callable[[], bool]


def fit(
    estimator: Trainable,
    config: TrainConfig,
    data: TrainData,
    validation: Validation,
    n_group: int,
    checkpoint: Path,
    identity: str,
    watch: Watch,
) -> tuple[Trainable, Progress]:
    """Train one estimator, from its checkpoint where there is one.

    Args:
        estimator: where to begin: untrained, or trained before.
        config: the configuration.
        data: training galaxies and constants.
        validation: held-out galaxies.
        n_group: number of groups of bands.
        checkpoint: file to continue from and to write.
        identity: hash of what the run was told.
        watch: reports and stop requests.

    Returns:
        The estimator with the averaged weights of its best held-out log score, and where and
        how it ended.

    Raises:
        StoppedRun: asked to stop; the checkpoint holds the last step.
        JobError: loss or gradient became NaN; the last good checkpoint stays.
    """
    kind = estimator.kind
    optimiser = make_optimiser(config)
    state = first_state(estimator, optimiser)
    best, progress = state.average, Progress()
    if checkpoint.exists():
        state, best, progress = load_checkpoint(checkpoint, identity, state, best)
    advance = make_advance(estimator, optimiser, config, n_group)

    static = eqx.filter(estimator, eqx.is_inexact_array, inverse=True)

    def build(params: Any) -> Trainable:
        return eqx.combine(params, static)

    def save() -> None:
        save_checkpoint(checkpoint, identity, state, best, progress)

    clock, saved = time.monotonic(), float("-inf")
    while not progress.finished:
        if watch.should_stop():
            save()
            raise StoppedRun
        n = _until_pause(progress.step, config)
        state, losses, norms = advance(state, data, n)
        losses = _finite(kind, progress.step, np.asarray(losses)[:n], np.asarray(norms)[:n])
        now = time.monotonic()
        progress = replace(
            progress,
            step=progress.step + n,
            elapsed_s=progress.elapsed_s + now - clock,
            loss_sum=progress.loss_sum + float(losses.sum()),
            loss_count=progress.loss_count + n,
        )
        rate = n * config.batch / (now - clock)
        clock = now
        if progress.step % config.evaluate_every == 0 or progress.step == config.steps:
            seen, z, physical = validation
            held = score_features(build(state.average), seen, z, N_LIVE_CRPS, physical)
            _report(kind, held, progress, rate, watch)
            _refuse_divergence(kind, held.objective, progress)
            better, progress = _judge(config, held.objective, progress)
            best = state.average if better else best
            if progress.finished or now - saved > CHECKPOINT_S:
                save()
                saved = time.monotonic()
        watch.progress(progress.step)
    return build(best), progress


def _refuse_divergence(kind: str, log_score: float, progress: Progress) -> None:
    if log_score < progress.best_log_score - DIVERGED:
        raise JobError(
            f"Training the {kind} diverged before step {progress.step}: its held-out log score is "
            f"{log_score:.2f}, it was {progress.best_log_score:.2f} at step {progress.best_step}. "
            "The checkpoint before it is kept; start a new run with a smaller learning rate."
        )


def _until_pause(step: int, config: TrainConfig) -> int:
    """Steps to the next multiple of the dispatch length, or to the end."""
    length = config.steps_per_dispatch
    return min(length - step % length, config.steps - step)


def _finite(kind: str, first: int, losses: np.ndarray, norms: np.ndarray) -> np.ndarray:
    """Return the losses in double precision, or refuse the first that is not a number."""
    bad = np.flatnonzero(~(np.isfinite(losses) & np.isfinite(norms)))
    if len(bad):
        raise JobError(
            f"Training the {kind} stopped at step {first + int(bad[0]) + 1}: its loss is not a "
            "finite number. The checkpoint before it is kept; start a new run with a smaller "
            "learning rate, and look for values that are not finite in the simulation."
        )
    return losses.astype(np.float64)


def _report(
    kind: str, held: HeldoutScore, progress: Progress, rate_gal_per_s: float, watch: Watch
) -> None:
    """Write one line of metrics."""
    more = {} if held.joint_log_score is None else {"val_joint_log_score": held.joint_log_score}
    watch.report(
        step=progress.step,
        model=kind,
        loss=progress.loss_sum / max(1, progress.loss_count),
        val_log_score=held.log_score,
        val_crps=held.crps,
        val_pit_ks=held.pit_ks,
        rate_gal_per_s=round(rate_gal_per_s, 1),
        elapsed_s=round(progress.elapsed_s, 2),
        **more,
    )


def _judge(config: TrainConfig, log_score: float, progress: Progress) -> tuple[bool, Progress]:
    """Say whether a held-out score is the best so far, and whether training is done."""
    better = log_score > progress.best_log_score
    stale = 0 if better else progress.stale + 1
    tired = config.patience is not None and stale >= config.patience
    return better, replace(
        progress,
        best_step=progress.step if better else progress.best_step,
        best_log_score=log_score if better else progress.best_log_score,
        stale=stale,
        loss_sum=0.0,
        loss_count=0,
        finished=tired or progress.step >= config.steps,
    )
