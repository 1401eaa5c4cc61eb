"""The fitted mixture against what the points were drawn from."""

import numpy as np
from scipy import stats

from photoz.trust.mixture import Mixture, fit_mixture, log_densities

MEAN = np.array([[0.6, 0.2, 0.3], [0.1, 0.7, 0.5]])
FACTOR = np.array([[[0.05, 0.0, 0.0], [0.03, 0.02, 0.0], [0.0, 0.01, 0.04]]] * 2)
COVARIANCE = FACTOR @ FACTOR.transpose(0, 2, 1)
SHARE = np.array([0.3, 0.7])


def test_two_gaussians_are_found_again():
    rng = np.random.default_rng(1)
    family = rng.choice(2, 8_000, p=SHARE)
    points = MEAN[family] + np.einsum("nij,nj->ni", FACTOR[family], rng.normal(size=(8_000, 3)))
    found = fit_mixture(points, np.ones(8_000), 2, np.zeros_like(points), seed=3)
    order = np.argsort(found.share)
    np.testing.assert_allclose(found.share[order], SHARE, atol=0.02)
    np.testing.assert_allclose(found.mean[order], MEAN, atol=0.003)
    np.testing.assert_allclose(found.covariance[order], COVARIANCE, atol=2e-4)


def test_densities_are_scipys():
    points = np.random.default_rng(2).uniform(0.0, 0.8, (20, 3))
    found = log_densities(Mixture(SHARE, MEAN, COVARIANCE), points.astype(np.float32))
    for k in range(2):
        expected = np.log(SHARE[k]) + stats.multivariate_normal(MEAN[k], COVARIANCE[k]).logpdf(
            points
        )
        np.testing.assert_allclose(found[:, k], expected, rtol=1e-3)


def test_points_on_a_curve_leave_their_own_variance_and_no_error():
    t = np.linspace(0.0, 1.0, 4_000)
    points = np.stack([0.5 + 0.2 * t, 0.6 - 0.3 * t, 0.7 + 0.1 * t], axis=1)
    found = fit_mixture(points, np.ones(4_000), 10, np.full_like(points, 1e-9), seed=4)
    smallest = np.linalg.eigvalsh(found.covariance)[:, 0]
    np.testing.assert_allclose(smallest, 1e-9, rtol=1e-2)
