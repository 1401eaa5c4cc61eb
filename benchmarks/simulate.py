"""Simulation to a file: rate and memory against rows: `python -m benchmarks.simulate [--json]`.

`photoz simulate cosmos2020` runs once for each number of rows, as a process of its own, and its
largest resident memory is taken: it must not grow with the rows. `PHOTOZ_ROWS=10000000` measures
ten million instead of the two defaults.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import machine_figures
from benchmarks.report import run

ROWS = (100_000, 400_000)
RECIPE = "cosmos2020"


def one(rows: int, folder: Path) -> dict[str, float]:
    """Simulate once; rate in kept galaxies per second and largest resident memory in GB."""
    out = folder / f"{rows}.parquet"
    arguments = ["simulate", RECIPE, "--n", str(rows), "--seed", "1", "--out", str(out), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "photoz", *arguments], stdout=subprocess.PIPE, text=True
    )
    printed = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"photoz simulate ended with status {status}.")
    return {
        "galaxies_per_s": json.loads(printed.splitlines()[-1])["galaxies_per_s"],
        "peak_rss_gb": usage.ru_maxrss * 1024 / 1e9,
        "file_gb": out.stat().st_size / 1e9,
    }


def measure() -> dict:
    """Measure and return the figures."""
    rows = (int(os.environ["PHOTOZ_ROWS"]),) if "PHOTOZ_ROWS" in os.environ else ROWS
    machine = machine_figures()
    result: dict = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in rows:
            result |= {f"{key}_{n}": value for key, value in one(n, Path(folder)).items()}
    return result | machine


if __name__ == "__main__":
    run(measure, __doc__)
