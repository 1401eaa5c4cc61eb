"""Start and stop the page's server as a process of its own."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path


def serve(root: Path):
    """Start the page on a workspace; return the process and its address."""
    command = [sys.executable, "-m", "photoz", "app", "--no-browser", "--workspace", str(root)]
    return start_server(command, {}, Path(__file__).resolve().parents[2])


def end(process, root: Path) -> None:
    """Cancel the jobs of a workspace and end its server."""
    from photoz import jobs

    for run in jobs.list_runs(root):
        if run.active:
            jobs.cancel(run.run_dir, patience_s=2.0)
    stop(process)


def stop(process) -> None:
    """End a server that a test started."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:  # in the middle of a compilation
        process.kill()
        process.wait()


def start_server(command: list[str], environment: dict[str, str], folder: Path):
    """Start a server; return its process and its address, read from what it prints."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = []
    for line in process.stdout:
        printed.append(line)
        if match := re.search(r"http://(?:127\.0\.0\.1|localhost):\d+/\S*", line):
            # a pipe that nobody reads fills up, and then the server stands still
            threading.Thread(target=printed.extend, args=(process.stdout,), daemon=True).start()
            return process, match.group(0)
    raise AssertionError(f"The server ended before it gave an address:\n{''.join(printed)}")
