"""What an astronomer reads off a rest-frame spectrum: breaks, colours, M/L, K-corrections.

    galaxy = engine.spectrum(parameters, 0.01)
    d4000_n(galaxy.wave_aa, galaxy.total)
    rest_colour(galaxy.wave_aa, galaxy.total, band_b, band_v, system="Vega")

Magnitudes are AB unless Vega is asked for; bands are photon-counting. Vega is the CALSPEC
spectrum that astro-sedpy ships, so that m_Vega = m_AB - m_AB(Vega), and the Sun likewise.
"""

import numpy as np

from photoz.errors import InputError
from photoz.sed.constants import L_SUN_ERG_S, MPC_CM
from photoz.sed.filters import Band
from photoz.sed.synphot import ab_magnitude, vega_offset

BRUZUAL_AA = ((3750.0, 3950.0), (4050.0, 4250.0))
BALOGH_AA = ((3850.0, 3950.0), (4000.0, 4100.0))
TEN_PARSEC_CM = 1e-5 * MPC_CM
SYSTEMS = ("AB", "Vega")


def d4000(wave_aa: np.ndarray, luminosity: np.ndarray) -> float:
    """Break at 4000 A, mean f_nu of 4050-4250 over that of 3750-3950 A (Bruzual 1983).

    Args:
        wave_aa: rest wavelengths in angstrom, increasing, (n_wave,).
        luminosity: per angstrom, any unit, (n_wave,).

    Raises:
        InputError: the spectrum does not cover the windows.
    """
    return _break(wave_aa, luminosity, *BRUZUAL_AA)


def d4000_n(wave_aa: np.ndarray, luminosity: np.ndarray) -> float:
    """Narrow break at 4000 A, 4000-4100 over 3850-3950 A (Balogh et al. 1999, ApJ 527, 54).

    Arguments as `d4000`. The narrow windows are nearly free of reddening.
    """
    return _break(wave_aa, luminosity, *BALOGH_AA)


def absolute_magnitude(
    wave_aa: np.ndarray, luminosity: np.ndarray, band: Band, system: str = "AB"
) -> float:
    """Magnitude in a rest-frame band at 10 pc.

    Args:
        wave_aa: rest wavelengths in angstrom, increasing, (n_wave,).
        luminosity: L_sun / angstrom, (n_wave,).
        band: the band, at rest.
        system: `AB` or `Vega`.

    Raises:
        InputError: the band reaches beyond the spectrum or Vega's, or there is no such system.
    """
    f_lambda = luminosity * (L_SUN_ERG_S / (4.0 * np.pi * TEN_PARSEC_CM**2))
    magnitude = ab_magnitude(band, wave_aa, f_lambda)
    if _is_ab(system):
        return magnitude
    offset = vega_offset(band)
    if np.isnan(offset):
        raise InputError(
            f"Band {band.name} reaches beyond the spectrum of Vega (900 A to 300 micrometres); "
            "ask for its AB magnitude."
        )
    return magnitude - offset


def rest_colour(
    wave_aa: np.ndarray, luminosity: np.ndarray, blue: Band, red: Band, system: str = "AB"
) -> float:
    """Colour blue - red at rest; arguments and errors as `absolute_magnitude`."""
    return absolute_magnitude(wave_aa, luminosity, blue, system) - absolute_magnitude(
        wave_aa, luminosity, red, system
    )


def mass_to_light(wave_aa: np.ndarray, luminosity: np.ndarray, band: Band, mass: float) -> float:
    """Mass over luminosity in a rest-frame band, in solar units of that band.

    Args:
        wave_aa: rest wavelengths in angstrom, increasing, (n_wave,).
        luminosity: L_sun / angstrom, (n_wave,).
        band: the band, at rest.
        mass: in solar masses: formed, living, whatever M/L is to mean.

    Raises:
        InputError: the band reaches beyond the spectrum.
    """
    fainter = absolute_magnitude(wave_aa, luminosity, band) - solar_ab_magnitude(band)
    return mass / 10.0 ** (-0.4 * fainter)


def k_correction(wave_aa: np.ndarray, luminosity: np.ndarray, band: Band, z: float) -> float:
    """K-correction of a band, m = M + distance modulus + K (Hogg et al. 2002, astro-ph/0210394).

    The spectrum does not evolve. AB and Vega agree: their zero-point cancels.

    Args:
        wave_aa: rest wavelengths in angstrom, increasing, (n_wave,).
        luminosity: per angstrom, any unit, (n_wave,).
        band: the band, observed and at rest.
        z: redshift.

    Raises:
        InputError: the band reaches beyond the spectrum, at rest or redshifted.
    """
    seen = ab_magnitude(band, wave_aa * (1.0 + z), luminosity / (1.0 + z))
    return seen - ab_magnitude(band, wave_aa, luminosity)


def solar_ab_magnitude(band: Band) -> float:
    """Absolute AB magnitude of the Sun (CALSPEC, from astro-sedpy).

    Raises:
        InputError: the band reaches beyond the Sun's spectrum.
    """
    from sedpy.reference_spectra import solar

    return ab_magnitude(band, solar[:, 0].astype(float), solar[:, 1].astype(float))


def _is_ab(system: str) -> bool:
    if system not in SYSTEMS:
        raise InputError(f"There is no magnitude system {system!r}; known: {', '.join(SYSTEMS)}.")
    return system == "AB"


def _break(wave_aa: np.ndarray, luminosity: np.ndarray, blue, red) -> float:
    """Ratio of the mean f_nu, over wavelength, of the red window to the blue one."""
    return _mean_f_nu(wave_aa, luminosity, *red) / _mean_f_nu(wave_aa, luminosity, *blue)


def _mean_f_nu(wave_aa: np.ndarray, luminosity: np.ndarray, low: float, high: float) -> float:
    if wave_aa[0] > low or wave_aa[-1] < high:
        raise InputError(
            f"The spectrum covers {wave_aa[0]:.0f} to {wave_aa[-1]:.0f} A; the 4000 A break needs "
            f"{low:.0f} to {high:.0f} A."
        )
    fine = np.concatenate([[low], wave_aa[(wave_aa > low) & (wave_aa < high)], [high]])
    f_nu = np.interp(fine, wave_aa, luminosity) * fine**2
    return float(np.trapezoid(f_nu, fine) / (high - low))
