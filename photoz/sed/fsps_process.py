"""Run FSPS in a process of its own and accept only a complete result.

python-fsps keeps one Fortran state per process and may end it with exit status 0 in the middle
of a call. A child therefore does the work, in a folder that is thrown away with the files FSPS
leaves there; what counts is the result file, which appears in one piece or not at all.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import photoz
from photoz.errors import GridError
from photoz.sed.fsps_home import checked_home

Progress = Callable[[int, int], None]
REQUEST, ARRAYS, RESULT = "request.json", "request.npz", "result.npz"
PROGRESS_MARK = "photoz-progress"
SAID_LINES = 5  # of what FSPS printed last, for the sentence


def silent(done: int, total: int) -> None:
    """Report nothing."""


def run_fsps(
    task: str,
    facts: dict[str, Any],
    arrays: dict[str, np.ndarray],
    sps_home: str | Path | None = None,
    progress: Progress = silent,
) -> dict[str, np.ndarray]:
    """Let a child process do one task of `photoz.sed.fsps_child` and return its arrays.

    Args:
        task: `tables` or `spectra`.
        facts: what the task takes that JSON holds.
        arrays: what it takes as arrays.
        sps_home: the FSPS data; default the environment variable SPS_HOME.
        progress: told (done, total) while the child works.

    Raises:
        GridError: the data are not usable, FSPS was built for another library than its data
            suggest, or the child ended without a result.
    """
    home, layout = checked_home(sps_home)
    with tempfile.TemporaryDirectory(prefix="photoz-fsps-") as folder:
        request = Path(folder)
        (request / REQUEST).write_text(json.dumps({"task": task, **facts}), encoding="utf-8")
        np.savez(request / ARRAYS, **arrays)  # pyright: ignore[reportArgumentType]
        status, said = _watch(request, home, progress)
        if not (request / RESULT).is_file():
            raise GridError(
                f"FSPS ended without a result (exit status {status}) with SPS_HOME {home}; it "
                f"does so when it cannot use one of its data files. It said last: {said}"
            )
        with np.load(request / RESULT, allow_pickle=False) as archive:
            result = {name: archive[name] for name in archive.files}
    found = str(result["libraries"][1])
    if found != layout.library:
        raise GridError(
            f"python-fsps was built for the {found} spectra, but the files that were checked are "
            f"those of {layout.library}; install a build for {layout.library}."
        )
    return result


def _watch(request: Path, home: Path, progress: Progress) -> tuple[int, str]:
    """Run the child to its end; return its exit status and the last lines it printed."""
    scratch = request / "scratch"
    scratch.mkdir()
    package_root = str(Path(photoz.__file__).resolve().parents[1])
    paths = [package_root, os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "SPS_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }
    said: list[str] = []
    child = subprocess.Popen(
        [sys.executable, "-m", "photoz.sed.fsps_child", str(request)],
        cwd=scratch,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith(PROGRESS_MARK):
                _, done, total = line.split()
                progress(int(done), int(total))
            elif line.strip():
                said = [*said, line.strip()][-SAID_LINES:]
        return child.wait(), " / ".join(said) or "nothing."
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
