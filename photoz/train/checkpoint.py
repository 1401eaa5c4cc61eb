"""Checkpoints of a training run: one safetensors file, written in one piece."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from photoz.atomic import atomic_path
from photoz.errors import JobError
from photoz.train.step import TrainState

FORMAT = 1


@dataclass(frozen=True)
class Progress:
    """Where the run of one estimator stands, beside its arrays.

    Attributes:
        step: steps done.
        best_step: step of the best held-out score; -1 before the first.
        best_log_score: that score.
        stale: evaluations since it.
        elapsed_s: seconds of work so far, over all attempts.
        loss_sum: sum of the losses since the last evaluation.
        loss_count: how many they are.
        finished: whether no step is left to do.
    """

    step: int = 0
    best_step: int = -1
    best_log_score: float = float("-inf")
    stale: int = 0
    elapsed_s: float = 0.0
    loss_sum: float = 0.0
    loss_count: int = 0
    finished: bool = False


def save_checkpoint(
    path: Path, identity: str, state: TrainState, best: Any, progress: Progress
) -> None:
    """Write state, best averaged weights and progress.

    Args:
        path: the file.
        identity: hash of what the run was told; a checkpoint serves no other run.
        state: state to go on from.
        best: averaged weights of the best evaluation so far.
        progress: where the run stands.
    """
    from safetensors.numpy import save_file

    leaves = jax.device_get(jax.tree.leaves((state, best)))
    # np.ascontiguousarray would give counters an axis
    arrays = {f"leaf.{i}": np.array(leaf, order="C") for i, leaf in enumerate(leaves)}
    header = {"format": FORMAT, "identity": identity, "progress": asdict(progress)}
    with atomic_path(path) as temporary:
        save_file(arrays, temporary, metadata={"photoz": json.dumps(header)})


def load_checkpoint(
    path: Path, identity: str, state: TrainState, best: Any
) -> tuple[TrainState, Any, Progress]:
    """Read a checkpoint into the structure of `state` and `best`.

    Raises:
        JobError: damaged, of another format, or of a run that was told something else.
    """
    from safetensors import SafetensorError, safe_open

    like, structure = jax.tree.flatten((state, best))
    header = read_header(path)
    try:
        with safe_open(path, framework="numpy") as stored:
            found = [stored.get_tensor(f"leaf.{i}") for i in range(len(stored.keys()))]
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error
    if header.get("identity") != identity:
        raise JobError(
            f"The checkpoint {path} belongs to another configuration, simulation or noise model "
            "(one of the files changed since). Put it back, or start a new run."
        )
    if [(a.shape, a.dtype) for a in found] != [(a.shape, a.dtype) for a in like]:
        raise JobError(
            f"The checkpoint {path} does not fit the network: another version of photoz wrote it. "
            "Start a new run."
        )
    state, best = jax.tree.unflatten(structure, [jnp.asarray(a) for a in found])
    return state, best, Progress(**header["progress"])


def read_header(path: Path) -> dict[str, Any]:
    """Read the JSON header of a checkpoint: `format`, `identity`, `progress`.

    Raises:
        JobError: damaged or of another format.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            header = json.loads((stored.metadata() or {}).get("photoz", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if header.get("format") != FORMAT:
        raise JobError(
            f"The checkpoint {path} has format {header.get('format')!r}, expected {FORMAT}: "
            "another version of photoz wrote it. Start a new run."
        )
    return header


def _unreadable(path: Path, error: Exception) -> JobError:
    return JobError(
        f"The checkpoint {path} cannot be read ({error}). Delete it to train from the start."
    )
