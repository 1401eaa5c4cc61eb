"""From a builder's own axes onto those of a grid: averages over cells, the continuum's low rank."""

import numpy as np

CONTINUUM_RANK = 64  # of the shipped grid: 99.9 % of pixels within 1.4 % of the full continuum


def cell_average(x: np.ndarray, y: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Average piecewise-linear y(x) over cells; y is zero outside x.

    Args:
        x: increasing abscissae, (n,).
        y: values, (..., n).
        edges: cell edges, (m + 1,).

    Returns:
        Means over the cells, (..., m).
    """
    step = np.diff(x)
    area = np.concatenate(
        [np.zeros((*y.shape[:-1], 1)), np.cumsum(0.5 * (y[..., 1:] + y[..., :-1]) * step, -1)], -1
    )
    inside = np.clip(edges, x[0], x[-1])
    left = np.clip(np.searchsorted(x, inside, side="right") - 1, 0, x.size - 2)
    part = inside - x[left]
    slope = (y[..., left + 1] - y[..., left]) / step[left]
    total = area[..., left] + part * (y[..., left] + 0.5 * slope * part)
    return np.diff(total, axis=-1) / np.diff(edges)


def age_average(ages_gyr: np.ndarray, y: np.ndarray, edges_gyr: np.ndarray) -> np.ndarray:
    """Average y(age, ...) over age bins, constant below the first and above the last age.

    Args:
        ages_gyr: increasing ages, (n_source,).
        y: values, (n_source, ...).
        edges_gyr: edges of the age bins, (n_age + 1,).

    Returns:
        Means over the bins, (n_age, ...).
    """
    ages = np.concatenate([[0.0], ages_gyr, [edges_gyr[-1] + 1.0]]) if ages_gyr[0] > 0 else ages_gyr
    if ages_gyr[0] > 0:
        y = np.concatenate([y[:1], y, y[-1:]], axis=0)
    return np.moveaxis(cell_average(ages, np.moveaxis(y, 0, -1), edges_gyr), -1, 0)


def compress(
    continuum: np.ndarray, rank: int, learn_from: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Factor spectra into coefficients and a basis by SVD.

    Args:
        continuum: (..., n_wave).
        rank: number of basis spectra.
        learn_from: spectra that the basis is made from, (..., n_wave); default the same.

    Returns:
        Coefficients (..., rank) and basis (rank, n_wave).
    """
    rows = continuum.reshape(-1, continuum.shape[-1])
    learned = rows if learn_from is None else learn_from.reshape(-1, continuum.shape[-1])
    scale = learned.mean(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    weight = 1.0 / np.maximum((learned / scale).max(axis=1, keepdims=True), 1e-30)
    _, _, v = np.linalg.svd(learned / scale * weight, full_matrices=False)
    coefficients = (rows / scale) @ v[:rank].T
    return coefficients.reshape(*continuum.shape[:-1], rank), v[:rank] * scale
