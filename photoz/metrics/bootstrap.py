"""Errors of metrics by resampling galaxies."""

from collections.abc import Callable, Mapping

import numpy as np

N_BOOTSTRAP = 200


def bootstrap_errors(
    statistic: Callable[[np.ndarray], Mapping[str, float]],
    n: int,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> dict[str, float]:
    """Return the standard deviation of each statistic over resamplings of n galaxies.

    Args:
        statistic: from row indices (n,) to named values.
        n: number of galaxies.
        n_bootstrap: resamplings.
        seed: of the resampling; the same seed resamples the same galaxies, so that results of
            the same galaxies can be compared pair by pair.
    """
    rng = np.random.default_rng(seed)
    draws = [statistic(rng.integers(0, n, n)) for _ in range(n_bootstrap)]
    return {name: float(np.std([d[name] for d in draws], ddof=1)) for name in draws[0]}


def paired_difference(
    first: np.ndarray, second: np.ndarray, n_bootstrap: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Return the mean of first - second over the same galaxies and its bootstrap error."""
    difference = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    rng = np.random.default_rng(seed)
    means = [
        difference[rng.integers(0, len(difference), len(difference))].mean()
        for _ in range(n_bootstrap)
    ]
    return float(difference.mean()), float(np.std(means, ddof=1))
