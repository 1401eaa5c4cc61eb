"""K-fold calibration: every galaxy judged under a fit that did not see it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photoz.calibrate.fitter import Fitter, TracePoint
from photoz.calibrate.objective import Theta, no_change
from photoz.calibrate.plan import GROUPS
from photoz.errors import InputError, JobError


@dataclass(frozen=True)
class HeldOut:
    """What K fits, each without one fold, say about galaxies they did not see.

    Attributes:
        fold_of: (n_gal,) fold of each galaxy.
        thetas: for each fold, the parameters fitted on the other folds.
        before: (n_gal,) -ln p(z_spec) without calibration.
        after: (n_gal,) under the fit of the other folds.
        scatter: per group (n_band,) standard deviation of theta between folds.
    """

    fold_of: np.ndarray
    thetas: tuple[Theta, ...]
    before: np.ndarray
    after: np.ndarray
    scatter: dict[str, np.ndarray]


def assign_folds(n_gal: int, folds: int, seed: int = 0) -> np.ndarray:
    """Return a random fold 0..folds-1 for each galaxy, sizes equal to within one.

    Raises:
        InputError: fewer than two folds, or more folds than galaxies.
    """
    if not 2 <= folds <= n_gal:
        raise InputError(
            f"{folds} folds cannot be made of {n_gal} galaxies; give 2 to {n_gal}, or 0 for none."
        )
    return np.random.default_rng(seed).permutation(np.arange(n_gal) % folds)


def kfold_calibration(
    fitter: Fitter,
    fold_of: np.ndarray,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> HeldOut:
    """Fit once without each fold and judge the fold left out.

    Held-out galaxies stay in the arrays with weight 0, so that all folds share one compiled
    loss.

    Args:
        fitter: from `prepare`.
        fold_of: (n_gal,) integers; every distinct value is one fold.
        progress: called with (fits done, folds).
        should_stop: asked at every evaluation.

    Raises:
        JobError: stopped.
    """

    def stopped(_: TracePoint) -> None:
        if should_stop():
            raise JobError("The calibration was stopped; nothing was written.")

    before = fitter.losses(no_change(len(fitter.bands)))
    after = np.full_like(before, np.nan)
    thetas = []
    values = np.unique(fold_of)
    for done, fold in enumerate(values, start=1):
        out = fold_of == fold
        theta = fitter.run(weight=~out, watch=stopped).theta
        after[out] = fitter.losses(theta)[out]
        thetas.append(theta)
        progress(done, len(values))
    scatter = {g: np.std([np.asarray(t[g]) for t in thetas], axis=0, ddof=1) for g in GROUPS}
    return HeldOut(np.asarray(fold_of), tuple(thetas), before, after, scatter)
