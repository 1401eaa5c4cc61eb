"""AB magnitudes and fluxes in microjansky."""

import numpy as np

AB_ZERO_UJY = 23.9  # the magnitude of one microjansky (Oke & Gunn 1983)


def ab_magnitude(flux_ujy: np.ndarray) -> np.ndarray:
    """Return AB magnitudes of fluxes of any shape; NaN where the flux is not above zero."""
    flux = np.asarray(flux_ujy, float)
    log_flux = np.full(flux.shape, np.nan)
    np.log10(flux, out=log_flux, where=flux > 0)
    return AB_ZERO_UJY - 2.5 * log_flux


def flux_of_ab(magnitude: np.ndarray | float) -> np.ndarray:
    """Return fluxes in microjansky of AB magnitudes of any shape."""
    return 10 ** (-0.4 * (np.asarray(magnitude, float) - AB_ZERO_UJY))
