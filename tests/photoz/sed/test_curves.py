"""Band curves from every source, and the sentence for each way that one can be wrong."""

import numpy as np
import pytest

from photoz.errors import RecipeError
from photoz.sed.curves import file_curve, photon_counting, sedpy_curve, smooth_curve, speclite_curve
from photoz.sed.filters import Band
from photoz.sed.svo import svo_curve

WAVE = np.array([4000.0, 5000.0, 6000.0, 7000.0])
TRANS = np.array([0.0, 0.8, 0.6, 0.0])


def votable(
    detector='value="1"', unit="Angstrom", scale=1.0, fields=("Wavelength", "Transmission")
):
    """A filter of the SVO service's form, cut to what matters."""
    rows = "".join(
        f"<TR><TD>{w * scale}</TD><TD>{t}</TD></TR>" for w, t in zip(WAVE, TRANS, strict=True)
    )
    param = f'<PARAM name="DetectorType" {detector} datatype="char" arraysize="*"/>'
    return (
        '<?xml version="1.0"?><VOTABLE version="1.1" '
        'xmlns="http://www.ivoa.net/xml/VOTable/v1.1"><RESOURCE type="results"><TABLE>'
        f"{param if detector else ''}"
        f'<FIELD name="{fields[0]}" unit="{unit}" datatype="float"/>'
        f'<FIELD name="{fields[1]}" unit="" datatype="float"/>'
        f"<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )


@pytest.fixture
def svo(tmp_path):
    def read(text, detector=None):
        path = tmp_path / "filter.xml"
        path.write_text(text)
        return svo_curve(path, detector)

    return read


def test_photon_counting_votable_is_taken_as_it_is(svo):
    wave, trans = svo(votable())
    np.testing.assert_allclose(wave, WAVE)
    np.testing.assert_allclose(trans, TRANS, rtol=1e-6)


@pytest.mark.parametrize(("unit", "scale"), [("nm", 0.1), ("um", 1e-4), ("m", 1e-10)])
def test_unit_of_the_wavelength_column_is_obeyed(svo, unit, scale):
    wave, _ = svo(votable(unit=unit, scale=scale))
    np.testing.assert_allclose(wave, WAVE, rtol=1e-6)


def test_energy_counting_curve_gives_the_same_signal_as_photon_counting_one(svo):
    """The signal of an energy counter, int T f dlambda, for any spectrum, up to one factor."""
    wave, trans = svo(votable('value="0"'))
    np.testing.assert_allclose(
        trans / trans.max(), (TRANS / WAVE) / (TRANS / WAVE).max(), rtol=1e-6
    )
    ratios = []
    for slope in (-2.0, 0.0, 3.0):
        spectrum = WAVE**slope
        energy = np.trapezoid(TRANS * spectrum, WAVE)
        ratios.append(np.trapezoid(trans * wave * spectrum, wave) / energy)
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-6)


def test_energy_counting_response_of_2mass_has_the_published_pivot():
    """SVO gives 2MASS J as an energy counter's curve with the pivot 12358.09 angstrom.

    Its relative response is the photon-counting curve times the wavelength (Cohen et al. 2003),
    and taken for photon-counting it would have the pivot 12393.
    """
    wave, photon = sedpy_curve("twomass_J")
    wrong = Band("J", wave, photon * wave)
    right = Band("J", *photon_counting((wave, photon * wave), "energy"))
    assert right.pivot_aa == pytest.approx(12358.09, rel=5e-4)
    assert wrong.pivot_aa == pytest.approx(12393.15, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "detector", "expected"),
    [
        (votable(""), None, "no DetectorType.*add detector ="),
        (votable('value="2"'), None, "DetectorType is '2'"),
        (votable(), "energy", "counts photon, the survey file"),
        (votable(unit="Jy"), None, "unit Jy, which is no length"),
        (votable(unit=""), None, "unit none, which is no length"),
        (votable(fields=("a", "b")), None, "one column of wavelength is needed"),
        ("<VOTABLE/>", None, "is not a VOTable with one filter curve"),
        ("<a>no", None, "is not a VOTable with one filter curve"),
        ("", None, "is not a VOTable with one filter curve"),
    ],
)
def test_wrong_votables_are_named(svo, text, detector, expected):
    with pytest.raises(RecipeError, match=expected):
        svo(text, detector)


def test_votable_without_a_detector_takes_it_from_the_survey_file(svo):
    np.testing.assert_allclose(svo(votable(""), "photon")[1], TRANS, rtol=1e-6)
    assert svo(votable(""), "energy")[1][2] == pytest.approx(0.6 / 0.8 * 5000 / 6000)


def test_speclite_and_sedpy_have_the_same_lsst_curves():
    for band in "ugrizy":
        one = Band(band, *speclite_curve(f"lsst2023-{band}"))
        two = Band(band, *sedpy_curve(f"lsst_baseline_{band}"))
        assert one.pivot_aa == pytest.approx(two.pivot_aa, rel=1e-5)


def test_file_may_fall_in_wavelength_and_repeat_a_row(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("# a comment\n7000 0\n6000 .5\n6000 .5\n5000 1\n4000 -0.0001\n")
    wave, trans = file_curve(path)
    assert wave.tolist() == [4000, 5000, 6000, 7000]
    assert trans.tolist() == [0, 1, 0.5, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("not numbers\n", "two columns"), ("1\n2\n", "two columns"), ("# only\n", "has no rows")],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_file_that_is_no_table(tmp_path, text, expected):
    path = tmp_path / "x.txt"
    path.write_text(text)
    with pytest.raises(RecipeError, match=expected):
        file_curve(path)


def test_unknown_names_show_the_nearest():
    with pytest.raises(RecipeError, match="astro-sedpy has no band 'hsc_gg'; nearest: hsc_g"):
        sedpy_curve("hsc_gg")
    with pytest.raises(RecipeError, match="speclite has no band 'Euclid-VIZ'; nearest: Euclid-VIS"):
        speclite_curve("Euclid-VIZ")


@pytest.mark.parametrize(("centre", "width"), [(5000, 0), (5000, -3), (500, 600)])
def test_impossible_widths_are_named(centre, width):
    with pytest.raises(RecipeError, match="cannot have a FWHM"):
        smooth_curve(centre, width)


@pytest.mark.parametrize(
    ("wave", "trans", "expected"),
    [
        ([1, 3, 2], [0, 1, 0], "row 3 does not"),
        ([1, 2, 3], [0, -1, 0], "negative"),
        ([1, 2, 3], [0, 0, 0], "zero everywhere"),
        ([1, 2, np.nan], [0, 1, 0], "NaN"),
        ([1, 2], [0, 1], "3 or more"),
        ([0, 1, 2], [0, 1, 0], "row 1 is not positive"),
        ([400, 500, 600], [0, 1, 0], "multiply nanometres by 10"),
        ([0.4, 0.5, 0.6], [0, 1, 0], "micrometres by 10000"),
    ],
)
def test_wrong_curves_are_named(wave, trans, expected):
    with pytest.raises(RecipeError, match=expected):
        Band("b", np.array(wave, float), np.array(trans, float))


def test_width_at_half_maximum_of_a_triangle_and_of_a_box():
    triangle = Band("t", np.array([4000.0, 5000.0, 6000.0]), np.array([0.0, 1.0, 0.0]))
    assert triangle.fwhm_aa == pytest.approx(1000)
    box = Band("b", np.array([4000.0, 5000.0, 6000.0]), np.ones(3))
    assert box.fwhm_aa == pytest.approx(2000)
