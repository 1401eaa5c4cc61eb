"""The AB system against published values: pivots, Vega, a flat spectrum, power laws.

Sources. EAZY: `FILTER.RES.latest.info` of the EAZY distribution (Brammer et al. 2008), an
independent collection of curves with its own pivots and AB - Vega (its Vega is an older one).
STScI: NIRCam zero-point list of STScI's `mirage`. SVO: Filter Profile Service. B07: Blanton &
Roweis 2007, Table 1. G18: Gonzalez-Fernandez et al. 2018 (arXiv:1711.08805), the offsets of the
VISTA pipeline. Vega here is the CALSPEC spectrum inside astro-sedpy, so astro-sedpy's own offsets
would be no independent check, and none is used.
"""

import numpy as np
import pytest

from photoz.errors import InputError
from photoz.sed.filters import Band
from photoz.sed.survey import load_survey, shipped_surveys
from photoz.sed.synphot import AB_FNU_CGS, LIGHT_AA_S, ab_magnitude, vega_offset

PUBLISHED_PIVOTS = [
    (
        "sdss-2mass",
        1e-3,
        # EAZY 156-160 (SDSS DR7 with atmosphere); SVO for 2MASS
        {"sdss_u": 3556.5, "sdss_g": 4702.5, "sdss_r": 6175.6, "sdss_i": 7490.0, "sdss_z": 8946.7}
        | {"twomass_J": 12358.1, "twomass_H": 16457.5, "twomass_Ks": 21603.1},
    ),
    (
        "cosmos2020",
        1e-3,
        # EAZY 256-259; SVO for IRAC
        {"vista_Y": 10217, "vista_J": 12527, "vista_H": 16433, "vista_Ks": 21503}
        | {"irac1": 35507.9, "irac2": 44959.6},
    ),
    (
        "lsst",
        1e-3,  # EAZY 419-424, from lsst/throughputs
        {"lsst_u": 3716.5, "lsst_g": 4787.0, "lsst_r": 6207.6, "lsst_i": 7548.9}
        | {"lsst_z": 8673.8, "lsst_y": 9746.3},
    ),
    (
        "des-vhs",
        3e-3,  # EAZY 294-298, an earlier measurement of the filters than DES DR1
        {"decam_g": 4820.0, "decam_r": 6423.0, "decam_i": 7806.7, "decam_z": 9158.5}
        | {"decam_Y": 9866.8},
    ),
    (
        "euclid-lsst",
        3e-3,  # EAZY 411-413, mission data base of 2022
        {"euclid_Y": 10831, "euclid_J": 13635, "euclid_H": 17680},
    ),
    (
        "jwst-nircam-deep",
        1e-3,  # STScI
        {"nircam_f090w": 9030, "nircam_f115w": 11540, "nircam_f150w": 15010, "nircam_f200w": 19880}
        | {"nircam_f277w": 27760, "nircam_f335m": 33620, "nircam_f356w": 35660}
        | {"nircam_f410m": 40830, "nircam_f444w": 44010},
    ),
    (
        "jwst-nircam-deep",
        2.5e-3,  # EAZY 133, 173, 117: ACS before July 2006
        {"acs_f435w": 4317.9, "acs_f606w": 5919.4, "acs_f814w": 8059.9},
    ),
]


def _bands(name):
    return {band.name: band for band in load_survey(name).bands}


@pytest.mark.parametrize(("name", "tolerance", "published"), PUBLISHED_PIVOTS)
def test_pivots_are_the_published_ones(name, tolerance, published):
    bands = _bands(name)
    for band, pivot_aa in published.items():
        assert bands[band].pivot_aa == pytest.approx(pivot_aa, rel=tolerance), band


def test_euclid_vis_differs_from_the_curve_of_2022_by_two_per_cent():
    """EAZY 410 has 7103 angstrom: a curve that ends 250 angstrom earlier in the red."""
    assert _bands("euclid-lsst")["euclid_VIS"].pivot_aa == pytest.approx(7103, rel=0.025)


PUBLISHED_VEGA = [
    # B07: Kurucz's Vega of V = 0.03, hence 0.02 to 0.03 mag from CALSPEC's in the infrared
    (
        "sdss-2mass",
        0.03,
        {"sdss_u": 0.91, "sdss_g": -0.08, "sdss_r": 0.16, "sdss_i": 0.37, "sdss_z": 0.54}
        | {"twomass_J": 0.91, "twomass_H": 1.39, "twomass_Ks": 1.85},
    ),
    # G18
    (
        "cosmos2020",
        0.007,
        {"vista_Y": 0.600, "vista_J": 0.916, "vista_H": 1.366, "vista_Ks": 1.827},
    ),
    # EAZY 294-298
    (
        "des-vhs",
        0.006,
        {"decam_g": -0.090, "decam_r": 0.182, "decam_i": 0.406, "decam_z": 0.517}
        | {"decam_Y": 0.564},
    ),
    # EAZY 133, 173, 117
    ("jwst-nircam-deep", 0.006, {"acs_f435w": -0.104, "acs_f606w": 0.082, "acs_f814w": 0.419}),
    # STScI, ABMAG - VEGAMAG of detectors A1 and A5, by another Vega
    (
        "jwst-nircam-deep",
        0.03,
        {"nircam_f090w": 0.487, "nircam_f115w": 0.762, "nircam_f150w": 1.203}
        | {"nircam_f200w": 1.690, "nircam_f277w": 2.312, "nircam_f335m": 2.705}
        | {"nircam_f356w": 2.809, "nircam_f410m": 3.091, "nircam_f444w": 3.229},
    ),
]


@pytest.mark.parametrize(("name", "tolerance", "published"), PUBLISHED_VEGA)
def test_vega_is_as_faint_in_ab_as_published(name, tolerance, published):
    bands = _bands(name)
    for band, offset in published.items():
        assert vega_offset(bands[band]) == pytest.approx(offset, abs=tolerance), band


ALL = [name for name in shipped_surveys() if name != "hdfn"]


@pytest.mark.parametrize("name", ALL)
def test_flat_f_nu_has_one_magnitude_in_every_band(name):
    wave = np.geomspace(900.0, 6e4, 20_001)
    flat = 10 ** (-0.4 * 20) * AB_FNU_CGS * LIGHT_AA_S / wave**2
    magnitudes = [ab_magnitude(band, wave, flat) for band in load_survey(name).bands]
    np.testing.assert_allclose(magnitudes, 20.0, atol=2e-5)


@pytest.mark.parametrize("slope", [-3.0, -1.0, 0.0, 2.0])
def test_power_law_through_a_box_is_analytic(slope):
    """f_lambda = lambda^slope through a box of a to b: a ratio of two powers."""
    a, b = 5000.0, 6000.0
    wave = np.linspace(4000.0, 7000.0, 30_001)
    box = Band("box", np.array([a - 1e-6, a, b, b + 1e-6]), np.array([0.0, 1.0, 1.0, 0.0]))
    power = slope + 2
    light = np.log(b / a) if power == 0 else (b**power - a**power) / power
    expected = -2.5 * np.log10(light / (AB_FNU_CGS * LIGHT_AA_S * np.log(b / a)))
    assert ab_magnitude(box, wave, wave**slope) == pytest.approx(expected, abs=1e-6)


def test_pivot_joins_f_lambda_and_f_nu_in_any_band():
    """A flat f_lambda has the f_nu f_lambda pivot^2 / c, exactly: what a pivot is for."""
    wave = np.geomspace(900.0, 6e4, 40_001)
    for band in load_survey("cosmos2020").bands:
        expected = -2.5 * np.log10(band.pivot_aa**2 / LIGHT_AA_S / AB_FNU_CGS)
        assert ab_magnitude(band, wave, np.ones_like(wave)) == pytest.approx(expected, abs=1e-4)


def test_spectrum_that_ends_inside_the_band_is_refused():
    band = Band("b", np.array([4000.0, 5000.0, 6000.0]), np.array([0.0, 1.0, 0.0]))
    with pytest.raises(InputError, match="covers 4500 to 7000 angstrom, band b"):
        ab_magnitude(band, np.array([4500.0, 7000.0]), np.ones(2))
    assert ab_magnitude(band, np.array([3000.0, 7000.0]), np.zeros(2)) == np.inf
