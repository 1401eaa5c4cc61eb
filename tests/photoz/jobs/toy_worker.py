"""A worker whose kinds are small functions of the tests."""

import json
import signal
import sys
import time

from photoz.errors import InputError
from photoz.jobs.worker import main


def count(run, config):
    """Count to n, a checkpoint each; stop where asked; a config may make it go wrong."""
    saved = run.checkpoints / "count.json"
    first = json.loads(saved.read_text()) if saved.exists() else 0
    run.keep_metrics(lambda row: row["i"] <= first)
    for i in range(first + 1, config["n"] + 1):
        run.check_stop()
        time.sleep(config.get("pause_s", 0))
        if i == config.get("sentence_at"):
            raise InputError("The third step is broken; mend it.")
        if i == config.get("bug_at"):
            raise ZeroDivisionError("one over nought")
        saved.write_text(json.dumps(i))
        run.report(i=i, square=i * i)
        run.progress(i, config["n"])
    return {"sum": sum(range(config["n"] + 1))}


def deaf(run, config):
    """Neither look at STOP nor heed SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    run.report(ready=True)
    time.sleep(60)


if __name__ == "__main__":
    kinds = {"simulate": f"{__spec__.name}:count", "train": f"{__spec__.name}:deaf"}
    sys.exit(main(sys.argv[1:], kinds))
