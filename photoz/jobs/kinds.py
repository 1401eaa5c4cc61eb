"""The kinds of run, each a function imported only in the worker that runs it.

A run folder is data: it may name one of these kinds and nothing else, so that opening
somebody's folder never runs code of their choosing.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from photoz.errors import JobError

KINDS: Mapping[str, str] = {
    "simulate": "photoz.simulate.job:run",
    "train": "photoz.train.job:run",
    "predict": "photoz.infer.job:run",
    "calibrate": "photoz.calibrate.job:run",
}


def check_kind(kind: str) -> None:
    """Refuse a kind that is not registered.

    Raises:
        JobError: no such kind.
    """
    if kind not in KINDS:
        raise JobError(f"There is no kind of run {kind!r}. Known: {', '.join(KINDS)}.")


def job_function(kind: str, kinds: Mapping[str, str] = KINDS) -> Callable[..., Any]:
    """Import the function of a kind: `run(run, config) -> dict | None`.

    Raises:
        JobError: no such kind.
    """
    if kind not in kinds:
        raise JobError(f"There is no kind of run {kind!r}. Known: {', '.join(kinds)}.")
    module, name = kinds[kind].split(":")
    return getattr(importlib.import_module(module), name)
