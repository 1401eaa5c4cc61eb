"""Scores of whole densities, one number a galaxy, from densities stored on grid cells."""

import numpy as np

from photoz.infer.grid import cdf_at_edges, cell_edges, interpolate_rows

LOG_SCORE_FLOOR = 0.001


def log_scores(z_grid: np.ndarray, pdf: np.ndarray, z_spec: np.ndarray) -> np.ndarray:
    """Return ln max(p(z_spec), 0.001), p linear on the stored grid, zero outside it, (n,)."""
    density = np.nan_to_num(interpolate_rows(z_grid, pdf, z_spec))
    return np.log(np.maximum(density, LOG_SCORE_FLOOR))


def crps(z_grid: np.ndarray, pdf: np.ndarray, z_spec: np.ndarray) -> np.ndarray:
    """Return the integral of (F(z) - H(z - z_spec))^2 dz, (n,) (Gneiting & Raftery 2007).

    Exact for a CDF that is linear within a cell, which is what a stored density means. Where
    z_spec lies beyond the grid the missing stretch counts with F = 0 or 1.
    """
    edges = cell_edges(z_grid)
    width = np.diff(edges)
    cdf = cdf_at_edges(z_grid, pdf)
    z_spec = np.asarray(z_spec, np.float64)
    low, high = cdf[:, :-1], cdf[:, 1:]
    # share of each cell below z_spec, and the CDF where the cell is cut
    share = np.clip((z_spec[:, None] - edges[:-1]) / width, 0.0, 1.0)
    cut = low + share * (high - low)
    below = share * _mean_square(low, cut)
    above = (1.0 - share) * _mean_square(1.0 - cut, 1.0 - high)
    beyond = np.maximum(z_spec - edges[-1], 0.0) + np.maximum(edges[0] - z_spec, 0.0)
    return (below + above) @ width + beyond


def _mean_square(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the mean of f^2 where f is linear from start to end."""
    return (start * start + start * end + end * end) / 3.0


def cde_losses(z_grid: np.ndarray, pdf: np.ndarray, z_spec: np.ndarray) -> np.ndarray:
    """Return the integral of p^2 minus 2 p(z_spec), (n,) (Izbicki & Lee 2017, equation 7)."""
    pdf = np.asarray(pdf, np.float64)
    square = (pdf * pdf) @ np.diff(cell_edges(z_grid))
    return square - 2.0 * np.nan_to_num(interpolate_rows(z_grid, pdf, z_spec))


def hpd_levels(z_grid: np.ndarray, pdf: np.ndarray, z_spec: np.ndarray) -> np.ndarray:
    """Return the mass where the density exceeds p(z_spec), (n,): uniform when calibrated.

    A highest-density region of mass a covers z_spec when its level is at most a.
    """
    pdf = np.asarray(pdf, np.float64)
    density = np.nan_to_num(interpolate_rows(z_grid, pdf, z_spec))
    mass = pdf * np.diff(cell_edges(z_grid))
    return np.sum(np.where(pdf > density[:, None], mass, 0.0), axis=1)


def central_coverage(pit: np.ndarray, level: float) -> float:
    """Return the fraction of galaxies inside their central interval of mass `level`."""
    return float(np.mean(np.abs(np.asarray(pit) - 0.5) <= 0.5 * level))
