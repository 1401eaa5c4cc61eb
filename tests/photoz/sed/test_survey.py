"""Bands and surveys: curves load, AB photometry of known spectra, wrong files are named."""

import numpy as np
import pytest

from photoz.errors import PhotozError, RecipeError
from photoz.sed.curves import file_curve, sedpy_curve, smooth_curve
from photoz.sed.filters import Band
from photoz.sed.survey import load_survey

ENTRY = '[[band]]\nname = "a"\nsedpy = "hsc_g"\n'


def _survey(tmp_path, text):
    path = tmp_path / "s.toml"
    path.write_text(text)
    return load_survey(path)


@pytest.mark.parametrize(
    ("name", "n"), [("cosmos2020", 28), ("sdss-2mass", 8), ("vvds-megacam", 5)]
)
def test_shipped_surveys_load(name, n):
    survey = load_survey(name)
    assert len(survey.bands) == n
    assert survey.reference_band in survey.band_names


@pytest.mark.parametrize(
    ("name", "pivot_aa"),
    # SVO filter profile service, effective (pivot) wavelengths
    [("sdss_g", 4702), ("sdss_r", 6176), ("sdss_z", 8947), ("twomass_J", 12358)],
)
def test_pivot_wavelengths_match_the_published_ones(name, pivot_aa):
    bands = {b.name: b for b in load_survey("sdss-2mass").bands}
    assert bands[name].pivot_aa == pytest.approx(pivot_aa, rel=2e-3)


@pytest.mark.parametrize(("centre", "width"), [(7120, 72), (8149, 120), (11909, 112), (3682, 868)])
def test_stand_in_curves_have_the_published_centre_and_width(centre, width):
    wave, trans = smooth_curve(centre, width)
    half = wave[trans >= 0.5 * trans.max()]
    assert half[-1] - half[0] == pytest.approx(width, rel=0.02)
    assert np.average(wave, weights=trans) == pytest.approx(centre, rel=1e-3)


def test_two_column_file_is_a_band(tmp_path):
    (tmp_path / "x.txt").write_text("# wave trans\n5000 0\n5100 1\n5200 1\n5300 0\n")
    survey = _survey(tmp_path, '[[band]]\nname = "x"\nfile = "x.txt"\n')
    assert survey.bands[0].pivot_aa == pytest.approx(5150, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "at least one"),
        ("bands = 3\n" + ENTRY, "unknown key bands"),
        (ENTRY + ENTRY, "listed twice"),
        (ENTRY.replace("hsc_g", "hsc_gg"), "nearest: hsc_g"),
        ('[[band]]\nname = "a"\n', "exactly one of"),
        (ENTRY + "group = 'wide'\n", "'wide' is none of"),
        ('reference_band = "b"\n' + ENTRY, "not among its bands"),
        ('[[band]]\nname = "a"\nfile = "none.txt"\n', "does not exist"),
        ('[[band]]\nname = "a"\ncentre_aa = 5000\n', "needs width_aa"),
    ],
)
def test_wrong_survey_files_are_named(tmp_path, text, expected):
    with pytest.raises(RecipeError, match=expected):
        _survey(tmp_path, text)


@pytest.mark.parametrize(
    ("wave", "trans", "expected"),
    [
        ([1, 3, 2], [0, 1, 0], "row 3 does not"),
        ([1, 2, 3], [0, -1, 0], "negative"),
        ([1, 2, 3], [0, 0, 0], "zero everywhere"),
        ([1, 2, np.nan], [0, 1, 0], "NaN"),
        ([1, 2], [0, 1], "3 or more"),
    ],
)
def test_wrong_curves_are_named(wave, trans, expected):
    with pytest.raises(RecipeError, match=expected):
        Band("b", np.array(wave, float), np.array(trans, float))


def test_curve_file_that_is_no_table(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("not numbers\n")
    with pytest.raises(RecipeError, match="two columns"):
        file_curve(path)


def test_unknown_names_are_refused():
    with pytest.raises(RecipeError, match="no band"):
        sedpy_curve("hubble_x")
    with pytest.raises(PhotozError, match="Shipped: cosmos2020"):
        load_survey("cosmos2021")
    with pytest.raises(RecipeError, match="has no band q"):
        load_survey("cosmos2020").subset(["q"])


def test_shipped_surveys_are_found_by_their_bands():
    from photoz.sed.survey import shipped_surveys, surveys_of_bands

    assert {"cosmos2020", "sdss-2mass"} <= set(shipped_surveys())
    assert list(surveys_of_bands(("sdss_g", "twomass_J"))) == ["sdss-2mass"]
    assert surveys_of_bands(("sdss_g", "hsc_g")) == {}
