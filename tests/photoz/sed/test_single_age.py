"""The three bins that stand for a burst in a grid."""

import jax.numpy as jnp
import numpy as np

from photoz.sed.grid import default_age_edges_gyr
from photoz.sed.sfh import single_age

EDGES = default_age_edges_gyr()
CENTRE = 0.5 * (EDGES[1:] + EDGES[:-1])


def _mass(age):
    return np.asarray(single_age(jnp.asarray(age, jnp.float32), jnp.asarray(EDGES)), float)


def test_a_quadratic_in_age_has_its_value_at_the_burst():
    age = np.array([0.0101, 0.02, 0.055, 0.7, 3.0, 13.9])
    mass = _mass(age)
    a, b, c = 0.3, -0.2, 0.05
    integral = a * EDGES + b * EDGES**2 / 2 + c * EDGES**3 / 3
    average = np.diff(integral) / np.diff(EDGES)
    np.testing.assert_allclose(mass @ average, a + b * age + c * age**2, rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(mass.sum(axis=1), 1.0, rtol=1e-5)
    assert (mass[:, :8] == 0).all()


def test_at_the_middle_of_a_bin_little_is_taken_from_its_neighbours():
    mass = _mass(CENTRE[9:-1])
    assert (mass[np.arange(len(mass)), np.arange(9, CENTRE.size - 1)] > 1.0).all()
    assert mass.min() > -0.08
