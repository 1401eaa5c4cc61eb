"""The snippets of docs/sed.md run as printed, and give what its text says."""

import re
from pathlib import Path

import numpy as np
import pytest

from photoz.simulate.recipe import load_recipe, recipe_from_dict, recipe_to_dict

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sed.md"


def _blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def names():
    made: dict = {}
    for block in _blocks("python"):
        exec(compile(block, str(PAGE), "exec"), made)
    return made


def test_the_snippets_run_and_agree(names):
    flux, spectrum, best = (np.asarray(names["flux_ujy"]), names["spectrum"], names["best"])
    assert flux.shape == (1, 28)
    assert (flux > 0).all()
    assert (
        spectrum.total <= spectrum.stellar + spectrum.nebular + spectrum.dust_emission + 1
    ).all()
    # a fit to noiseless fluxes of the model itself with errors of 5 %
    assert best.chi2[0] < 28
    assert best.parameters.log_mass[0] == pytest.approx(10.5, abs=0.3)


def test_more_dust_dims_the_blue_more_than_the_red(names):
    slope = np.asarray(names["slope"](names["galaxy"].tau_diffuse))[0, :, 0]
    relative = slope / np.asarray(names["flux_ujy"])[0]
    bands = names["engine"].survey.band_names
    assert relative[bands.index("hsc_g")] < relative[bands.index("vista_Ks")] < 0


def test_stronger_oxygen_lines_brighten_only_the_bands_that_hold_them(names):
    brighter, bands = np.asarray(names["brighter"])[0], names["engine"].survey.band_names
    assert brighter[bands.index("ib827")] > 1.005  # H beta is at 8264 A, [O III] at 8512 A
    assert brighter[bands.index("hsc_g")] == pytest.approx(1.0, abs=1e-5)


def test_a_sightline_with_more_gas_leaves_the_optical_bands_alone_at_low_redshift(names):
    np.testing.assert_allclose(names["behind_gas"], 1.0, rtol=1e-6)


def test_one_number_a_band_undoes_the_milky_way(names):
    flux = np.asarray(names["flux_ujy"])
    assert (names["reddened"] < flux).all()
    np.testing.assert_allclose(names["corrected"], flux, rtol=0.01)


def test_a_nucleus_brightens_every_band_and_is_a_part_of_the_spectrum(names):
    assert (names["with_nucleus"] > 1.0).all()
    part, wave = names["nucleus"], names["spectrum"].wave_aa
    assert (part[wave > 912.0] > 0).all()
    assert (part[wave < 911.0] < 1e-6 * part.max()).all()


def test_the_lines_of_a_recipe_are_accepted():
    import tomllib

    (lines,) = _blocks("toml")
    table = recipe_to_dict(load_recipe("cosmos2020"))
    for section, entries in tomllib.loads(lines).items():
        table[section] = table.get(section, {}) | entries
    recipe = recipe_from_dict(table, "mine.toml")
    assert recipe.dust.law == "calzetti"
    assert recipe.igm.model == "madau1995"
    assert recipe.nebular.line_scatter == 0.2
    assert recipe.igm.scatter == 0.3
    assert recipe.milky_way.ebv.range == (0.0, 0.2)
    assert recipe.agn.share == 0.1
    assert recipe.agn.log_l_per_mass.range == (-1.0, 1.0)


def test_every_figure_of_the_page_is_drawn_by_code(tmp_path):
    from docs.sed_figures import FIGURES, draw

    paths = draw(tmp_path)
    shown = re.findall(r"\(pictures/(sed-[a-z]+\.png)\)", PAGE.read_text(encoding="utf-8"))
    assert (
        sorted(path.name for path in paths) == sorted(shown) == sorted(f"{n}.png" for n in FIGURES)
    )
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert all(path.stat().st_size > 20_000 for path in paths)
