"""The redshift grid: cells around its points, and densities stored as masses of cells."""

import numpy as np

from photoz.errors import InputError

STEP = 0.005


def default_grid(z_max: float, step: float = STEP) -> np.ndarray:
    """Return 0 to z_max in steps of about `step`, both ends included, (m,) float64."""
    return np.linspace(0.0, z_max, round(z_max / step) + 1)


def cell_edges(z_grid: np.ndarray) -> np.ndarray:
    """Return the edges of the grid's cells: midpoints, and the two end points, (m + 1,).

    Raises:
        InputError: the grid is not increasing or has fewer than three points.
    """
    z_grid = np.asarray(z_grid, np.float64)
    if z_grid.ndim != 1 or z_grid.size < 3 or not (np.diff(z_grid) > 0).all():
        raise InputError(
            f"A redshift grid of {z_grid.size} points that do not all increase cannot be used: "
            "give at least three increasing redshifts."
        )
    middle = 0.5 * (z_grid[1:] + z_grid[:-1])
    return np.concatenate([z_grid[:1], middle, z_grid[-1:]])


def cdf_at_edges(z_grid: np.ndarray, pdf: np.ndarray) -> np.ndarray:
    """Return the cumulative mass of stored densities at the cell edges, (n, m + 1) float64."""
    mass = np.asarray(pdf, np.float64) * np.diff(cell_edges(z_grid))
    return np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)


def cdf_from_cells(z_grid: np.ndarray, pdf: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the CDF at z (n,), linear within a cell: all that a stored density knows."""
    edges = cell_edges(z_grid)
    cumulative = cdf_at_edges(z_grid, pdf)
    z = np.asarray(z, np.float64)
    cell = np.clip(np.searchsorted(edges, z, side="right") - 1, 0, len(edges) - 2)
    row = np.arange(len(z))
    fraction = np.clip((z - edges[cell]) / (edges[cell + 1] - edges[cell]), 0.0, 1.0)
    low, high = cumulative[row, cell], cumulative[row, cell + 1]
    return np.where(np.isfinite(z), low + fraction * (high - low), np.nan)


def quantiles_from_cells(z_grid: np.ndarray, pdf: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return quantiles (n, len(q)) of stored densities, linear within a cell."""
    edges = cell_edges(z_grid)
    cumulative = cdf_at_edges(z_grid, pdf)
    result = np.full((len(cumulative), len(q)), np.nan)
    for i, row in enumerate(cumulative):
        if np.isfinite(row[-1]) and row[-1] > 0:
            result[i] = np.interp(np.asarray(q) * row[-1], row, edges)
    return result


def cells_from_quantiles(
    z_grid: np.ndarray, q: np.ndarray, z_q: np.ndarray, z_max: float
) -> np.ndarray:
    """Return stored densities (n, m) of a CDF that is linear between quantiles z_q (n, len(q)).

    The CDF starts at (0, 0) and ends at (z_max, 1).
    """
    edges = cell_edges(z_grid)
    widths = np.diff(edges)
    level = np.concatenate([[0.0], q, [1.0]])
    pdf = np.full((len(z_q), len(z_grid)), np.nan, np.float32)
    for i, row in enumerate(z_q):
        if np.isfinite(row).all():
            knots = np.concatenate([[0.0], row, [z_max]])
            pdf[i] = np.diff(np.interp(edges, knots, level)) / widths
    return pdf


def interpolate_rows(z_grid: np.ndarray, values: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return each row of values (n, m) interpolated linearly at its own z (n,); NaN outside."""
    z = np.asarray(z, np.float64)
    upper = np.clip(np.searchsorted(z_grid, z), 1, len(z_grid) - 1)
    row = np.arange(len(z))
    z0, z1 = z_grid[upper - 1], z_grid[upper]
    weight = (z - z0) / (z1 - z0)
    result = (1.0 - weight) * values[row, upper - 1] + weight * values[row, upper]
    return np.where((z >= z_grid[0]) & (z <= z_grid[-1]), result, np.nan)


def trapezium_cdf(z_grid: np.ndarray, pdf: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the CDF at z (n,) by trapezia of the density at the grid points up to z.

    The original pipeline's PIT: the density is taken as linear between grid points, normalised
    by its own trapezia.
    """
    pdf = np.asarray(pdf, np.float64)
    steps = 0.5 * (pdf[:, 1:] + pdf[:, :-1]) * np.diff(z_grid)
    cumulative = np.concatenate([np.zeros((len(pdf), 1)), np.cumsum(steps, axis=1)], axis=1)
    z = np.clip(np.asarray(z, np.float64), z_grid[0], z_grid[-1])
    cell = np.clip(np.searchsorted(z_grid, z, side="right") - 1, 0, len(z_grid) - 2)
    row = np.arange(len(z))
    at_z = interpolate_rows(z_grid, pdf, z)
    last = 0.5 * (pdf[row, cell] + at_z) * (z - z_grid[cell])
    return (cumulative[row, cell] + last) / cumulative[:, -1]
