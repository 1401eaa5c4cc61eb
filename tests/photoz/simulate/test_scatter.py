"""What a recipe switches on is drawn as it says, stored, and leaves all else as it was."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.simulate import before_milky_way, read_simulation, recipe_from_dict, simulate
from photoz.simulate import catalogue as module
from photoz.simulate.recipe import load_recipe, recipe_to_dict
from photoz.simulate.shapes import Draw, draw_shapes

AGN = ("log_l_disc", "disc_slope", "disc_tau", "torus_ratio")
# the section, its entries, the leaves drawn, the columns stored
SWITCHES = {
    "agn": ({"agn": {"share": 0.3}}, AGN, list(AGN)),
    "lines": (
        {"nebular": {"line_scatter": 0.2}},
        ("log_line",),
        [f"log_line_{i}" for i in (1, 2, 3, 4)],
    ),
    "milky-way": ({"milky_way": {"ebv": {"uniform": [0.0, 0.2]}}}, ("ebv_mw",), ["ebv_mw"]),
    "sightlines": ({"igm": {"scatter": 0.3}}, ("log_igm",), ["log_igm"]),
}


def _recipe(change, name="sdss-2mass"):
    table = recipe_to_dict(load_recipe(name))
    for section, entries in change.items():
        table[section] = table.get(section, {}) | entries
    return recipe_from_dict(table, "mine")


@pytest.fixture(scope="module", autouse=True)
def small_parts():
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "PART_BATCHES", 16)
    yield
    patch.undo()


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_changes_nothing_else_that_is_drawn(switch):
    change, leaves, _ = SWITCHES[switch]
    mass = jnp.linspace(8.0, 12.0, 50)
    plain = draw_shapes(jax.random.key(3), _recipe({}), mass)
    drawn = draw_shapes(jax.random.key(3), _recipe(change), mass)
    for name in Draw._fields:
        if name in leaves:
            assert getattr(plain, name) is None
            assert getattr(drawn, name) is not None
        else:
            np.testing.assert_array_equal(getattr(drawn, name), getattr(plain, name))


def test_lines_scatter_by_group_with_the_width_asked():
    change, _, _ = SWITCHES["lines"]
    log_line = np.asarray(
        draw_shapes(jax.random.key(1), _recipe(change), jnp.full(20_000, 10.0)).log_line
    )
    np.testing.assert_allclose(log_line.std(axis=0), 0.2, rtol=0.03)
    assert np.abs(log_line).max() <= 0.6
    assert np.abs(np.corrcoef(log_line.T) - np.eye(4)).max() < 0.03
    without = _recipe({"nebular": {"line_scatter": 0.2, "on": False}})
    assert draw_shapes(jax.random.key(1), without, jnp.full(5, 10.0)).log_line is None


def test_sightlines_scatter_about_the_mean_depth():
    change, _, _ = SWITCHES["sightlines"]
    log_igm = draw_shapes(jax.random.key(1), _recipe(change), jnp.full(20_000, 10.0)).log_igm
    assert float(jnp.std(log_igm)) == pytest.approx(0.3, rel=0.03)
    assert float(jnp.median(log_igm)) == pytest.approx(0.0, abs=0.01)
    without = _recipe({"igm": {"scatter": 0.3, "on": False}})
    assert draw_shapes(jax.random.key(1), without, jnp.full(5, 10.0)).log_igm is None


def test_a_share_of_galaxies_has_a_nucleus_in_step_with_its_mass():
    change, _, _ = SWITCHES["agn"]
    mass = jnp.linspace(8.0, 12.0, 20_000)
    draw = draw_shapes(jax.random.key(1), _recipe(change), mass)
    over_mass = np.asarray(draw.log_l_disc - mass)
    active = over_mass > -50.0
    assert active.mean() == pytest.approx(0.3, abs=0.01)
    assert np.abs(over_mass[active]).max() <= 1.5 + 1e-5
    assert over_mass[active].std() == pytest.approx(3.0 / np.sqrt(12.0), rel=0.02)
    assert float(jnp.mean(draw.disc_slope)) == pytest.approx(-0.44, abs=0.01)
    assert float(jnp.median(draw.torus_ratio)) == pytest.approx(10**-0.5, rel=0.03)
    assert 0.0 <= float(draw.disc_tau.min()) < float(draw.disc_tau.max()) <= 1.0


@pytest.mark.parametrize("switch", SWITCHES)
def test_what_was_drawn_is_stored(switch, tmp_path):
    change, _, columns = SWITCHES[switch]
    drawn = read_simulation(simulate(_recipe(change), 300, 5, tmp_path / "a.parquet"))
    plain = read_simulation(simulate(_recipe({}), 300, 5, tmp_path / "b.parquet"))
    assert set(drawn.params) - set(plain.params) == set(columns)
    for column in columns:
        assert np.isfinite(drawn.params[column]).all()


def test_a_simulation_through_the_milky_way_is_corrected_and_its_mock_says_how_red(tmp_path):
    from photoz.assets import asset_path
    from photoz.catalogue import read_catalogue
    from photoz.noise import load_noise
    from photoz.noise.mock_file import write_mock

    change, _, _ = SWITCHES["milky-way"]
    path = simulate(_recipe(change), 300, 5, tmp_path / "a.parquet")
    seen = read_simulation(path)
    corrected = before_milky_way(seen)
    factor = corrected.flux_ujy / seen.flux_ujy
    expected = 0.4 * np.outer(seen.params["ebv_mw"], seen.provenance["mw_coefficient"])
    np.testing.assert_allclose(np.log10(factor), expected, rtol=1e-3, atol=1e-6)
    assert len(seen.provenance["mw_coefficient"]) == len(seen.bands)

    noise = load_noise(asset_path("noise", "sdss-2mass.json"))
    write_mock(path, noise, 1, tmp_path / "mock.parquet")
    mock = read_catalogue(tmp_path / "mock.parquet")
    np.testing.assert_allclose(mock.ebv_mw, seen.params["ebv_mw"], rtol=1e-6)


def test_a_simulation_without_the_milky_way_is_left_as_it_is(tmp_path):
    plain = read_simulation(simulate(_recipe({}), 50, 5, tmp_path / "a.parquet"))
    assert before_milky_way(plain) is plain
