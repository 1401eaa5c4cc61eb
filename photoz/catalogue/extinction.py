"""Extinction by the dust of the Milky Way: Fitzpatrick 1999 for R_V = 3.1."""

import numpy as np

from photoz.errors import InputError

R_V = 3.1
# Table 3 of Fitzpatrick 1999: wavelengths in angstrom and A / E(B-V) there for R_V = 3.1
ANCHOR_AA = (np.inf, 26_500.0, 12_200.0, 6000.0, 5470.0, 4670.0, 4110.0, 2700.0, 2600.0)
ANCHOR_A = (0.0, 0.265, 0.829, 2.688, 3.055, 3.806, 4.315, 6.265, 6.591)
# the ultraviolet of Fitzpatrick & Massa 1990 with the coefficients of the 1999 paper
SPLINE_FROM_AA = 2700.0
X0, GAMMA, C3, C4 = 4.596, 0.99, 3.23, 0.41
C2 = -0.824 + 4.717 / R_V
C1 = 2.030 - 3.007 * C2
FAR_ULTRAVIOLET = 5.9
RANGE_AA = (910.0, 1e6)


def band_extinction(wave_aa: np.ndarray, transmission: np.ndarray) -> float:
    """Return A / E(B-V) of a band: the curve averaged over the photons of a flat f_nu.

    A redder source is dimmed a little less, and the mean of a curve is not the mean of what it
    lets through: the colour terms of any correction by one number a band.

    Args:
        wave_aa: wavelengths of the band's curve, angstrom, (n,).
        transmission: photon-counting response, (n,).
    """
    weight = transmission / wave_aa
    known = np.clip(wave_aa, *RANGE_AA)
    return float(
        np.trapezoid(weight * fitzpatrick99(known), wave_aa) / np.trapezoid(weight, wave_aa)
    )


def without_milky_way(
    values_ujy: np.ndarray, ebv_mw: np.ndarray, coefficient: np.ndarray
) -> np.ndarray:
    """Return fluxes, errors or limits as they would be without the Milky Way's dust.

    Args:
        values_ujy: as observed, (n_gal, n_band).
        ebv_mw: reddening E(B-V) of each galaxy's sightline, magnitudes, (n_gal,).
        coefficient: `band_extinction` of each band, (n_band,).
    """
    return values_ujy * 10.0 ** (0.4 * np.outer(ebv_mw, coefficient))


def fitzpatrick99(wave_aa: np.ndarray) -> np.ndarray:
    """Return A(wavelength) / E(B-V), any shape.

    Args:
        wave_aa: observed wavelengths, angstrom, 910 to 1e6.

    Raises:
        InputError: a wavelength outside.

    References:
        Fitzpatrick 1999, PASP 111, 63, Table 3 and equations 2 to 4 of its appendix.
    """
    from scipy.interpolate import CubicSpline

    wave = np.asarray(wave_aa, float)
    low, high = RANGE_AA
    bad = ~((wave >= low) & (wave <= high))
    if bad.any():
        raise InputError(
            f"The extinction curve is known from {low:g} to {high:g} angstrom; asked for "
            f"{np.atleast_1d(wave)[np.atleast_1d(bad)][0]:g}."
        )
    x = 1e4 / wave
    spline = CubicSpline(1e4 / np.array(ANCHOR_AA), ANCHOR_A, bc_type="natural")
    drude = x**2 / ((x**2 - X0**2) ** 2 + (x * GAMMA) ** 2)
    beyond = np.maximum(x - FAR_ULTRAVIOLET, 0.0)
    ultraviolet = R_V + C1 + C2 * x + C3 * drude + C4 * (0.5392 * beyond**2 + 0.05644 * beyond**3)
    return np.where(wave >= SPLINE_FROM_AA, spline(x), ultraviolet)
