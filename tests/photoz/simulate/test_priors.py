"""Priors of the recipe are the distributions they say they are."""

import jax
import numpy as np
import pytest
from scipy import stats

from photoz.simulate.priors import prior_from_table
from photoz.simulate.recipe import load_recipe, recipe_from_dict, recipe_to_dict
from photoz.simulate.shapes import draw_shapes

N = 20_000


@pytest.mark.parametrize(
    ("table", "exact"),
    [
        ({"uniform": [-2.0, 1.0]}, stats.uniform(-2, 3)),
        ({"log_uniform": [0.01, 5.0]}, stats.loguniform(0.01, 5.0)),
        ({"normal": [0.3, 0.5]}, stats.norm(0.3, 0.5)),
        ({"normal": [0.3, 0.5], "cut": [0.0, 2.0]}, stats.truncnorm(-0.6, 3.4, 0.3, 0.5)),
    ],
)
def test_draws_follow_the_distribution(table, exact):
    prior = prior_from_table(table, "here")
    draws = np.asarray(prior.draw(jax.random.key(1), N), float)
    assert stats.kstest(draws, exact.cdf).pvalue > 1e-3
    assert prior.range[0] <= draws.min()
    assert draws.max() <= prior.range[1]
    assert prior_from_table(prior.to_table(), "copy") == prior


def test_a_fixed_value_is_fixed():
    assert (
        np.asarray(prior_from_table({"fixed": 0.7}, "x").draw(jax.random.key(0), 5))
        == np.float32(0.7)
    ).all()


def test_user_bounds_reach_the_galaxies():
    table = recipe_to_dict(load_recipe("cosmos2020"))
    table["dust"] |= {"tau_birth_cloud": {"uniform": [0.5, 0.6]}, "dust_index": {"fixed": -0.2}}
    table["metals"] = {
        "star": {"uniform": [-1.0, -0.9]},
        "gas": {"normal": [0.0, 0.1], "cut": [-0.2, 0.2]},
    }
    recipe = recipe_from_dict(table, "mine.toml")
    draw = draw_shapes(jax.random.key(0), recipe, np.linspace(8, 11.5, 500))
    assert 0.5 <= float(draw.tau_birth_cloud.min()) <= float(draw.tau_birth_cloud.max()) <= 0.6
    assert np.ptp(np.asarray(draw.dust_index)) == 0
    assert -1.0 <= float(draw.log_z_star.min()) <= float(draw.log_z_star.max()) <= -0.9
    assert np.abs(np.asarray(draw.log_z_gas)).max() <= 0.2


def test_shares_of_the_families():
    table = recipe_to_dict(load_recipe("cosmos2020"))
    table["sfh"] |= {"continuity": 0.5, "delayed": 0.2, "provabgs": 0.3}
    recipe = recipe_from_dict(table, "mine.toml")
    family = np.asarray(draw_shapes(jax.random.key(0), recipe, np.full(N, 10.0)).family)
    shares = [float((family == code).mean()) for code in (0, 1, 2)]
    np.testing.assert_allclose(shares, [0.5, 0.2, 0.3], atol=0.015)
