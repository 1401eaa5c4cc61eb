"""The three bins that stand for a burst in a grid."""

import numpy as np

from photoz.sed.fsps_check import thin_bin
from photoz.sed.grid import default_age_edges_gyr


def test_a_quadratic_in_age_has_its_value_at_the_burst():
    edges = default_age_edges_gyr()
    age = np.array([0.0101, 0.02, 0.055, 0.7, 3.0, 13.9])
    mass = thin_bin(edges, age, first=8)
    a, b, c = 0.3, -0.2, 0.05
    integral = a * edges + b * edges**2 / 2 + c * edges**3 / 3
    average = np.diff(integral) / np.diff(edges)
    np.testing.assert_allclose(mass @ average, a + b * age + c * age**2, rtol=1e-9)
    np.testing.assert_allclose(mass.sum(axis=1), 1.0, rtol=1e-12)
    assert (mass[:, :8] == 0).all()


def test_at_the_middle_of_a_bin_little_is_taken_from_its_neighbours():
    edges = default_age_edges_gyr()
    centre = 0.5 * (edges[1:] + edges[:-1])
    mass = thin_bin(edges, centre[9:-1], first=8)
    assert (mass[np.arange(mass.shape[0]), np.arange(9, centre.size - 1)] > 1.0).all()
    assert mass.min() > -0.08
