"""Recipes: shipped ones load, and every wrong entry is named with its remedy."""

import pytest

from photoz.errors import PhotozError, RecipeError
from photoz.simulate.recipe import load_recipe, recipe_from_dict, recipe_to_dict

GOOD = {"name": "x", "survey": "cosmos2020", "z_max": 6.0, "selection": {"hsc_i": 25.0}}


@pytest.mark.parametrize("name", ["cosmos2020", "sdss-2mass", "provabgs", "provabgs-2023"])
def test_shipped_recipes_round_trip(name):
    recipe = load_recipe(name)
    assert recipe_from_dict(recipe_to_dict(recipe), "copy") == recipe


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sfhh": {}}, "did you mean 'sfh'"),
        ({"population": {"uniform_z_shar": 0.1}}, "did you mean 'uniform_z_share'"),
        ({"population": {"uniform_z_share": "0.1"}}, "expected a number"),
        ({"population": {"uniform_z_share": 2.0}}, "0..1"),
        ({"population": {"mass_function": "schechter"}}, "known: 'leja2020'"),
        ({"sfh": {"continuity": 0.5, "delayed": 0.1}}, "sum to 0.6"),
        ({"dust": {"tau_diffuse": [1.0]}}, "two numbers"),
        ({"dust": {"tau_diffuse": [0.3, 0.0]}}, "width above 0"),
        ({"nebular": {"on": 1}}, "true or false"),
        ({"z_max": 0.001}, "z_min"),
        ({"selection": {}}, "at least one line"),
        ({"selection": {"hsc_i": float("nan")}}, "selection.hsc_i = nan: expected a finite"),
        ({"z_max": float("inf")}, "z_max = inf: expected a finite"),
        ({"dust": {"tau_diffuse": [float("nan"), 1.0]}}, "tau_diffuse = nan: expected a finite"),
        ({"dust": {"tau_diffuse": {"uniform": [0.0, float("nan")]}}}, "two numbers|finite"),
        ({"nebular": {"gas_scatter": 0.0}}, "gas_scatter = 0; it must be above 0"),
        ({"nebular": {"line_scatter": -0.1}}, r"line_scatter = -0\.1; it must lie in 0\.\.1"),
        ({"igm": {"scatter": 1.5}}, r"igm\.scatter = 1\.5; it must lie in 0\.\.1"),
        ({"milky_way": {"ebv": {"normal": [0.1, 0.1]}}}, r"ebv may be drawn outside 0\.\.20"),
        ({"agn": {"share": 1.5}}, r"agn\.share = 1\.5; it must lie in 0\.\.1"),
        ({"agn": {"slope": {"normal": [0.0, 0.3]}}}, r"agn\.slope may be drawn outside -3\.\.2"),
        ({"agn": {"tau": {"uniform": [-1.0, 1.0]}}}, r"agn\.tau may be drawn outside 0\.\.100"),
        ({"cosmology": {"h0": -70.0}}, "h0 = -70; it must be above 0"),
        ({"cosmology": {"om0": 1.5}}, r"om0 = 1\.5; it must be above 0, up to 1"),
        ({"igm": 3}, "must be a section"),
        ({"igm": {"model": "madau"}}, "known: 'inoue2014', 'madau1995'"),
        ({"dust": {"law": "mw"}}, "known: 'kriek-conroy', 'calzetti', 'smc'"),
        ({"dust": {"tau_diffuse": {"uniform": [1.0, 0.5]}}}, "reversed or equal"),
        ({"dust": {"tau_diffuse": {"normal": [0.3, 0.1]}}}, "drawn below 0"),
        ({"dust": {"dust_index": {"beta": [1, 2]}}}, "expected {uniform = "),
        ({"dust": {"tau_birth_cloud": {"uniform": [0, 1], "cut": [0, 1]}}}, "unknown entry 'cut'"),
        ({"sfh": {"burst_gyr": {"log_uniform": [0.0, 3.0]}}}, "bounds above 0"),
        ({"metals": {"star": {"uniform": [-3.0, 0.0]}}}, "the grid covers -2 to 0.4"),
        ({"nebular": {"log_u": {"fixed": -0.5}}}, "the grid covers -4 to -1"),
        ({"population": {"log_mass_min": 12.5}}, "must lie below log_mass_max"),
        ({"sfh": {"provabgs_time": "stretched"}}, "known: 'scaled', 'absolute'"),
    ],
)
def test_wrong_entries_are_named(change, expected):
    with pytest.raises(RecipeError, match=expected):
        recipe_from_dict({**GOOD, **change}, "mine.toml")


def test_missing_entry_is_named():
    with pytest.raises(RecipeError, match="'z_max' is missing"):
        recipe_from_dict({k: v for k, v in GOOD.items() if k != "z_max"}, "mine.toml")


def test_unknown_recipe_lists_the_shipped_ones():
    known = "cosmos2020, hdfn, provabgs, provabgs-2023, sdss-2mass, vvds-megacam"
    with pytest.raises(PhotozError, match=known):
        load_recipe("cosmos2021")


def test_broken_toml_is_a_sentence(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("name = [")
    with pytest.raises(RecipeError, match="not valid TOML"):
        load_recipe(path)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"n": 5}, "missing: recipe, out"),
        ({"recipe": "cosmos2020", "n": 5, "out": "x.parquet", "sed": 1}, "unknown: sed"),
        ({"recipe": "cosmos2020", "n": "5", "out": "x.parquet"}, "n = '5': expected a whole"),
    ],
)
def test_a_job_with_entries_that_do_not_fit_is_refused_in_a_sentence(config, sentence):
    from photoz.errors import InputError
    from photoz.simulate.job import run

    with pytest.raises(InputError, match=sentence):
        run(None, config)
