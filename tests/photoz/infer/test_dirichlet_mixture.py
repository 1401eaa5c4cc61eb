"""Shares of a population: the sampler against quadrature, the maximum against scipy."""

import numpy as np
import pytest
from scipy import integrate, optimize

from photoz.infer.dirichlet_mixture import effective_draws, maximum_likelihood, sample_shares

rng = np.random.default_rng(8)
TWO = rng.uniform(0.05, 1.0, (12, 2)) * np.array([1.0, 0.5])
THREE = rng.dirichlet(np.ones(3), 200) ** 1.5


def test_draws_of_two_shares_follow_the_exact_posterior():
    concentration = np.array([1.5, 0.7])

    def density(f):
        prior = f ** (concentration[0] - 1) * (1 - f) ** (concentration[1] - 1)
        return prior * np.prod(TWO[:, 0] * f + TWO[:, 1] * (1 - f))

    def up_to(x, power=0):
        return integrate.quad(lambda f: f**power * density(f), 0.0, x, limit=200)[0]

    whole = up_to(1.0)
    draws = sample_shares(TWO, np.array([0.5, 0.5]), concentration, 100, 6_000, seed=1)[:, 0]
    error = draws.std() / np.sqrt(effective_draws(draws[:, None]))
    assert abs(draws.mean() - up_to(1.0, 1) / whole) < 4.0 * error
    for level in (0.025, 0.16, 0.5, 0.84, 0.975):
        assert up_to(np.quantile(draws, level)) / whole == pytest.approx(level, abs=0.025)


def test_the_maximum_is_that_of_an_optimiser():
    def loss(x):
        shares = np.exp(np.append(x, 0.0))
        return -np.log(THREE @ (shares / shares.sum())).sum()

    best = optimize.minimize(loss, np.zeros(2), tol=1e-12)
    shares = np.exp(np.append(best.x, 0.0))
    found = maximum_likelihood(THREE, n_step=5000)
    np.testing.assert_allclose(found, shares / shares.sum(), atol=2e-4)
    assert found.sum() == pytest.approx(1.0)


def test_members_that_are_known_leave_a_dirichlet():
    """Likelihoods of 0 and 1: the posterior is Dirichlet(concentration + counts)."""
    part = np.repeat([0, 1, 2], [5, 20, 75])
    draws = sample_shares(np.eye(3)[part], np.full(3, 1 / 3), np.ones(3), 10, 3_000, seed=2)
    alpha = np.array([6.0, 21.0, 76.0])
    mean = alpha / alpha.sum()
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=4e-3)
    sigma = np.sqrt(mean * (1 - mean) / (alpha.sum() + 1))
    np.testing.assert_allclose(draws.std(axis=0), sigma, rtol=0.08)
    assert effective_draws(draws) == pytest.approx(3_000, rel=0.3)


def test_effective_draws_of_an_autoregression_are_known():
    phi, n = 0.9, 50_000
    steps = np.random.default_rng(3).normal(size=n)
    x = np.empty(n)
    x[0] = steps[0]
    for i in range(1, n):
        x[i] = phi * x[i - 1] + steps[i]
    assert effective_draws(x[:, None]) == pytest.approx(n * (1 - phi) / (1 + phi), rel=0.2)
