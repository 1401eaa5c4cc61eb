"""What the shipped recipes draw is never refused; what a grid does not cover always is."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.assets import assets_dir
from photoz.errors import GridError, InputError, RecipeError
from photoz.sed import Engine, Switches, load_grid, load_survey
from photoz.sed.grid import save_grid
from photoz.sed.projection import age_gyr
from photoz.simulate.catalogue import simulate
from photoz.simulate.check_priors import check_priors
from photoz.simulate.recipe import load_recipe, recipe_from_dict
from photoz.simulate.sampler import Sampler
from photoz.simulate.shapes import draw_shapes, sed_parameters

SHIPPED = sorted(path.stem for path in (assets_dir() / "recipes").glob("*.toml"))
N_Z, N_EACH = 24, 256
GOOD = {"name": "x", "survey": "sdss-2mass", "z_max": 0.5, "selection": {"sdss_r": 18.0}}


@pytest.mark.parametrize("name", SHIPPED)
def test_galaxies_of_a_shipped_recipe_pass_the_engines_check(name):
    recipe = load_recipe(name)
    # any band will do: the check is of the parameters
    engine = Engine.load(
        load_survey("cosmos2020").subset(["hsc_i"]),
        z_max=recipe.z_max,
        switches=Switches(recipe.nebular.on, recipe.dust.emission, recipe.igm.on),
    )
    check_priors(recipe, engine.grid)
    z = np.geomspace(recipe.z_min, recipe.z_max, N_Z).astype(np.float32)

    @jax.jit
    def drawn(key, redshift):
        mass = jnp.linspace(7.0, 12.0, N_EACH)
        age = age_gyr(engine.tables.redshift, redshift)
        return sed_parameters(draw_shapes(key, recipe, mass), engine.tables.grid, age, recipe)

    for i, redshift in enumerate(z):
        galaxies = drawn(jax.random.key(i), redshift)
        flux = engine.photometry(galaxies, redshift)
        assert np.isfinite(flux).all()


def test_priors_beyond_the_grid_are_named():
    grid = load_grid()
    narrow = replace(grid, log_z=np.linspace(-1.0, 0.2, grid.log_z.size))
    recipe = recipe_from_dict(GOOD, "mine")
    with pytest.raises(RecipeError, match=r"metals\.star is drawn from -2 to 0\.4.*-1 to 0\.2"):
        check_priors(recipe, narrow)
    metals = {"star": {"uniform": [-1.0, 0.2]}, "gas": {"uniform": [-1.0, 0.2]}}
    check_priors(recipe_from_dict(GOOD | {"metals": metals}, "mine"), narrow)
    few_u = replace(grid, log_u=grid.log_u[2:])
    with pytest.raises(RecipeError, match=r"nebular\.log_u is drawn from -4 to -1"):
        check_priors(recipe, few_u)
    check_priors(recipe_from_dict(GOOD | {"nebular": {"on": False}}, "mine"), few_u)


def test_a_recipe_that_cannot_be_drawn_from_leaves_nothing(tmp_path):
    grid = load_grid()
    save_grid(replace(grid, log_z=np.linspace(-1.0, 0.2, 7)), tmp_path / "narrow.npz")
    (tmp_path / "out").mkdir()
    for change, error in (
        ({"grid": str(tmp_path / "narrow.npz")}, RecipeError),
        ({"grid": str(tmp_path / "none.npz")}, GridError),
        ({"selection": {"hsc_i": 25.0}}, RecipeError),
    ):
        with pytest.raises(error):
            simulate(recipe_from_dict(GOOD | change, "mine"), 10, 0, tmp_path / "out" / "s.parquet")
        assert not list((tmp_path / "out").iterdir())


def test_a_selection_that_nothing_passes_ends_in_a_sentence(tmp_path, monkeypatch):
    from photoz.simulate import catalogue

    recipe = recipe_from_dict(GOOD, "mine")
    sampler = Sampler.load(recipe)
    nothing = jnp.full_like(sampler.proposal.limit_ujy, jnp.inf)
    blind = replace(sampler, proposal=sampler.proposal._replace(limit_ujy=nothing))
    monkeypatch.setattr(catalogue, "PART_BATCHES", 4)
    with pytest.raises(InputError, match=r"None of the first 1,536 galaxies.*\[selection\]"):
        simulate(recipe, 10, 0, tmp_path / "s.parquet", sampler=blind)
    assert not list(tmp_path.iterdir())
