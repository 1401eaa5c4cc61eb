"""Look at runs from outside: the status they wrote, checked against the process."""

import json
import time
from dataclasses import replace
from pathlib import Path

from photoz.errors import JobError
from photoz.jobs.folder import RunStatus, is_run, read_status, write_status
from photoz.jobs.process import ProcessIdentity

START_GRACE_S = 15.0
SILENCE_S = 90.0


def status(run_dir: str | Path) -> RunStatus:
    """Return the state of a run; one whose process is gone becomes `lost`, on disk too.

    Raises:
        JobError: not a run folder.
    """
    found = read_status(run_dir)
    if not found.active or worker_lives(found):
        return found
    found = read_status(run_dir)  # it may have come to its end between the two looks
    if not found.active:
        return found
    gone = replace(
        found,
        state="lost",
        ended=found.heartbeat or found.created,
        message="The process ended without a word (killed, out of memory, or the machine "
        "restarted); log.txt has its last lines, Resume continues from the last checkpoint.",
    )
    write_status(gone)
    return gone


def worker(run_dir: str | Path) -> ProcessIdentity | None:
    """Return the process that works or last worked on a run."""
    try:
        record = json.loads((Path(run_dir) / "worker.json").read_text(encoding="utf-8"))
        return ProcessIdentity.from_dict(record)
    except (OSError, ValueError, KeyError):
        return None


def worker_lives(found: RunStatus) -> bool:
    """Whether the worker of an active run is there: by its process here, else by heartbeat."""
    identity = worker(found.run_dir)
    now = time.time()
    if identity is None:
        return now - found.created < START_GRACE_S
    if identity.here:
        return identity.alive
    return now - (found.heartbeat or found.created) < SILENCE_S


def list_runs(folder: str | Path) -> list[RunStatus]:
    """List the runs of a workspace (its `runs/`), newest first; a run folder lists itself.

    A folder in `runs/` that cannot be read as a run is left out.

    Raises:
        JobError: `folder` does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise JobError(f"There is no folder {folder}. Give a workspace or a run folder.")
    if is_run(folder):
        return [status(folder)]
    base = folder / "runs" if (folder / "runs").is_dir() else folder
    found = []
    for path in base.iterdir():
        if is_run(path):
            try:
                found.append(status(path))
            except JobError:
                continue
    return sorted(found, key=lambda s: s.created, reverse=True)
