"""What a recipe draws, against the definitions of what people read off it."""

import numpy as np
import pytest
from scipy import stats

from photoz.simulate.prior import PER_BATCH, PriorSample, sample_prior, weighted_quantiles
from photoz.simulate.recipe import load_recipe, recipe_from_dict, recipe_to_dict


@pytest.fixture(scope="module")
def sample():
    return sample_prior(load_recipe("sdss-2mass"), 3000, seed=4)


def test_every_quantity_has_a_value_for_every_galaxy(sample):
    assert sample.n >= 3000
    assert sample.colours.shape == (sample.n, len(sample.bands) - 1)
    for name in ("z", "log_mass", "log_ssfr", "age_gyr", "log_z_star", "tau_v"):
        assert sample.values[name].shape == (sample.n,)
        assert np.isfinite(sample.values[name]).all()


def test_values_lie_where_the_recipe_allows(sample):
    recipe = load_recipe("sdss-2mass")
    assert sample.values["z"].min() >= recipe.z_min
    assert sample.values["z"].max() <= recipe.z_max
    assert sample.values["log_mass"].max() <= recipe.population.log_mass_max + 0.05
    assert sample.values["age_gyr"].min() > 0
    assert sample.values["age_gyr"].max() < 13.8
    # a galaxy that formed all its stars in 100 Myr has the largest possible rate, over survivors
    assert sample.values["log_ssfr"].max() < -8 + 0.3


def test_redshifts_are_not_clumped_by_batches(sample):
    _, counts = np.unique(sample.values["z"], return_counts=True)
    assert counts.max() <= PER_BATCH


def test_the_prior_given_a_magnitude_is_a_density(sample):
    edges_z = np.linspace(0, load_recipe("sdss-2mass").z_max, 60)
    density = sample.redshift_given_magnitude(np.array([14.0, 16.5, 17.5]), edges_z)
    np.testing.assert_allclose((density * np.diff(edges_z)).sum(axis=1), 1.0, rtol=1e-6)
    assert np.isnan(sample.redshift_given_magnitude(np.array([2.0, 3.0]), edges_z)).all()


def test_fainter_galaxies_are_farther(sample):
    """At equal mass: redshift grows with magnitude as the distance does."""
    heavy = np.abs(sample.values["log_mass"] - 10.7) < 0.1
    faint, z = sample.values["magnitude"][heavy], sample.values["z"][heavy]
    found = stats.spearmanr(faint, z)  # the magnitude limit cuts the trend short
    assert found.statistic > 0.1
    assert found.pvalue < 1e-6


def test_weighted_quantiles_agree_with_repetition():
    rng = np.random.default_rng(0)
    values, repeats = rng.normal(size=4000), rng.integers(1, 5, 4000)
    exact = np.quantile(np.repeat(values, repeats), [0.16, 0.5, 0.84])
    np.testing.assert_allclose(weighted_quantiles(values, repeats.astype(float)), exact, atol=0.01)


def test_a_selection_that_nothing_passes_is_a_sentence():
    table = recipe_to_dict(load_recipe("sdss-2mass"))
    table["selection"] = {"sdss_r": 2.0}
    table["population"] |= {"log_mass_max": 9.0}
    from photoz.errors import InputError

    with pytest.raises(InputError, match="Raise the limits or the masses"):
        sample_prior(recipe_from_dict(table, "mine.toml"), 10)


def test_equal_weights_are_all_effective():
    one = np.ones(50)
    flat = PriorSample(
        load_recipe("sdss-2mass"), ("a", "b"), "a", {"z": one}, one[:, None], one, 0.5
    )
    assert flat.effective_n == pytest.approx(50)
