"""Breaks, colours, M/L and K-corrections of spectra whose answer is known."""

import numpy as np
import pytest

from photoz.errors import InputError
from photoz.sed.constants import C_AA_S, L_SUN_ERG_S
from photoz.sed.curves import sedpy_curve
from photoz.sed.filters import Band
from photoz.sed.indices import (
    absolute_magnitude,
    d4000,
    d4000_n,
    k_correction,
    mass_to_light,
    rest_colour,
    solar_ab_magnitude,
)
from photoz.sed.synphot import vega_offset

WAVE = np.geomspace(1000.0, 30_000.0, 6000)
B = Band("B", *sedpy_curve("bessell_B"))
V = Band("V", *sedpy_curve("bessell_V"))


def test_the_windows_of_the_breaks():
    """f_nu of a step at 4000 A: the broad windows lie clear of it, the narrow ones touch it."""
    step = np.where(WAVE < 4000.0, 1.0, 2.0) / WAVE**2
    assert d4000(WAVE, step) == pytest.approx(2.0, rel=1e-6)
    assert d4000_n(WAVE, step) == pytest.approx(2.0, rel=0.01)
    assert d4000(WAVE, 1 / WAVE**2) == pytest.approx(1.0, rel=1e-5)
    # f_nu ~ lambda: the ratio of the windows' centres
    assert d4000(WAVE, 1 / WAVE) == pytest.approx(4150 / 3850, rel=1e-5)
    assert d4000_n(WAVE, 1 / WAVE) == pytest.approx(4050 / 3900, rel=1e-5)


def test_a_flat_f_nu_has_no_ab_colour_and_minus_vegas_own_in_vega():
    flat = 1 / WAVE**2
    assert rest_colour(WAVE, flat, B, V) == pytest.approx(0.0, abs=1e-4)
    expected = vega_offset(V) - vega_offset(B)
    assert rest_colour(WAVE, flat, B, V, "Vega") == pytest.approx(expected, abs=1e-4)


def test_the_absolute_magnitude_of_a_known_flux():
    # 3631 Jy at 10 pc is magnitude 0
    luminosity = 3631e-23 * C_AA_S / WAVE**2 * 4 * np.pi * (3.0856775814913673e19) ** 2
    assert absolute_magnitude(WAVE, luminosity / L_SUN_ERG_S, V) == pytest.approx(0.0, abs=2e-3)


def test_zero_points_are_the_published_ones():
    # Blanton & Roweis 2007 (astro-ph/0606170), Table 1, Bessell bands: m_AB - m_Vega and the Sun
    assert vega_offset(B) == pytest.approx(-0.09, abs=0.03)
    assert vega_offset(V) == pytest.approx(0.02, abs=0.03)
    assert solar_ab_magnitude(B) == pytest.approx(5.36, abs=0.05)
    assert solar_ab_magnitude(V) == pytest.approx(4.80, abs=0.05)


@pytest.mark.parametrize("slope", [-2.0, -1.0, 0.0, 2.0])
def test_the_k_correction_of_a_power_law(slope):
    """L_lambda ~ lambda^a has K = 2.5 (a + 1) log10(1 + z) exactly (Hogg et al. 2002)."""
    for z in (0.1, 1.0):
        expected = 2.5 * (slope + 1.0) * np.log10(1.0 + z)
        assert k_correction(WAVE, WAVE**slope, V, z) == pytest.approx(expected, abs=1e-4)


def test_mass_to_light_of_the_sun_is_its_mass():
    from sedpy.reference_spectra import solar

    at_ten_parsec = 4 * np.pi * (3.0856775814913673e19) ** 2 / L_SUN_ERG_S
    wave, luminosity = solar[:, 0], solar[:, 1] * at_ten_parsec
    assert mass_to_light(wave, luminosity, V, 1.0) == pytest.approx(1.0, rel=1e-6)
    assert mass_to_light(wave, 4 * luminosity, V, 10.0) == pytest.approx(2.5, rel=1e-6)


def test_what_a_spectrum_does_not_cover_is_named():
    short = WAVE[WAVE > 3800.0]
    with pytest.raises(InputError, match="needs 3750 to 3950"):
        d4000(short, np.ones_like(short))
    with pytest.raises(InputError, match="band B 3600 to 5600"):
        absolute_magnitude(short, np.ones_like(short), B)
    with pytest.raises(InputError, match=r"The spectrum covers .* band V"):
        k_correction(short, np.ones_like(short), V, 1.0)
    far = Band("far", np.array([880.0, 1900.0, 3000.0]), np.array([0.5, 1.0, 0.5]))
    with pytest.raises(InputError, match="far reaches beyond the spectrum of Vega"):
        absolute_magnitude(np.linspace(500.0, 4000.0, 99), np.ones(99), far, "Vega")
    with pytest.raises(InputError, match="no magnitude system 'ST'; known: AB, Vega"):
        rest_colour(WAVE, WAVE, B, V, "ST")
