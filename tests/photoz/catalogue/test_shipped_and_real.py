"""The shipped SDSS + 2MASS catalogue and real surveys are read as what they are."""

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from photoz.assets import assets_dir
from photoz.catalogue import read_catalogue
from photoz.catalogue.build_sdss import PIVOT_AA, build_sdss, main
from photoz.catalogue.extinction import ANCHOR_A, ANCHOR_AA, fitzpatrick99
from photoz.errors import CatalogueError, InputError
from photoz.sed.survey import load_survey

SHIPPED = assets_dir() / "data" / "sdss-2mass.parquet"


@pytest.fixture(scope="module")
def shipped():
    return read_catalogue(SHIPPED)


def test_shipped_catalogue_is_the_survey_it_says(shipped):
    assert SHIPPED.stat().st_size < 2e6
    assert shipped.n == 10_000
    assert shipped.bands == load_survey("sdss-2mass").band_names
    assert shipped.provenance["licence"].startswith("BSD-3-Clause")
    assert shipped.ra_deg is not None
    assert shipped.z_spec is not None
    assert len(shipped.provenance["parents"]["gst_tests_small.fits"]["sha256"]) == 64


def test_shipped_galaxies_look_like_galaxies(shipped):
    magnitude = 23.9 - 2.5 * np.log10(np.where(shipped.flux_ujy > 0, shipped.flux_ujy, np.nan))
    low, median, high = np.nanquantile(magnitude, [0.05, 0.5, 0.95], axis=0)
    r = shipped.bands.index("sdss_r")
    # the main galaxy sample ends at r = 17.77
    assert 14.5 < low[r] < 15.8
    assert 17.3 < high[r] < 17.9
    assert np.quantile(shipped.z_spec, [0.05, 0.95]) == pytest.approx([0.035, 0.22], abs=0.02)
    # redder bands are brighter in AB up to 1.6 micrometres, as in all old stellar populations
    assert (np.diff(median)[:6] < 0).all()
    # H - Ks of nearby galaxies is about 0.3 in Vega, -0.17 in AB; at z = 0.1 a little redder
    assert -0.25 < median[-2] - median[-1] < 0.1
    colour = magnitude[:, 1] - magnitude[:, 2]
    assert 0.7 < np.nanmedian(colour) < 1.0


def test_colours_tell_redshifts(shipped):
    """Zero points wrong by much would not matter here, mixed-up bands or rows would."""
    from scipy.spatial import cKDTree

    magnitude = np.arcsinh(shipped.flux_ujy[:, :5] / 10)
    points = np.column_stack([magnitude[:, 2] / 2, np.diff(magnitude) * [0.5, 2, 2, 2]])
    z = shipped.z_spec
    near = cKDTree(points[::2]).query(points[1::2], 15)[1]
    residual = (np.median(z[::2][near], axis=1) - z[1::2]) / (1 + z[1::2])
    assert 1.4826 * np.median(np.abs(residual - np.median(residual))) < 0.018


def test_conversion_by_hand(tmp_path):
    """One galaxy through the builder against the formulas written out."""
    row = {
        "RA": ("D", [10.0, 11.0]),
        "DEC": ("D", [1.0, 2.0]),
        "MODELFLUX": ("5E", [[1, 2, 4, 8, 16]] * 2),
        "MODELFLUX_IVAR": ("5E", [[4] * 5, [4, 4, 4, 4, 0]]),
        "EXTINCTION": ("5E", [[0.5, 0.4, 0.3, 0.2, 0.1]] * 2),
        "Z": ("E", [0.125, 0.25]),
        **{f"{b}_M_EXT": ("E", [14.0, 0.0]) for b in "JHK"},
        **{f"{b}_MSIG_EXT": ("E", [0.125, 0.0]) for b in "JHK"},
    }
    columns = [fits.Column(name, kind, array=np.array(a)) for name, (kind, a) in row.items()]
    source, out = tmp_path / "in.fits", tmp_path / "out.parquet"
    fits.BinTableHDU.from_columns(columns).writeto(source)
    assert main([str(source), str(out)]) == 0
    made = read_catalogue(out)
    # r: 4 nanomaggies, 3.631 microjansky each, dereddened by 0.3 mag, AB = SDSS + 0.010
    assert made.flux_ujy[0, 2] == pytest.approx(4 * 3.631 * 10 ** (0.4 * (0.3 - 0.010)), rel=1e-6)
    assert made.err_ujy[0, 2] == pytest.approx(made.flux_ujy[0, 2] * 0.5 / 4, rel=1e-6)
    # J: 1594 Jy at magnitude zero; the ratio of extinctions is about 0.31
    dereddened = 14.0 - 0.3 * 0.3145
    assert made.flux_ujy[0, 5] == pytest.approx(1594e6 * 10 ** (-0.4 * dereddened), rel=1e-3)
    assert made.err_ujy[0, 5] / made.flux_ujy[0, 5] == pytest.approx(0.125 * np.log(10) / 2.5)
    assert made.state[1].tolist() == [0, 0, 0, 0, 2, 2, 2, 2]
    with pytest.raises(CatalogueError, match=r"has no column RA.*kcorrect"):
        build_sdss(SHIPPED, tmp_path / "no.parquet")
    assert main([str(source)]) == 2
    assert main([str(source), str(tmp_path / "no" / "out.parquet")]) == 2


def test_pivots_are_those_of_the_curves():
    curves = {band.name: band.pivot_aa for band in load_survey("sdss-2mass").bands}
    for band, pivot in PIVOT_AA.items():
        assert pivot == pytest.approx(curves[band], abs=1.0)


def test_extinction_curve():
    finite = np.isfinite(ANCHOR_AA)
    wave, expected = np.array(ANCHOR_AA)[finite], np.array(ANCHOR_A)[finite]
    np.testing.assert_allclose(fitzpatrick99(wave), expected, atol=1e-3)
    # the ultraviolet formula must meet the tabled anchors, which it did not make
    np.testing.assert_allclose(
        fitzpatrick99(np.array([2600.0, 2699.99])), [6.591, 6.265], atol=2e-3
    )
    # A(5500)/E(B-V) is close to R_V, and the curve has its bump at 2175 angstrom
    assert fitzpatrick99(np.array(5500.0)) == pytest.approx(3.1, abs=0.08)
    near = np.arange(1900.0, 2500.0)
    assert near[np.argmax(fitzpatrick99(near))] == pytest.approx(2175, abs=20)
    with pytest.raises(InputError, match=r"910 to 1e\+06 angstrom; asked for 500"):
        fitzpatrick99(np.array([5000.0, 500.0]))


REAL = {
    # measured and limited, counted in the files themselves
    "cosmos2020_first100": (100, 28, 0),
    "cosmos2020_highz_half": (2657, 35, 5013),
    "vvds_deep": (5292, 9, 0),
    "hdfn_fs99": (114, 7, 0),
}


@pytest.mark.parametrize("name", REAL)
def test_real_surveys(name):
    path = Path(os.environ.get("PHOTOZ_DATA", "none")) / f"{name}.parquet"
    if not path.is_file():
        pytest.skip("The real catalogues are not here; PHOTOZ_DATA names their folder.")
    catalogue = read_catalogue(path)
    assert (catalogue.n, len(catalogue.bands), int((catalogue.state == 1).sum())) == REAL[name]
    assert catalogue.usable.all()
    assert (catalogue.err_ujy[catalogue.state == 0] > 0).all()
    if name in ("cosmos2020_first100", "hdfn_fs99"):
        assert (catalogue.flux_ujy < 0).any()
