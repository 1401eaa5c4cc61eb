"""`python -m photoz.jobs.worker RUN_DIR`: do the work of one run folder, to its end."""

import fcntl
import json
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from photoz.atomic import write_text
from photoz.errors import JobError, PhotozError
from photoz.jobs.folder import read_config
from photoz.jobs.kinds import KINDS, job_function
from photoz.jobs.process import me
from photoz.jobs.run import Run, StoppedRun


def work(run_dir: str | Path, kinds: Mapping[str, str] = KINDS) -> str:
    """Run the function of the folder's kind in this process.

    Args:
        run_dir: a run folder, queued.
        kinds: kind -> `module:function`.

    Returns:
        The state the run ended in.

    Raises:
        JobError: not a run folder, or another worker has it.
    """
    run_dir = Path(run_dir)
    record = read_config(run_dir)
    with (run_dir / "worker.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JobError(f"Another worker is at work in {run_dir}.") from error
        write_text(run_dir / "worker.json", json.dumps(me().to_dict()) + "\n")
        run = Run(run_dir)
        signal.signal(signal.SIGTERM, lambda *_: _on_terminate(run))
        run.begin()
        return _guarded(run, record, kinds)


def _guarded(run: Run, record: dict, kinds: Mapping[str, str]) -> str:
    """Call the function and write down how it ended."""
    try:
        result = job_function(record["kind"], kinds)(run, record["config"])
    except StoppedRun:
        run.end("cancelled", "Cancelled; Resume continues from the last checkpoint.")
    except PhotozError as error:
        if run.should_stop():
            run.end("cancelled", str(error))
        else:
            print(f"photoz: {error}", file=sys.stderr, flush=True)
            run.end("failed", str(error))
    except Exception as error:
        traceback.print_exc()
        said = f"{type(error).__name__}: {error} (log.txt has the traceback)."
        run.end("failed", said, explained=False)
    else:
        run.end("finished", result=result)
    return run.status.state


def _on_terminate(run: Run) -> None:
    """End at once: checkpoints are written in one piece, so any moment is a good one."""
    run.ask_stop()
    raise StoppedRun


def main(argv: list[str], kinds: Mapping[str, str] = KINDS) -> int:
    """Work on the run folder named in argv; 0 when it finished or was cancelled."""
    if len(argv) != 1:
        print("usage: python -m photoz.jobs.worker RUN_DIR", file=sys.stderr)
        return 2
    try:
        return 0 if work(argv[0], kinds) in ("finished", "cancelled") else 1
    except PhotozError as error:
        print(f"photoz: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
