"""Is the PIT uniform everywhere? A test of coverage in the neighbourhood of each galaxy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from photoz.errors import InputError
from photoz.metrics.places import Place, worst_places

ALPHAS = tuple(np.arange(1, 20) / 20.0)
SMALLEST_SAMPLE = 30  # galaxies
_MOST_NEIGHBOURS = 500  # an indicator's mean is then known to 2 %, and the memory is bounded


@dataclass(frozen=True)
class LocalCoverage:
    """What the test of local coverage found.

    Attributes:
        names: of the covariates.
        n: galaxies with a PIT and all covariates.
        n_left_out: galaxies without.
        k: neighbours in the mean about each galaxy, itself included.
        statistic: mean over centres and alphas of (local fraction of PIT <= alpha - alpha)^2.
        expected: its mean when the PIT is uniform everywhere.
        p_value: probability of a larger one then.
        alphas: levels, (n_alpha,).
        row: rows of the centres in what was given, (n_centre,).
        fraction: local fraction of PIT <= alpha, (n_centre, n_alpha).
        discrepancy: mean over alphas of (fraction - alpha)^2 at each centre, (n_centre,).
        p_centre: probability that any centre at all is as discrepant when the PIT is uniform
            everywhere, (n_centre,): allows for having looked at all of them.
        worst: the most discrepant places, none inside another.
    """

    names: tuple[str, ...]
    n: int
    n_left_out: int
    k: int
    statistic: float
    expected: float
    p_value: float
    alphas: np.ndarray
    row: np.ndarray
    fraction: np.ndarray
    discrepancy: np.ndarray
    p_centre: np.ndarray
    worst: tuple[Place, ...]

    @property
    def rms_excess(self) -> float:
        """How far local fractions are from alpha, root mean square, beyond their noise."""
        return float(np.sqrt(max(self.statistic - self.expected, 0.0)))


def local_coverage(
    pit: np.ndarray,
    covariates: np.ndarray,
    *,
    names: Sequence[str] | None = None,
    k: int | None = None,
    alphas: Sequence[float] = ALPHAS,
    n_draw: int = 400,
    n_centre: int = 500,
    n_worst: int = 5,
    seed: int = 0,
) -> LocalCoverage:
    """Test whether the PIT is uniform in the neighbourhood of every galaxy.

    A PIT that is uniform over all galaxies may be too low here and too high there. The indicator
    PIT <= alpha is regressed on the covariates by its mean over the k nearest galaxies; the
    statistic is the mean square distance of this from alpha (Zhao et al. 2021, arXiv:2102.10473,
    equation 5; Dey et al. 2022, arXiv:2205.14568). Its distribution comes from uniform PITs on the
    same neighbours, so the p-value is exact for any sample and any k.

    Covariates must be functions of the photometry: given z_spec no PIT is uniform.

    Args:
        pit: (n,) CDF at the true redshift; NaN is left out.
        covariates: (n,) or (n, d), in any unit: each is divided by half of the width that holds
            68 % of the galaxies. Rows with NaN are left out.
        names: of the covariates.
        k: neighbours; default n^(2/3), at most 500.
        alphas: levels in (0, 1).
        n_draw: samples of uniform PITs; the smallest p-value is 1 / (n_draw + 1).
        n_centre: galaxies about which is averaged, drawn from all; all of them where fewer.
        n_worst: places reported at most.
        seed: of the draws.

    Raises:
        InputError: shapes that do not fit, fewer than 30 galaxies, k beyond n, alphas outside
            (0, 1), no draws, or covariates that are the same for all galaxies.
    """
    pit, table = np.asarray(pit, np.float64), np.asarray(covariates, np.float64)
    table = table[:, None] if table.ndim == 1 else table
    named = tuple(names or (f"covariate {i + 1}" for i in range(table.shape[-1])))
    levels = np.asarray(alphas, np.float64)
    _check(pit, table, named, levels, n_draw)
    rows = np.flatnonzero(np.isfinite(pit) & np.isfinite(table).all(axis=1))
    k = min(_MOST_NEIGHBOURS, round(len(rows) ** (2.0 / 3.0))) if k is None else k
    _check_size(len(rows), k)
    rng = np.random.default_rng(seed)
    u, x = pit[rows], _standardised(table[rows], named)
    centre = np.sort(rng.permutation(len(rows))[:n_centre])
    _, near = KDTree(x).query(x[centre], k=k)
    near = np.asarray(near).reshape(len(centre), k)
    mean = _mean_over(near, len(rows))
    fraction = mean @ _below(u, levels)
    discrepancy = np.mean((fraction - levels) ** 2, axis=1)
    drawn = _drawn(mean, len(rows), levels, n_draw, rng)
    statistic = float(discrepancy.mean())
    p_centre = _exceeded(drawn[:, 1], discrepancy)
    return LocalCoverage(
        names=named,
        n=len(rows),
        n_left_out=len(pit) - len(rows),
        k=k,
        statistic=statistic,
        expected=float(drawn[:, 0].mean()),
        p_value=float(_exceeded(drawn[:, 0], np.array([statistic]))[0]),
        alphas=levels,
        row=rows[centre],
        fraction=fraction,
        discrepancy=discrepancy,
        p_centre=p_centre,
        worst=worst_places(u, table[rows], named, centre, near, discrepancy, p_centre, n_worst),
    )


def _drawn(
    mean: sparse.csr_array, n: int, alphas: np.ndarray, n_draw: int, rng: np.random.Generator
) -> np.ndarray:
    """Return mean and largest discrepancy of samples of n uniform PITs, (n_draw, 2)."""
    drawn = np.empty((n_draw, 2))
    for i in range(n_draw):
        fraction = mean @ _below(rng.random(n), alphas)
        square = np.mean((fraction - alphas) ** 2, axis=1)
        drawn[i] = square.mean(), square.max()
    return drawn


def _exceeded(drawn: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return Monte Carlo p-values (n,): the found one counts as one of the draws."""
    return (1 + np.sum(drawn >= found[:, None], axis=1)) / (len(drawn) + 1)


def _below(pit: np.ndarray, alphas: np.ndarray) -> np.ndarray:
    """Return the indicator PIT <= alpha, (n, n_alpha)."""
    return (pit[:, None] <= alphas).astype(np.float64)


def _mean_over(near: np.ndarray, n: int) -> sparse.csr_array:
    """Return the matrix (n_centre, n) that takes the mean over neighbours (n_centre, k)."""
    n_centre, k = near.shape
    start = np.arange(0, n_centre * k + 1, k)
    return sparse.csr_array((np.full(near.size, 1.0 / k), near.ravel(), start), (n_centre, n))


def _standardised(x: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return covariates (n, d) in units of half their central 68 %; constant ones are dropped."""
    low, high = np.quantile(x, [0.16, 0.84], axis=0)
    width = 0.5 * (high - low)
    width = np.where(width > 0, width, np.std(x, axis=0))
    varies = np.ptp(x, axis=0) > 0
    if not varies.any():
        raise InputError(
            f"{', '.join(names)}: the same for all {len(x)} galaxies, so there is no "
            "neighbourhood to test. Give a covariate that varies."
        )
    return x[:, varies] / width[varies]


def _check(
    pit: np.ndarray, table: np.ndarray, names: Sequence[str], alphas: np.ndarray, n_draw: int
) -> None:
    if pit.ndim != 1 or table.ndim != 2 or len(table) != len(pit) or len(names) != table.shape[1]:
        raise InputError(
            f"A PIT of shape {pit.shape} with covariates of shape {table.shape} and {len(names)} "
            "names: expected (n,), (n, d) and d."
        )
    if not alphas.size or not ((alphas > 0) & (alphas < 1)).all():
        raise InputError("The alphas of local coverage must lie between 0 and 1, ends excluded.")
    if n_draw < 1:
        raise InputError(f"{n_draw} draws of uniform PITs: a p-value needs 1 or more.")


def _check_size(n: int, k: int) -> None:
    if n < SMALLEST_SAMPLE:
        raise InputError(
            f"{n} galaxies have a PIT and all covariates; local coverage needs {SMALLEST_SAMPLE}."
        )
    if not 1 <= k < n:
        raise InputError(f"{k} neighbours among {n} galaxies: expected 1 to {n - 1}.")
