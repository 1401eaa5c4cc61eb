"""What an astronomer reads off a rest-frame spectrum: breaks, colours, M/L, K-corrections.

    galaxy = engine.spectrum(parameters, 0.0)
    d4000_n(galaxy.wave_aa, galaxy.total)
    rest_colour(galaxy.wave_aa, galaxy.total, band_b, band_v, system="Vega")

Magnitudes are AB unless Vega is asked for; bands are photon-counting. Vega is the CALSPEC
spectrum that astro-sedpy ships, so that m_Vega = m_AB - m_AB(Vega), and the Sun likewise.
"""

import numpy as np

from photoz.errors import GridError, InputError
from photoz.magnitudes import AB_ZERO_UJY
from photoz.sed.constants import C_AA_S, CGS_TO_UJY, L_SUN_ERG_S, MPC_CM
from photoz.sed.filters import Band

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
        GridError: the spectrum does not cover the windows.
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
        GridError: the band reaches beyond the spectrum.
        InputError: there is no such system.
    """
    f_lambda = luminosity * (L_SUN_ERG_S / (4.0 * np.pi * TEN_PARSEC_CM**2))
    magnitude = ab_magnitude(wave_aa, f_lambda, band)
    return magnitude if _is_ab(system) else magnitude - vega_ab_magnitude(band)


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
        GridError: the band reaches beyond the spectrum.
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
        GridError: the band reaches beyond the spectrum, at rest or redshifted.
    """
    seen = ab_magnitude(wave_aa * (1.0 + z), luminosity / (1.0 + z), band)
    return seen - ab_magnitude(wave_aa, luminosity, band)


def ab_magnitude(wave_aa: np.ndarray, f_lambda: np.ndarray, band: Band) -> float:
    """AB magnitude of a spectrum in erg / s / cm2 / angstrom, both (n_wave,), through a band.

    Raises:
        GridError: the band reaches beyond the spectrum.
    """
    first, last = band.range_aa
    if first < wave_aa[0] or last > wave_aa[-1]:
        raise GridError(
            f"Band {band.name} covers {first:.0f} to {last:.0f} A, the spectrum "
            f"{wave_aa[0]:.0f} to {wave_aa[-1]:.0f} A: part of the band has no light. Take a "
            "band inside it, or build a longer SSP grid with `photoz ssp build`."
        )
    fine = np.union1d(wave_aa, band.wave_aa)
    fine = fine[(fine >= first) & (fine <= last)]
    trans = np.interp(fine, band.wave_aa, band.transmission)
    light = np.trapezoid(np.interp(fine, wave_aa, f_lambda) * trans * fine, fine)
    flux_ujy = light / (np.trapezoid(trans / fine, fine) * C_AA_S) * CGS_TO_UJY
    return float(AB_ZERO_UJY - 2.5 * np.log10(flux_ujy))


def vega_ab_magnitude(band: Band) -> float:
    """AB magnitude of Vega: what AB magnitudes exceed Vega magnitudes by.

    Raises:
        GridError: the band reaches beyond Vega's spectrum (900 A to 300 micrometres).
    """
    from sedpy.reference_spectra import vega

    return ab_magnitude(vega[:, 0], vega[:, 1], band)


def solar_ab_magnitude(band: Band) -> float:
    """Absolute AB magnitude of the Sun (CALSPEC, from astro-sedpy).

    Raises:
        GridError: the band reaches beyond the Sun's spectrum.
    """
    from sedpy.reference_spectra import solar

    return ab_magnitude(solar[:, 0], solar[:, 1], band)


def _is_ab(system: str) -> bool:
    if system not in SYSTEMS:
        raise InputError(f"There is no magnitude system {system!r}; known: {', '.join(SYSTEMS)}.")
    return system == "AB"


def _break(wave_aa: np.ndarray, luminosity: np.ndarray, blue, red) -> float:
    """Ratio of the mean f_nu, over wavelength, of the red window to the blue one."""
    return _mean_f_nu(wave_aa, luminosity, *red) / _mean_f_nu(wave_aa, luminosity, *blue)


def _mean_f_nu(wave_aa: np.ndarray, luminosity: np.ndarray, low: float, high: float) -> float:
    if wave_aa[0] > low or wave_aa[-1] < high:
        raise GridError(
            f"The spectrum covers {wave_aa[0]:.0f} to {wave_aa[-1]:.0f} A; the 4000 A break needs "
            f"{low:.0f} to {high:.0f} A."
        )
    fine = np.concatenate([[low], wave_aa[(wave_aa > low) & (wave_aa < high)], [high]])
    f_nu = np.interp(fine, wave_aa, luminosity) * fine**2
    return float(np.trapezoid(f_nu, fine) / (high - low))
