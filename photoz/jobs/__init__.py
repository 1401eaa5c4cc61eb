"""Long work as child processes that leave everything they know in a run folder."""

from photoz.jobs.control import cancel, delete, request_stop, resume, run_to_end, start, wait
from photoz.jobs.folder import RunStatus, is_run, read_metrics
from photoz.jobs.registry import default_workspace, find_run, register
from photoz.jobs.run import Run, StoppedRun
from photoz.jobs.targets import check_target
from photoz.jobs.watch import list_runs, status

__all__ = [
    "Run",
    "RunStatus",
    "StoppedRun",
    "cancel",
    "check_target",
    "default_workspace",
    "delete",
    "find_run",
    "is_run",
    "list_runs",
    "read_metrics",
    "register",
    "request_stop",
    "resume",
    "run_to_end",
    "start",
    "status",
    "wait",
]
