"""Mean transmission of the intergalactic medium (Inoue et al. 2014, arXiv:1402.0677)."""

from functools import cache

import numpy as np

from photoz.assets import asset_path
from photoz.sed.constants import LY_ALPHA_AA

LYMAN_LIMIT_IGM_AA = 911.8  # the value of the paper


@cache
def lyman_series() -> np.ndarray:
    """Return Table 2 of the paper: j, wavelength in angstrom, three LAF and two DLA terms."""
    return np.loadtxt(asset_path("igm", "inoue2014-lyman-series.txt"))


def series_optical_depth(wave_obs_aa: np.ndarray, z: float) -> np.ndarray:
    """Optical depth of the Lyman series, eqs. 21 and 22; observed wavelengths in angstrom."""
    tau = np.zeros_like(wave_obs_aa)
    for _, line_aa, laf1, laf2, laf3, dla1, dla2 in lyman_series():
        x = wave_obs_aa / line_aa
        hit = (x > 1.0) & (x < 1.0 + z)
        x = x[hit]
        laf = np.where(x < 2.2, laf1 * x**1.2, np.where(x < 5.7, laf2 * x**3.7, laf3 * x**5.5))
        tau[hit] += laf + np.where(x < 3.0, dla1 * x**2, dla2 * x**3)
    return tau


def forest_continuum_depth(x: np.ndarray, z: float) -> np.ndarray:
    """Lyman-continuum optical depth of the forest, eqs. 25-27; x is lambda_obs / 911.8 A."""
    a = 1.0 + z
    if z < 1.2:
        return 0.325 * (x**1.2 - a**-0.9 * x**2.1)
    if z < 4.7:
        high = 2.55e-2 * (a**1.6 * x**2.1 - x**3.7)
        low = 2.55e-2 * a**1.6 * x**2.1 + 0.325 * x**1.2 - 0.250 * x**2.1
        return np.where(x < 2.2, low, high)
    high = 5.22e-4 * (a**3.4 * x**2.1 - x**5.5)
    middle = 5.22e-4 * a**3.4 * x**2.1 + 0.218 * x**2.1 - 2.55e-2 * x**3.7
    low = 5.22e-4 * a**3.4 * x**2.1 + 0.325 * x**1.2 - 3.14e-2 * x**2.1
    return np.where(x < 2.2, low, np.where(x < 5.7, middle, high))


def damped_continuum_depth(x: np.ndarray, z: float) -> np.ndarray:
    """Lyman-continuum optical depth of damped systems, eqs. 28-29."""
    a = 1.0 + z
    if z < 2.0:
        return 0.211 * a**2 - 7.66e-2 * a**2.3 * x**-0.3 - 0.135 * x**2
    high = 4.7e-2 * a**3 - 1.78e-2 * a**3.3 * x**-0.3 - 2.92e-2 * x**3
    low = 0.634 + 4.7e-2 * a**3 - 1.78e-2 * a**3.3 * x**-0.3 - 0.135 * x**2 - 0.291 * x**-0.3
    return np.where(x < 3.0, low, high)


def transmission(wave_rest_aa: np.ndarray, z: float) -> np.ndarray:
    """Mean transmission at rest wavelengths in angstrom for a source at z, same shape."""
    observed = np.asarray(wave_rest_aa, float) * (1.0 + z)
    tau = series_optical_depth(observed, z)
    x = observed / LYMAN_LIMIT_IGM_AA
    hit = (x > 1.0) & (x < 1.0 + z)
    tau[hit] += forest_continuum_depth(x[hit], z) + damped_continuum_depth(x[hit], z)
    return np.exp(-tau)


def subpixel_transmission(edges_aa: np.ndarray, z_grid: np.ndarray, n_sub: int) -> np.ndarray:
    """Transmission at the centres of sub-pixels; pixels redward of Lyman alpha are left out.

    Args:
        edges_aa: pixel edges in the rest frame, (n_wave + 1,).
        z_grid: redshifts, (n_grid,).
        n_sub: sub-pixels per pixel.

    Returns:
        Transmission, (n_grid, n_blue * n_sub) for the n_blue pixels below Lyman alpha.
    """
    n_blue = int(np.searchsorted(edges_aa, LY_ALPHA_AA * (1 - 1e-9)))
    inside = (np.arange(n_sub) + 0.5) / n_sub
    wave = edges_aa[:n_blue, None] + np.diff(edges_aa)[:n_blue, None] * inside
    return np.stack([transmission(wave.ravel(), float(z)) for z in z_grid])
