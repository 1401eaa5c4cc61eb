"""A band outside the spectrum, at either end and at which redshift."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from photoz.errors import GridError, RecipeError
from photoz.sed import Engine, Survey, Switches, load_grid, load_survey
from photoz.sed.check_bands import band_problems, check_bands
from photoz.sed.curves import sedpy_curve
from photoz.sed.filters import Band
from photoz.sed.igm import IGM_MODELS, transmission
from photoz.sed.survey import shipped_surveys


def _survey(first_aa, last_aa):
    wave = np.linspace(first_aa, last_aa, 5)
    band = Band("mine", wave, np.array([0.5, 1.0, 1.0, 1.0, 0.5]))
    return Survey("mine", "mine", (band,), "mine")


@pytest.mark.parametrize("survey", [name for name in shipped_surveys() if name != "hdfn"])
def test_shipped_surveys_have_light_at_every_redshift(survey):
    check_bands(load_survey(survey).bands, load_grid().wave_edges_aa, 8.0, igm=None)


def test_hdfn_has_light_at_every_redshift():
    """Its curve files are not shipped."""
    folder = Path(os.environ.get("PHOTOZ_DATA", "no data")).parent / "filters"
    if not (folder / "wfpc2_f300w.txt").is_file():
        pytest.skip("the curves of HDF-N are not here: PHOTOZ_DATA names a folder beside filters/")
    bands = load_survey("hdfn", folder).bands
    check_bands(bands, load_grid().wave_edges_aa, 6.5, igm="inoue2014")


def test_the_red_end_is_asked_at_redshift_zero():
    with pytest.raises(GridError, match=r"mine reaches 70000 A.*at z = 0.*--last-aa 71400"):
        Engine.load(_survey(5e4, 7e4))


def test_galex_leaves_the_spectrum_where_the_sky_is_not_yet_opaque():
    wave, trans = sedpy_curve("galex_FUV")
    band = Band("fuv", wave, trans)
    with pytest.raises(GridError) as caught:
        Engine.load(Survey("g", "g", (band,), "fuv"), z_max=8.0)
    said = str(caught.value)
    leaves = band.range_aa[0] / load_grid().wave_edges_aa[0] - 1
    assert f"above z = {leaves:.2f} part of the band has no spectrum" in said
    # each remedy works
    first = float(said.split("--first-aa ")[1].split("`", maxsplit=1)[0])
    edges = np.array([first, 66_000.0])
    assert not band_problems((band,), edges, 8.0, igm="inoue2014")
    lower = float(said.split("Lower z_max to ")[1].split(",", maxsplit=1)[0])
    assert not band_problems((band,), load_grid().wave_edges_aa, lower, igm="inoue2014")


def test_beyond_the_opaque_sky_nothing_is_missed():
    """The u band leaves the spectrum near z = 9; with the IGM there is no light there."""
    survey = load_survey("cosmos2020").subset(["u_clauds"])
    edges = load_grid().wave_edges_aa
    assert transmission(np.array([edges[0]]), 8.8)[0] < 1e-4
    assert not band_problems(survey.bands, edges, 20.0, igm="inoue2014")
    (problem,) = band_problems(survey.bands, edges, 20.0, igm=None)
    assert "u_clauds begins at 2860 A" in problem
    with pytest.raises(GridError, match="u_clauds"):
        Engine.load(survey, z_max=20.0, switches=Switches(igm=False))


@pytest.mark.parametrize("model", IGM_MODELS)
def test_the_transmission_at_a_fixed_observed_wavelength_only_falls_with_redshift(model):
    """What lets the blue end be asked once, at the redshift where it leaves the spectrum."""
    z = np.linspace(1.0, 15.0, 141)
    for observed in (900.0, 1300.0, 1800.0, 2900.0):
        seen = [transmission(np.array([observed / (1 + x)]), x, model)[0] for x in z]
        seen = np.array(seen)[observed / (1 + z) < 911.0]
        assert (np.diff(seen) <= 1e-3).all()


def test_a_curve_in_nanometres_is_told():
    with pytest.raises(RecipeError, match=r"368\.8 angstrom.*multiply nanometres by 10"):
        Engine.load(_survey(250.0, 500.0))


def test_a_band_bluer_than_the_grid_is_told():
    bands = load_survey("cosmos2020").subset(["u_cfht"]).bands
    short = load_grid().wave_edges_aa[1300:]
    (problem,) = band_problems(bands, short, 8.0, igm="inoue2014")
    assert re.search(r"begins at \d+ A.*at any redshift.*check the unit", problem)


@pytest.mark.parametrize("z_max", [0.0, -1.0, float("nan"), 25.0])
def test_z_max_is_a_redshift(z_max):
    with pytest.raises(GridError, match="z_max is"):
        Engine.load("sdss-2mass", z_max=z_max)
