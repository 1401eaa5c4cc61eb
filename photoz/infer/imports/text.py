"""Columns of text files whose comments begin with #."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def header_lines(path: Path) -> list[str]:
    """Return the lines of # that a file begins with."""
    lines = []
    with path.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            if not line.startswith("#"):
                break
            lines.append(line.rstrip())
    return lines


def data_lines(path: Path) -> list[str]:
    """Return the lines that are neither comments nor empty."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        return [line for line in stream if line.strip() and not line.lstrip().startswith("#")]


def columns_of_text(
    lines: list[str], kind: Any = np.float64, usecols: Sequence[int] | None = None
) -> np.ndarray:
    """Return columns of lines that blanks divide, (n, k); further columns may be ragged.

    Raises:
        ValueError: a line without one of the columns, or with text where numbers are expected.
    """
    if not lines:
        return np.empty((0, 0 if usecols is None else len(usecols)), kind)
    return np.loadtxt(lines, dtype=kind, usecols=usecols, ndmin=2, comments=None)
