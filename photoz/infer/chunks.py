"""Run a jitted function over rows in chunks of one fixed shape, so that it compiles once."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

CHUNK = 2048
_SMALLEST = 16


def chunk_size(n: int, largest: int = CHUNK) -> int:
    """Return the fixed chunk for n rows: the largest, or the next power of two above n."""
    return min(largest, max(_SMALLEST, 1 << max(n - 1, 0).bit_length()))


def pad_rows(arrays: Any, size: int) -> Any:
    """Repeat the last row of every array until there are `size` rows."""

    def pad(a: np.ndarray) -> np.ndarray:
        missing = size - len(a)
        return a if missing == 0 else np.concatenate([a, np.repeat(a[-1:], missing, axis=0)])

    return jax.tree.map(pad, arrays)


def map_chunks(function: Callable[[Any], Any], arrays: Any, n: int, largest: int = CHUNK) -> Any:
    """Apply `function` to row chunks of `arrays` and join what it returns, as numpy arrays.

    Args:
        function: takes and returns pytrees whose leaves have one leading row axis.
        arrays: pytree of numpy arrays with n rows.
        n: number of rows, at least 1.
        largest: rows per chunk at most.
    """
    size = chunk_size(n, largest)
    parts = []
    for start in range(0, n, size):
        rows = slice(start, min(start + size, n))
        block = pad_rows(_cut(arrays, rows), size)
        result = jax.device_get(function(block))
        parts.append(_cut(result, slice(0, rows.stop - rows.start)))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _cut(tree: Any, rows: slice) -> Any:
    return jax.tree.map(lambda a: np.asarray(a)[rows], tree)
