"""The plan file and its sentences."""

import pytest

from photoz.calibrate import Plan, Stage, load_plan
from photoz.calibrate.sample import plan_for, survey_reference
from photoz.errors import InputError

BANDS = ("u", "g", "r")


def test_plan_file(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(
        'reference_band = "g"\noutlier_fraction = 0.02\n[ridge]\nflux_scale = 0.05\n'
        '[[stage]]\nfree = ["flux_scale"]\nbounds = {flux_scale = [0.8, 1.2]}\n'
        '[[stage]]\nfree = ["error_scale", "error_floor"]\nbands = ["u"]\nmax_iterations = 30\n'
    )
    plan = load_plan(path)
    assert plan.reference_band == "g"
    assert plan.ridge["flux_scale"] == 0.05
    assert plan.ridge["error_scale"] == 0.3
    assert plan.stages[0].interval("flux_scale") == (0.8, 1.2)
    assert plan.stages[1].interval("error_scale") == (0.3, 3.0)
    assert plan.stages[1].max_iterations == 30
    assert plan.n_free(BANDS) == 2 + 2  # u, r scales; u error scale and floor


def test_default_plan_counts_all_but_the_reference():
    assert Plan(reference_band="g").n_free(BANDS) == 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[stage]]\nfree = ["flux_scale"]\nbounds = {flux_scale = [1.5, 0.5]}', "reversed"),
        ('[[stage]]\nfree = ["zero_point"]', "unknown group 'zero_point'"),
        ("[[stage]]\nfree = []", "nothing is free"),
        ("stages = 3", "unknown entry stages"),
        ("outlier_fraction = 0.9", "outlier_fraction is 0.9"),
        ("[ridge]\nflux_scale = -1.0", "ridge of flux_scale is -1"),
        ("[ridge]\nflux_scale = 'x'", "found 'x'; expected a number"),
        ('[[stage]]\nfree=["flux_scale"]\nbounds={flux_scale=[0.0, 2.0]}', "finite and above 0"),
        ("[[stage]", "not readable as TOML"),
    ],
)
def test_bad_plans_are_explained(tmp_path, text, sentence):
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        load_plan(path)


def test_missing_plan_is_explained(tmp_path):
    with pytest.raises(InputError, match="no calibration plan"):
        load_plan(tmp_path / "no.toml")


def test_reference_band_must_be_there():
    with pytest.raises(InputError, match="reference band 'i' is not among"):
        plan_for(Plan(reference_band="i"), BANDS, 100)
    with pytest.raises(InputError, match="Write reference_band"):
        plan_for(None, BANDS, 100)


def test_unknown_free_band_is_named():
    plan = Plan((Stage(("flux_scale",), bands=("x",)),), "g")
    with pytest.raises(InputError, match="frees the band x"):
        plan_for(plan, BANDS, 100)


def test_fewer_galaxies_than_parameters_says_how_many():
    with pytest.raises(InputError, match="frees 5 parameters but only 4"):
        plan_for(Plan(reference_band="g"), BANDS, 4)


def test_shipped_surveys_know_their_reference():
    assert survey_reference(("hsc_g", "hsc_i", "vista_Ks")) == "hsc_i"
