"""Mean transmission of the intergalactic medium: Inoue et al. (2014), or Madau (1995)."""

from functools import cache

import numpy as np

from photoz.assets import asset_path
from photoz.errors import InputError
from photoz.sed.constants import LY_ALPHA_AA

LYMAN_LIMIT_IGM_AA = 911.8  # the value of Inoue et al. (2014, arXiv:1402.0677)
IGM_MODELS = ("inoue2014", "madau1995")
MADAU_LIMIT_AA = 912.0
MADAU_LINES = ((1216.0, 0.0036), (1026.0, 0.0017), (973.0, 0.0012), (950.0, 0.00093))


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


def inoue2014(wave_rest_aa: np.ndarray, z: float) -> np.ndarray:
    """Mean optical depth of Inoue et al. (2014) at rest wavelengths in angstrom."""
    observed = np.asarray(wave_rest_aa, float) * (1.0 + z)
    tau = series_optical_depth(observed, z)
    x = observed / LYMAN_LIMIT_IGM_AA
    hit = (x > 1.0) & (x < 1.0 + z)
    tau[hit] += forest_continuum_depth(x[hit], z) + damped_continuum_depth(x[hit], z)
    return tau


def madau1995(wave_rest_aa: np.ndarray, z: float) -> np.ndarray:
    """Mean optical depth of Madau (1995, ApJ 441, 18) at rest wavelengths in angstrom.

    Blanketing by four lines (eqs. 12 and 15) and metals (eq. 13), and the continuum absorption
    of footnote 3.
    """
    observed = np.asarray(wave_rest_aa, float) * (1.0 + z)
    tau = np.zeros_like(observed)
    for line_aa, strength in MADAU_LINES:
        hit = observed < line_aa * (1.0 + z)
        tau[hit] += strength * (observed[hit] / line_aa) ** 3.46
    metals = observed < MADAU_LINES[0][0] * (1.0 + z)
    tau[metals] += 0.0017 * (observed[metals] / MADAU_LINES[0][0]) ** 1.68
    x, a = observed / MADAU_LIMIT_AA, 1.0 + z
    hit = x < a
    c = np.maximum(x[hit], 1.0)  # no absorber lies on this side of us
    tau[hit] += (
        0.25 * c**3 * (a**0.46 - c**0.46)
        + 9.4 * c**1.5 * (a**0.18 - c**0.18)
        - 0.7 * c**3 * (c**-1.32 - a**-1.32)
        - 0.023 * (a**1.68 - c**1.68)
    )
    return tau


def transmission(wave_rest_aa: np.ndarray, z: float, model: str = "inoue2014") -> np.ndarray:
    """Mean transmission at rest wavelengths in angstrom for a source at z, same shape.

    Raises:
        InputError: the model is none of `IGM_MODELS`.
    """
    if model not in IGM_MODELS:
        raise InputError(f"There is no IGM model {model!r}; known: {', '.join(IGM_MODELS)}.")
    return np.exp(-{"inoue2014": inoue2014, "madau1995": madau1995}[model](wave_rest_aa, z))


def subpixel_transmission(
    edges_aa: np.ndarray, z_grid: np.ndarray, n_sub: int, model: str = "inoue2014"
) -> np.ndarray:
    """Transmission at the centres of sub-pixels; pixels redward of Lyman alpha are left out.

    Args:
        edges_aa: pixel edges in the rest frame, (n_wave + 1,).
        z_grid: redshifts, (n_grid,).
        n_sub: sub-pixels per pixel.
        model: one of `IGM_MODELS`.

    Returns:
        Transmission, (n_grid, n_blue * n_sub) for the n_blue pixels below Lyman alpha.
    """
    n_blue = int(np.searchsorted(edges_aa, LY_ALPHA_AA * (1 - 1e-9)))
    inside = (np.arange(n_sub) + 0.5) / n_sub
    wave = edges_aa[:n_blue, None] + np.diff(edges_aa)[:n_blue, None] * inside
    return np.stack([transmission(wave.ravel(), float(z), model) for z in z_grid])
