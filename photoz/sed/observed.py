"""A rest-frame spectrum as an observer sees it."""

import numpy as np

from photoz.sed.constants import C_AA_S, CGS_TO_UJY, L_SUN_ERG_S
from photoz.sed.cosmology import Cosmology


def observed_flux_ujy(
    wave_rest_aa: np.ndarray, luminosity: np.ndarray, z: float, cosmology: Cosmology
) -> np.ndarray:
    """Flux density per unit frequency at the observed wavelength `wave_rest_aa * (1 + z)`.

    f_nu = lambda^2 / c * L_lambda / (4 pi d_L^2 (1 + z)) (Hogg 1999, astro-ph/9905116).

    Args:
        wave_rest_aa: rest wavelength in angstrom, (n_wave,).
        luminosity: L_sun / angstrom at rest, (..., n_wave).
        z: redshift, above 0.
        cosmology: distances.

    Returns:
        Microjansky, shape of `luminosity`.
    """
    distance_cm = float(cosmology.luminosity_distance_cm(np.asarray(z, float)))
    f_lambda = np.asarray(luminosity) * L_SUN_ERG_S / (4 * np.pi * distance_cm**2 * (1.0 + z))
    return f_lambda * (wave_rest_aa * (1.0 + z)) ** 2 / C_AA_S * CGS_TO_UJY
