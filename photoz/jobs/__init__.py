"""Long work as child processes that leave everything they know in a run folder."""

from photoz.jobs.control import cancel, delete, request_stop, resume, start, wait
from photoz.jobs.folder import RunStatus, is_run, read_metrics
from photoz.jobs.run import Run, StoppedRun
from photoz.jobs.watch import list_runs, status

__all__ = [
    "Run",
    "RunStatus",
    "StoppedRun",
    "cancel",
    "delete",
    "is_run",
    "list_runs",
    "read_metrics",
    "request_stop",
    "resume",
    "start",
    "status",
    "wait",
]
