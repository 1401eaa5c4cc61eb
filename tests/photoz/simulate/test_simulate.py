"""Simulated catalogues: reproducible rows, exact resume, selection, weights."""

import numpy as np
import pytest
from scipy import stats

from photoz.errors import CatalogueError, InputError, RecipeError
from photoz.simulate import catalogue as module
from photoz.simulate import load_recipe, read_simulation, recipe_from_dict, recipe_to_dict, simulate
from photoz.simulate.massfunction import leja2020, mass_table


@pytest.fixture(scope="module")
def recipe():
    return load_recipe("sdss-2mass")


@pytest.fixture(scope="module", autouse=True)
def small_parts():
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "PART_BATCHES", 16)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def simulation(recipe, tmp_path_factory):
    path = tmp_path_factory.mktemp("sim") / "a.parquet"
    simulate(recipe, 1500, 5, path)
    return read_simulation(path)


def test_rows_do_not_depend_on_the_chunk_or_the_total(recipe, simulation, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PART_BATCHES", 8)
    again = read_simulation(simulate(recipe, 700, 5, tmp_path / "b.parquet"))
    assert np.array_equal(again.z, simulation.z[:700])
    np.testing.assert_allclose(again.flux_ujy, simulation.flux_ujy[:700], rtol=2e-6)


def test_another_seed_gives_other_galaxies(recipe, simulation, tmp_path):
    other = read_simulation(simulate(recipe, 200, 6, tmp_path / "c.parquet"))
    assert not np.isin(other.z, simulation.z).any()


def test_an_interrupted_run_resumes_to_the_same_rows(recipe, simulation, tmp_path):
    out = tmp_path / "d.parquet"
    with pytest.raises(InputError, match="continues from there"):
        simulate(recipe, 1500, 5, out, should_stop=lambda: True)
    assert not out.exists()
    assert np.array_equal(
        read_simulation(simulate(recipe, 1500, 5, out)).flux_ujy, simulation.flux_ujy
    )
    assert [p.name for p in tmp_path.iterdir()] == ["d.parquet"]


def test_every_galaxy_passes_the_selection(recipe, simulation):
    r = simulation.flux_ujy[:, simulation.bands.index("sdss_r")]
    assert (23.9 - 2.5 * np.log10(r) <= recipe.selection["sdss_r"] + 1e-4).all()
    assert np.unique(simulation.batch, return_counts=True)[1].max() <= 64
    for b in np.unique(simulation.batch)[:5]:
        assert np.unique(simulation.z[simulation.batch == b]).size == 1


def test_provenance_names_recipe_and_seed(recipe, simulation):
    assert simulation.provenance["seed"] == 5
    assert recipe_from_dict(simulation.provenance["recipe"], "stored") == recipe
    assert simulation.provenance["z_max"] == recipe.z_max


def test_selection_on_an_unknown_band_is_refused(recipe, tmp_path):
    table = recipe_to_dict(recipe) | {"selection": {"hsc_q": 20.0}}
    with pytest.raises(RecipeError, match="hsc_q is not in survey"):
        simulate(recipe_from_dict(table, "r"), 10, 0, tmp_path / "x.parquet")
    assert not (tmp_path / "x.parquet").exists()


def test_wrong_files_are_refused(tmp_path):
    with pytest.raises(CatalogueError, match="does not exist"):
        read_simulation(tmp_path / "none.parquet")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1abc")
    with pytest.raises(CatalogueError, match="not a readable Parquet"):
        read_simulation(tmp_path / "cut.parquet")


def test_mass_draws_follow_the_tilted_mass_function():
    inverse, tilted, plain = mass_table(np.array([1.0]), np.array([9.0]), 12.0, 0.4, 129)
    u = np.random.default_rng(0).uniform(size=4000)
    drawn = np.interp(u, np.linspace(0, 1, 129), inverse[0])
    fine = np.linspace(9.0, 12.0, 4000)
    density = leja2020(fine, 1.0) * 10 ** (0.4 * (fine - 10))
    cdf = np.cumsum(density) / density.sum()
    assert stats.kstest(drawn, lambda x: np.interp(x, fine, cdf)).pvalue > 1e-3
    assert tilted[0] == pytest.approx(np.trapezoid(density, fine), rel=1e-3)
    assert plain[0] == pytest.approx(np.trapezoid(leja2020(fine, 1.0), fine), rel=1e-3)


def test_mass_function_at_its_anchor():
    # both Schechter terms at M = M*: ln 10 exp(-1) (phi1 + phi2), Leja et al. 2020 at z = 1.6
    expected = np.log(10) * np.exp(-1) * (10**-3.08 + 10**-3.29)
    assert leja2020(np.array([10.88]), 1.6)[0] == pytest.approx(expected, rel=1e-6)
