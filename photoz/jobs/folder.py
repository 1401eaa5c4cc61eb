"""The run folder: the files of a run, how they are written and read.

config.json     kind, creation time, configuration; never changes
status.json     state, times, progress, message, result; written by the worker
worker.json     identity of the process that works or worked on it
metrics.jsonl   one JSON object a line
log.txt         everything the worker printed
STOP            there when somebody asked the run to stop
checkpoints/    the job's own
"""

import json
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from photoz.atomic import write_text
from photoz.errors import JobError

FORMAT = 1
STATES = ("queued", "running", "finished", "failed", "cancelled", "lost")
ACTIVE = ("queued", "running")
RESUMABLE = ("failed", "cancelled", "lost")


@dataclass(frozen=True)
class RunStatus:
    """What is known of a run; times are seconds since the epoch, None while not reached.

    Attributes:
        run_dir: the folder.
        kind: `simulate`, `train`, `predict` or `calibrate`.
        state: one of `STATES`.
        created: when the folder was made.
        started: when the present attempt began.
        ended: when it came to its end.
        heartbeat: when the worker last wrote.
        attempt: 1, and one more after each resume.
        done: units of work done.
        total: units in all; 0 while unknown.
        message: a sentence: what it does, or why it ended.
        explained: false where it failed by a fault of ours, whose traceback is in log.txt.
        result: what a finished run returned.
    """

    run_dir: Path
    kind: str
    state: str
    created: float
    started: float | None = None
    ended: float | None = None
    heartbeat: float | None = None
    attempt: int = 1
    done: int = 0
    total: int = 0
    message: str = ""
    explained: bool = True
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name of the folder."""
        return self.run_dir.name

    @property
    def active(self) -> bool:
        """Whether it is queued or running."""
        return self.state in ACTIVE

    @property
    def seconds(self) -> float:
        """Length of the present or last attempt in seconds."""
        if self.started is None:
            return 0.0
        return (self.ended if self.ended is not None else time.time()) - self.started

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON holds them."""
        return asdict(self) | {"run_dir": str(self.run_dir), "id": self.id}


def is_run(path: str | Path) -> bool:
    """Whether a folder is a run folder."""
    return (Path(path) / "config.json").is_file() and (Path(path) / "status.json").is_file()


def write_config(run_dir: Path, kind: str, config: dict[str, Any]) -> None:
    """Write config.json, once."""
    record = {"format": FORMAT, "kind": kind, "created": time.time(), "config": config}
    write_text(run_dir / "config.json", json.dumps(record, indent=1) + "\n")


def read_config(run_dir: str | Path) -> dict[str, Any]:
    """Read config.json: `format`, `kind`, `created`, `config`.

    Raises:
        JobError: not a run folder, or of another format.
    """
    record = _read(Path(run_dir), "config.json")
    if record.get("format") != FORMAT:
        raise JobError(
            f"{run_dir}/config.json has format {record.get('format')!r}; this photoz reads "
            f"format {FORMAT}. Start the run again."
        )
    return record


def write_status(status: RunStatus) -> None:
    """Write status.json in one piece."""
    record = {k: v for k, v in asdict(status).items() if k != "run_dir"}
    write_text(status.run_dir / "status.json", json.dumps(record, indent=1, default=str) + "\n")


def read_status(run_dir: str | Path) -> RunStatus:
    """Read status.json as its writer left it (`photoz.jobs.status` also asks the process).

    Raises:
        JobError: not a run folder.
    """
    run_dir = Path(run_dir)
    record = _read(run_dir, "status.json")
    known = {f.name for f in fields(RunStatus)} - {"run_dir"}
    try:
        return RunStatus(run_dir=run_dir, **{k: v for k, v in record.items() if k in known})
    except TypeError as error:
        raise JobError(
            f"{run_dir}/status.json lacks an entry ({error}). Delete the run."
        ) from error


def read_metrics(run_dir: str | Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Read the whole lines of metrics.jsonl from a byte offset.

    Returns:
        The lines, and the offset to ask from next time; an offset beyond the end (a resumed
        run trims its metrics) reads from the start.
    """
    path = Path(run_dir) / "metrics.jsonl"
    if not path.exists():
        return [], 0
    if offset > path.stat().st_size:
        offset = 0
    with path.open("rb") as stream:
        stream.seek(offset)
        whole, newline, _ = stream.read().rpartition(b"\n")
    rows = [json.loads(line) for line in whole.splitlines() if line.strip()]
    return rows, offset + len(whole) + len(newline)


def _read(run_dir: Path, name: str) -> dict[str, Any]:
    try:
        return json.loads((run_dir / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JobError(
            f"{run_dir} is not a run folder: it has no {name}. `photoz runs list` shows the runs."
        ) from error
    except (OSError, ValueError) as error:
        raise JobError(f"{run_dir / name} cannot be read ({error}). Delete the run.") from error
