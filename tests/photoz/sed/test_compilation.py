"""A new survey of the same size runs the code that was compiled for the first."""

import jax.numpy as jnp

from photoz.sed import Engine, load_survey
from photoz.sed.engine import group_photometry
from tests.photoz.sed.test_engine import _galaxies


def test_no_recompilation_for_a_survey_of_the_same_size():
    survey = load_survey("cosmos2020")
    z = jnp.asarray([0.1, 0.6, 1.1])
    first = Engine.load(survey.subset(survey.band_names[:6]), z_max=1.5)
    galaxies = _galaxies(first, z)
    one = first.photometry(galaxies, z)
    compiled = group_photometry._cache_size()
    second = Engine.load(survey.subset(survey.band_names[6:12]), z_max=1.5)
    other = second.photometry(galaxies, z)
    assert group_photometry._cache_size() == compiled
    assert not jnp.allclose(one, other)
    third = Engine.load(survey.subset(survey.band_names[:7]), z_max=1.5)
    assert third.photometry(galaxies, z).shape == (3, 7)
    assert group_photometry._cache_size() == compiled + 1
