"""Survey files: the shipped ones load, curve files are found, wrong files are named."""

import numpy as np
import pytest

from photoz.errors import PhotozError, RecipeError
from photoz.sed.curves import smooth_curve
from photoz.sed.survey import (
    CURVES_VARIABLE,
    load_survey,
    shipped_pivots_aa,
    shipped_surveys,
    surveys_of_bands,
)

ENTRY = '[[band]]\nname = "a"\nsedpy = "hsc_g"\n'


def _survey(tmp_path, text):
    path = tmp_path / "s.toml"
    path.write_text(text)
    return load_survey(path)


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("cosmos2020", 28),
        ("sdss-2mass", 8),
        ("vvds-megacam", 5),
        ("lsst", 6),
        ("euclid-lsst", 10),
        ("des-vhs", 8),
        ("jwst-nircam-deep", 12),
    ],
)
def test_shipped_surveys_load(name, n):
    survey = load_survey(name)
    assert len(survey.bands) == n
    assert survey.reference_band in survey.band_names


def test_clauds_u_is_the_stated_formula():
    band = load_survey("cosmos2020").subset(["u_clauds"]).bands[0]
    wave = band.wave_aa
    formula = wave**5.3 / (1 + np.exp(-(wave - 3269) / 54)) / (1 + np.exp((wave - 3972) / 10))
    assert band.transmission == pytest.approx(formula / formula.max(), abs=1.2e-4)


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
        (ENTRY + "width_aa = 50\n", "needs width_aa"),
        (ENTRY + 'speclite = "Euclid-VIS"\n', "exactly one of.*found sedpy, speclite"),
        (ENTRY + 'svo = "x.xml"\n', "exactly one of.*found sedpy, svo"),
        (ENTRY + "colour = 1\n", "band a: unknown key colour"),
        (ENTRY.replace('"hsc_g"', "3"), "sedpy = 3 must be text in quotes"),
        (ENTRY + 'pivot_aa = "long"\n', "pivot_aa = 'long' must be a positive number"),
        (ENTRY + "pivot_aa = -1\n", "pivot_aa = -1 must be a positive number"),
        (ENTRY + "pivot_aa = 6200\n", "pivot wavelength is 4791 angstrom, pivot_aa says 6200"),
        (ENTRY + 'detector = "energy"\n', "detector belongs to a file or svo curve"),
        ('[[band]]\nname = "a"\nfile = "c"\ndetector = "eye"\n', "'eye' is none of photon"),
        ('[[band]]\nname = "a"\nspeclite = "Euclid-Z"\n', "nearest: Euclid-"),
        ('[[band]]\nname = "a"\nsvo = "none.xml"\n', "none.xml does not exist; looked in"),
        ("band = 3\n", "at least one"),
        ("band = [3]\n", "at least one"),
        ('[[band]]\nname = "a"\ncentre_aa = 5000\nwidth_aa = -3\n', "width_aa = -3 must be"),
        ('[[band]]\nname = "a"\ncentre_aa = nan\nwidth_aa = 3\n', "centre_aa = nan must be"),
        ('[[band]]\nname = "a"\ncentre_aa = "x"\nwidth_aa = 3\n', "centre_aa = 'x' must be"),
        ('[[band]]\nname = "a"\nfile = 5\n', "file = 5 must be text"),
        ("[[band]]\nname = 3\nsedpy = 'hsc_g'\n", "name = 3 must be text"),
        ("reference_band = 3\n" + ENTRY, "reference_band = 3: expected text"),
    ],
)
def test_wrong_survey_files_are_named(tmp_path, text, expected):
    with pytest.raises(RecipeError, match=expected):
        _survey(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5000 0\n5100 nan\n5200 0\n", "x.txt.*NaN"),
        ("5000 0\n5200 1\n5100 1\n5300 0\n", r"x.txt.*row 3 does not \(5200, then 5100\).*Sort"),
        ("5000 0\n5100 -0.2\n5200 1\n", r"x.txt.*transmission -0.2 in row 2 is negative"),
        ("0 0\n5100 1\n5200 0\n", "wavelength 0 in row 1"),
        ("5000 1\n", "3 or more rows"),
        ("# only a comment\n", "has no rows"),
        ("5000\n5100\n", "two columns"),
    ],
)
def test_a_bad_curve_file_names_itself(tmp_path, text, expected):
    (tmp_path / "x.txt").write_text(text)
    with pytest.raises(RecipeError, match=expected):
        _survey(tmp_path, '[[band]]\nname = "x"\nfile = "x.txt"\n')


def test_unknown_names_are_refused():
    with pytest.raises(PhotozError, match="Shipped: cosmos2020"):
        load_survey("cosmos2021")
    with pytest.raises(RecipeError, match="has no band q"):
        load_survey("cosmos2020").subset(["q"])


def test_shipped_surveys_are_found_by_their_bands():
    assert {"cosmos2020", "sdss-2mass", "hdfn"} <= set(shipped_surveys())
    assert list(surveys_of_bands(("sdss_g", "twomass_J"))) == ["sdss-2mass"]
    assert list(surveys_of_bands(("lsst_g", "lsst_r"))) == ["lsst", "euclid-lsst"]
    assert surveys_of_bands(("sdss_g", "hsc_g")) == {}


def test_a_band_name_means_one_curve_in_all_shipped_surveys():
    sources = {}
    for table in shipped_surveys().values():
        assert table["reference_band"] in [entry["name"] for entry in table["band"]]
        for entry in table["band"]:
            curve = {key: entry[key] for key in entry if key not in ("name", "group", "note")}
            assert sources.setdefault(entry["name"], curve) == curve


def test_every_shipped_band_has_a_wavelength_without_any_curve_file():
    names = [entry["name"] for table in shipped_surveys().values() for entry in table["band"]]
    pivots = shipped_pivots_aa(names)
    assert set(pivots) == set(names)
    assert pivots["kpno_K"] == 22124
    assert pivots["lsst_g"] == pytest.approx(4787, abs=1)


FILE_SURVEY = '[[band]]\nname = "x"\nfile = "x.txt"\npivot_aa = 5150\n'
CURVE = "5000 0\n5100 1\n5200 1\n5300 0\n"


def test_curve_files_lie_beside_the_survey_or_where_its_key_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the key is relative to the survey file, not to where one stands
    inside = tmp_path / "surveys" / "curves"
    inside.mkdir(parents=True)
    (inside / "x.txt").write_text(CURVE)
    (inside / "s.toml").write_text(FILE_SURVEY)
    (inside.parent / "s.toml").write_text('curves = "curves"\n' + FILE_SURVEY)
    for path in (inside / "s.toml", inside.parent / "s.toml"):
        assert load_survey(path).bands[0].pivot_aa == pytest.approx(5150, rel=1e-3)


def test_curve_files_by_argument_and_by_variable(tmp_path, monkeypatch):
    (tmp_path / "s.toml").write_text(FILE_SURVEY)
    for name, scale in (("one", 1.0), ("two", 1.01)):
        (tmp_path / name).mkdir()
        rows = [f"{float(row.split()[0]) * scale} {row.split()[1]}" for row in CURVE.splitlines()]
        (tmp_path / name / "x.txt").write_text("\n".join(rows))
    with pytest.raises(RecipeError, match=r"looked in .*curves = .*PHOTOZ_CURVES"):
        load_survey(tmp_path / "s.toml")
    monkeypatch.setenv(CURVES_VARIABLE, f"{tmp_path / 'absent'}:{tmp_path / 'one'}")
    assert load_survey(tmp_path / "s.toml").bands[0].pivot_aa == pytest.approx(5150, rel=1e-3)
    given = load_survey(tmp_path / "s.toml", tmp_path / "two")
    assert given.bands[0].pivot_aa == pytest.approx(5150 * 1.01, rel=1e-3)
