"""Start, cancel, resume and delete runs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from photoz.atomic import write_text
from photoz.errors import JobError
from photoz.jobs.folder import (
    RESUMABLE,
    RunStatus,
    is_run,
    read_config,
    read_status,
    write_config,
    write_status,
)
from photoz.jobs.kinds import check_kind
from photoz.jobs.process import ProcessIdentity
from photoz.jobs.watch import status, worker

WORKER = (sys.executable, "-m", "photoz.jobs.worker")


def start(
    kind: str, config: dict[str, Any], run_dir: str | Path, *, command: Sequence[str] = WORKER
) -> Path:
    """Make a run folder and start its worker, a process of its own that outlives the caller.

    Args:
        kind: a registered kind of run.
        config: what its function reads; JSON. Paths in it should be absolute.
        run_dir: the folder; made with its parents, must not hold a run yet.
        command: of the worker; the folder is appended.

    Raises:
        JobError: no such kind, or the folder holds a run or other files or is not writable.
    """
    check_kind(kind)
    run_dir = Path(run_dir).resolve()
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(f"Cannot make the run folder {run_dir}: {error.strerror}.") from error
    if is_run(run_dir):
        raise JobError(
            f"{run_dir} holds a run already ({status(run_dir).state}). Give another folder, "
            f"or `photoz runs resume {run_dir}`, or `photoz runs delete {run_dir}`."
        )
    if any(run_dir.iterdir()):
        raise JobError(f"The run folder {run_dir} holds other files. Give a new or an empty one.")
    write_config(run_dir, kind, config)
    write_status(RunStatus(run_dir, kind, "queued", created=time.time()))
    _launch(run_dir, command)
    return run_dir


def request_stop(run_dir: str | Path) -> None:
    """Ask a run to stop at its next safe point; returns at once."""
    if status(run_dir).active:
        (Path(run_dir) / "STOP").touch()


def cancel(run_dir: str | Path, *, patience_s: float = 20.0, terminate_s: float = 5.0) -> RunStatus:
    """Stop a run: ask by a STOP file, then SIGTERM, then SIGKILL; the last checkpoint stays.

    Args:
        run_dir: the folder.
        patience_s: wait this long after the STOP file.
        terminate_s: and this long after SIGTERM.

    Raises:
        JobError: not a run folder, or its worker runs on another machine and does not stop.
    """
    request_stop(run_dir)
    found = wait(run_dir, timeout_s=patience_s)
    process = worker(run_dir)
    if found.active and process is not None:
        if not process.here:
            raise JobError(f"{run_dir} runs on {process.host}; cancel it there.")
        for number, seconds in ((signal.SIGTERM, terminate_s), (signal.SIGKILL, 5.0)):
            if process.alive:
                os.kill(process.pid, number)
                _until(lambda: not process.alive, seconds)
    _until_gone(run_dir)
    found = status(run_dir)
    if found.state in ("lost", "queued", "running") and (process is None or not process.alive):
        found = replace(found, state="cancelled", ended=time.time(), message="Cancelled (killed).")
        write_status(found)
    return found


def resume(run_dir: str | Path, *, command: Sequence[str] = WORKER) -> RunStatus:
    """Continue a failed, cancelled or lost run from its last checkpoint.

    Raises:
        JobError: it is still active or already finished.
    """
    run_dir = Path(run_dir).resolve()
    found = status(run_dir)
    if found.state not in RESUMABLE:
        raise JobError(
            f"{run_dir} is {found.state}; only a {', '.join(RESUMABLE[:-1])} or {RESUMABLE[-1]} "
            "run can be resumed."
        )
    read_config(run_dir)
    _until_gone(run_dir)
    (run_dir / "STOP").unlink(missing_ok=True)
    queued = replace(
        found,
        state="queued",
        attempt=found.attempt + 1,
        ended=None,
        message="",
        explained=True,
        result={},
    )
    write_status(queued)
    _launch(run_dir, command)
    return queued


def delete(run_dir: str | Path) -> None:
    """Delete a run folder that is not active; by a link, the folder and the link.

    Raises:
        JobError: not a run folder, or still active.
    """
    found = status(run_dir)
    if found.active:
        raise JobError(f"{run_dir} is {found.state}. `photoz runs cancel {run_dir}` first.")
    shutil.rmtree(Path(run_dir).resolve())
    if Path(run_dir).is_symlink():
        Path(run_dir).unlink()


def wait(
    run_dir: str | Path,
    *,
    timeout_s: float | None = None,
    on_look: Callable[[RunStatus], None] = lambda found: None,
    every_s: float = 0.1,
) -> RunStatus:
    """Wait for a run to come to its end, or for the time to pass; returns its last status."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        found = status(run_dir)
        on_look(found)
        if not found.active or (deadline is not None and time.monotonic() >= deadline):
            return found
        time.sleep(every_s)


def run_to_end(
    kind: str, config: dict[str, Any], run_dir: str | Path, *, command: Sequence[str] = WORKER
) -> RunStatus:
    """Start a run, or go on with the one that is there, and wait until it has finished.

    A run that is there keeps the configuration it was started with.

    Raises:
        JobError: it ended otherwise, and see `start` and `resume`.
    """
    if not is_run(run_dir):
        start(kind, config, run_dir, command=command)
    elif not (found := status(run_dir)).active and found.state != "finished":
        resume(run_dir, command=command)
    ended = wait(run_dir, every_s=1.0)
    if ended.state != "finished":
        raise JobError(f"The run {run_dir} ended {ended.state}: {ended.message}")
    return ended


def _launch(run_dir: Path, command: Sequence[str]) -> None:
    """Start the worker in its own session, its output in log.txt, and note who it is."""
    with (run_dir / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [*command, str(run_dir)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # reaped in a thread, so that a dead worker of a living server is not seen as alive
    threading.Thread(target=process.wait, daemon=True).start()
    identity = ProcessIdentity.of(process.pid)
    if identity is not None:
        write_text(run_dir / "worker.json", json.dumps(identity.to_dict()) + "\n")
    elif read_status(run_dir).active:
        raise JobError(f"The worker of {run_dir} did not start; log.txt there says why.")


def _until_gone(run_dir: str | Path, seconds: float = 5.0) -> None:
    """Give a worker that has written its last status the moment it needs to leave."""
    process = worker(run_dir)
    if process is not None and process.here:
        _until(lambda: not process.alive, seconds)


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
