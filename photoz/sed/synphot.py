"""AB magnitudes of a spectrum through a band, and what they are for Vega.

This is the definition (Fukugita et al. 1996, eq. 7), integrated on the spectrum's and the curve's
points together; the engine's faster sums are tested against it.
"""

import numpy as np

from photoz.errors import InputError
from photoz.sed.filters import Band

# The AB reference is 3631 Jy at every wavelength; per angstrom that is this times c / lambda^2.
AB_FNU_CGS = 3.631e-20
LIGHT_AA_S = 2.99792458e18


def ab_magnitude(band: Band, wave_aa: np.ndarray, f_lambda: np.ndarray) -> float:
    """Return the AB magnitude of a spectrum, infinite where its light in the band is not positive.

    Args:
        band: the band, photon-counting.
        wave_aa: wavelengths in angstrom, increasing, (n_wave,).
        f_lambda: flux density in erg/s/cm2/angstrom, linear between the points, (n_wave,).

    Raises:
        InputError: the spectrum does not cover the band.
    """
    first, last = band.range_aa
    if wave_aa[0] > first or wave_aa[-1] < last:
        raise InputError(
            f"The spectrum covers {wave_aa[0]:.0f} to {wave_aa[-1]:.0f} angstrom, band {band.name} "
            f"{first:.0f} to {last:.0f}; give a spectrum that covers the band."
        )
    both = np.union1d(wave_aa, band.wave_aa)
    wave = both[(both >= band.wave_aa[0]) & (both <= band.wave_aa[-1])]
    trans = np.interp(wave, band.wave_aa, band.transmission)
    source = np.trapezoid(trans * wave * np.interp(wave, wave_aa, f_lambda), wave)
    reference = np.trapezoid(trans * AB_FNU_CGS * LIGHT_AA_S / wave, wave)
    return float(-2.5 * np.log10(source / reference)) if source > 0 else float("inf")


def vega_offset(band: Band) -> float:
    """Return m_AB - m_Vega of a band: the AB magnitude of Vega, NaN where Vega's spectrum ends.

    The spectrum is CALSPEC's `alpha_lyr_stis_005` (Bohlin 2007), as astro-sedpy ships it, taken to
    be of magnitude zero in every band.
    """
    from sedpy.reference_spectra import vega

    try:
        return ab_magnitude(band, vega[:, 0].astype(float), vega[:, 1].astype(float))
    except InputError:
        return float("nan")
