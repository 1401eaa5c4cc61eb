"""Held-out scores equal those computed by scipy and numpy from the same densities."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from photoz.metrics import ks_distance
from photoz.models import MDN, Flow
from photoz.train.heldout import LOG_FLOOR, score_features

Z_MAX = 2.0
N = 40


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(3)
    x = jnp.asarray(rng.standard_normal((N, 6)), jnp.float32)
    z = rng.uniform(0.0, Z_MAX, N).astype(np.float32)
    z[:2] = 0.0, 0.505  # on the edge of the support, and on a point of the grid
    mdn = MDN(jax.random.key(1), 6, Z_MAX, n_component=4, width=16, depth=1)
    return mdn, x, z


def mixtures(mdn, x):
    """The mixtures as scipy sees them, every component truncated: (density, cdf) of a galaxy."""
    log_w, mean, log_s = (np.asarray(a, float) for a in mdn.conditional(x))
    for w, m, s in zip(np.exp(log_w), mean, np.exp(log_s), strict=True):
        parts = stats.truncnorm(-m / s, (Z_MAX - m) / s, m, s)

        def density(z, w=w, parts=parts):
            return w @ parts.pdf(z)

        def cdf(z, w=w, parts=parts):
            return w @ parts.cdf(z)

        yield density, cdf


def test_the_scores_are_those_of_scipy(case):
    mdn, x, z = case
    found = score_features(mdn, x, z)
    log_p, pit, crps = [], [], []
    for (density, cdf), at in zip(mixtures(mdn, x), z.astype(float), strict=True):
        log_p.append(np.log(density(at)))
        pit.append(cdf(at))
        below = integrate.quad(lambda t, F=cdf: F(t) ** 2, 0.0, at)[0]
        crps.append(below + integrate.quad(lambda t, F=cdf: (1 - F(t)) ** 2, at, Z_MAX)[0])
    assert found.n == N
    assert found.log_score == pytest.approx(np.mean(np.maximum(log_p, LOG_FLOOR)), abs=2e-5)
    assert found.crps == pytest.approx(np.mean(crps), rel=2e-4)
    np.testing.assert_allclose(found.pit, pit, atol=2e-6)
    assert found.pit_ks == pytest.approx(stats.kstest(pit, "uniform").statistic, abs=1e-5)


def test_the_log_score_has_a_floor(case):
    mdn, x, _ = case
    bias = np.array(mdn.head.bias)
    bias[8:] = -20.0  # every component as narrow as can be: all galaxies lie far outside
    narrow = eqx.tree_at(lambda m: m.head.bias, mdn, jnp.asarray(bias))
    z = np.full(N, 1.97, np.float32)
    assert float(narrow.log_prob(narrow.conditional(x), jnp.asarray(z)).max()) < -100.0
    assert score_features(narrow, x, z).log_score == pytest.approx(np.log(0.001), abs=1e-9)


def test_crps_of_some_is_that_of_the_first(case):
    mdn, x, z = case
    some = score_features(mdn, x, z, n_crps=10)
    first = score_features(mdn, x[:10], z[:10])
    # whole chunks are scored: one chunk holds all 40
    assert some.crps == score_features(mdn, x, z).crps
    assert first.crps != some.crps
    assert some.log_score == score_features(mdn, x, z).log_score


def test_flow_scores_agree_with_its_own_density():
    flow = Flow(jax.random.key(2), 6, Z_MAX, n_bin=6, n_spline=2, width=16, depth=1)
    rng = np.random.default_rng(4)
    x = jnp.asarray(rng.standard_normal((5, 6)), jnp.float32)
    z = rng.uniform(0.1, 1.9, 5).astype(np.float32)
    found = score_features(flow, x, z)
    grid = np.linspace(0.0, Z_MAX, 8001, dtype=np.float32)
    conditional = flow.conditional(x)
    p = np.exp(np.asarray(flow.log_prob(conditional, jnp.asarray(grid)[None, :]), float))
    cdf = integrate.cumulative_trapezoid(p, grid.astype(float), axis=1, initial=0.0)
    np.testing.assert_allclose(cdf[:, -1], 1.0, atol=1e-3)
    step = grid[None, :] >= z[:, None]
    crps = integrate.trapezoid((cdf - step) ** 2, grid.astype(float), axis=1)
    assert found.crps == pytest.approx(crps.mean(), rel=2e-3)


@pytest.mark.parametrize("n", [1, 2, 37, 400])
def test_ks_distance_is_that_of_scipy(n):
    u = np.random.default_rng(n).beta(1.3, 1.0, n)
    assert ks_distance(u) == pytest.approx(stats.kstest(u, "uniform").statistic, abs=1e-12)
