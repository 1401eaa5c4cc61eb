"""The side of a run that the working function sees: report, progress, stop."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from photoz.atomic import write_text
from photoz.jobs.folder import RunStatus, read_metrics, read_status, write_status

HEARTBEAT_S = 1.0


class StoppedRun(Exception):  # noqa: N818 - not an error: the run did what it was asked
    """Raised by a job to end after a request to stop."""


class Run:
    """A run folder in its worker process; the only writer of status.json while it lives.

    Args:
        run_dir: the folder.
    """

    def __init__(self, run_dir: str | Path):
        self.dir = Path(run_dir)
        self.checkpoints = self.dir / "checkpoints"
        self.checkpoints.mkdir(exist_ok=True)
        self._status = read_status(self.dir)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._ended = threading.Event()
        self.keep_metrics(lambda row: True)

    @property
    def status(self) -> RunStatus:
        """What this worker last said."""
        return self._status

    def report(self, **metrics: Any) -> None:
        """Append one line to metrics.jsonl."""
        with (self.dir / "metrics.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(metrics) + "\n")

    def keep_metrics(self, keep: Callable[[dict[str, Any]], bool]) -> None:
        """Drop the lines that a resumed run will write again, and a half-written last one."""
        path = self.dir / "metrics.jsonl"
        if path.exists():
            rows = [row for row in read_metrics(self.dir)[0] if keep(row)]
            write_text(path, "".join(json.dumps(row) + "\n" for row in rows))

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Say how much is done; written with the next heartbeat."""
        with self._lock:
            self._status = replace(self._status, done=int(done), total=int(total), message=message)

    def should_stop(self) -> bool:
        """Whether somebody asked the run to stop."""
        if not self._stop.is_set() and (self.dir / "STOP").exists():
            self._stop.set()
        return self._stop.is_set()

    def check_stop(self) -> None:
        """Raise `StoppedRun` when somebody asked the run to stop."""
        if self.should_stop():
            raise StoppedRun

    def ask_stop(self) -> None:
        """Ask from within (a signal) what the STOP file asks from without."""
        self._stop.set()

    def begin(self) -> None:
        """Turn to `running` and write a heartbeat every second from a thread."""
        self._write(state="running", started=time.time(), ended=None, message="")
        threading.Thread(target=self._beat, daemon=True).start()

    def end(
        self,
        state: str,
        message: str = "",
        result: dict[str, Any] | None = None,
        *,
        explained: bool = True,
    ) -> None:
        """Turn to a final state."""
        self._ended.set()
        self._write(
            state=state,
            ended=time.time(),
            message=message,
            explained=explained,
            result=result or {},
        )

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            self._write(unless_ended=True)

    def _write(self, *, unless_ended: bool = False, **changes: Any) -> None:
        with self._lock:
            if unless_ended and self._ended.is_set():
                return
            self._status = replace(self._status, heartbeat=time.time(), **changes)
            write_status(self._status)
