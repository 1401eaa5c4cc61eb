"""The linear pool against scipy's own mixture of its members, and what a pool promises."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from photoz.models import (
    FlowParams,
    LinearPool,
    MDNParams,
    PoolParams,
    SplineDensity,
    TruncatedMixture,
    spline,
)

Z_MAX = 6.0
POOL, MDN, FLOW = LinearPool(Z_MAX), TruncatedMixture(Z_MAX), SplineDensity(Z_MAX)
N_BIN = 8
WEIGHTS = (0.5, 0.2, 1.0, 0.0, 0.7)
MEANS, WIDTHS = (0.8, 2.5, 5.9, 0.02, 3.0), (0.05, 0.4, 0.3, 0.2, 1.0)
cdf, log_prob, quantile = (jax.jit(f) for f in (POOL.cdf, POOL.log_prob, POOL.quantile))
_knots = jax.jit(spline.knots, static_argnums=1)
_mdn_quantile, _flow_quantile = jax.jit(MDN.quantile), jax.jit(FLOW.quantile)
_mdn_log_prob, _flow_log_prob = jax.jit(MDN.log_prob), jax.jit(FLOW.log_prob)


def gaussians(means=MEANS, widths=WIDTHS) -> MDNParams:
    one = lambda values: jnp.asarray(values, jnp.float32)[:, None]  # noqa: E731
    return MDNParams(one(np.zeros(len(means))), one(means), one(np.log(widths)))


def flows(n=5, seed=1) -> FlowParams:
    raw = 0.7 * jax.random.normal(jax.random.key(seed), (n, 2, 3 * N_BIN + 1))
    return FlowParams(*_knots(raw, N_BIN))


def pools() -> PoolParams:
    return PoolParams(jnp.asarray(WEIGHTS, jnp.float32), gaussians(), flows())


def truncated(case):
    mean, width = MEANS[case], WIDTHS[case]
    return stats.truncnorm(-mean / width, (Z_MAX - mean) / width, loc=mean, scale=width)


def averages(of_flow, case, method, z):
    """The pool by hand: scipy's Gaussian, the flow's own value, the weights in double precision."""
    return WEIGHTS[case] * getattr(truncated(case), method)(z) + (1 - WEIGHTS[case]) * of_flow


def test_density_and_cdf_are_the_weighted_means_of_the_two():
    z = np.linspace(0.0, Z_MAX, 1201, dtype=np.float32)
    density, below = np.exp(log_prob(pools(), z[None])), np.asarray(cdf(pools(), z[None]))
    of_flow = np.exp(FLOW.log_prob(flows(), z[None])), np.asarray(FLOW.cdf(flows(), z[None]))
    for case in range(len(WEIGHTS)):
        want = averages(of_flow[0][case], case, "pdf", z)
        np.testing.assert_allclose(density[case], want, rtol=1e-3, atol=1e-5)
        want = averages(of_flow[1][case], case, "cdf", z)
        np.testing.assert_allclose(below[case], want, atol=2e-6)


def test_it_integrates_to_one():
    z = np.linspace(0.0, Z_MAX, 40_001, dtype=np.float32)
    density = np.exp(np.asarray(log_prob(pools(), z[None])))
    np.testing.assert_allclose(np.trapezoid(density, z, axis=1), 1.0, atol=1e-3)
    np.testing.assert_array_equal(cdf(pools(), jnp.array([[0.0, Z_MAX]])), [[0.0, 1.0]] * 5)


def test_density_is_the_derivative_of_the_cdf():
    z = jnp.broadcast_to(jnp.linspace(0.02, 5.9, 57), (len(WEIGHTS), 57))
    slope = jax.jit(jax.grad(lambda v: POOL.cdf(pools(), v).sum()))(z)
    np.testing.assert_allclose(slope, jnp.exp(log_prob(pools(), z)), rtol=5e-4, atol=1e-5)


def test_nothing_outside_the_support_and_finite_gradients_there():
    outside = jnp.array([[-1.0, -1e-4, Z_MAX + 1e-3, 50.0]])
    assert np.isneginf(np.asarray(log_prob(pools(), outside))).all()
    np.testing.assert_array_equal(cdf(pools(), outside), [[0.0, 0.0, 1.0, 1.0]] * 5)
    gradient = jax.jit(jax.grad(lambda p: POOL.cdf(p, outside).sum()))(pools())
    assert all(np.isfinite(np.asarray(g)).all() for g in jax.tree.leaves(gradient))


def test_a_weight_of_one_or_none_is_one_member_alone():
    z = jnp.linspace(0.1, 5.9, 40)[None]
    np.testing.assert_allclose(log_prob(pools(), z)[2], MDN.log_prob(gaussians(), z)[2], rtol=1e-5)
    np.testing.assert_allclose(log_prob(pools(), z)[3], FLOW.log_prob(flows(), z)[3], rtol=1e-5)


def test_one_redshift_a_galaxy_and_a_shared_grid_agree():
    z = jnp.array([0.3, 2.0, 5.9, 0.1, 1.0])
    for method in (cdf, log_prob):
        np.testing.assert_allclose(
            method(pools(), z), np.diag(method(pools(), z[None])), rtol=1e-5, atol=2e-7
        )
    q = jnp.full(5, 0.3)
    np.testing.assert_array_equal(quantile(pools(), q), quantile(pools(), q[None, :1])[:, 0])


def test_quantile_inverts_the_cdf():
    q = np.array([0.001, 0.05, 0.16, 0.5, 0.84, 0.95, 0.999], np.float32)
    z = quantile(pools(), jnp.asarray(q)[None])
    error = np.abs(np.asarray(cdf(pools(), z)) - q)
    # in z where the CDF climbs, in probability where it is flat
    assert (error / np.maximum(np.exp(log_prob(pools(), z)), 1.0)).max() < 2e-6


def test_samples_follow_the_pool():
    samples = np.asarray(jax.jit(POOL.sample, static_argnums=2)(pools(), jax.random.key(3), 4000))
    assert samples.min() >= 0.0
    assert samples.max() <= Z_MAX
    for case in range(len(WEIGHTS)):
        one = jax.tree.map(lambda a, k=case: a[k : k + 1], flows())
        flow_cdf = jax.jit(lambda z, p=one: FLOW.cdf(p, z[None])[0])
        result = stats.kstest(
            samples[case], lambda z, c=case, f=flow_cdf: averages(np.asarray(f(z)), c, "cdf", z)
        )
        assert result.pvalue > 1e-3, case


_AT = st.floats(0.01, 0.99)


@settings(max_examples=40, deadline=None)
@given(mean=st.floats(0.0, 6.0), width=st.floats(0.01, 3.0), seed=st.integers(0, 99), w=_AT, q=_AT)
def test_the_quantile_lies_between_those_of_the_two_and_inverts(mean, width, seed, w, q):
    mdn, flow = gaussians([mean], [width]), flows(1, seed)
    params = PoolParams(jnp.array([w], jnp.float32), mdn, flow)
    at = jnp.array([q], jnp.float32)
    z = float(quantile(params, at)[0])
    ends = float(_mdn_quantile(mdn, at)[0]), float(_flow_quantile(flow, at)[0])
    assert min(ends) <= z <= max(ends)
    density = float(jnp.exp(log_prob(params, jnp.array([z]))[0]))
    assert float(cdf(params, jnp.array([z]))[0]) == pytest.approx(q, abs=2e-6 * max(density, 1.0))


@settings(max_examples=40, deadline=None)
@given(
    mean=st.floats(0.0, 6.0),
    width=st.floats(0.01, 3.0),
    seed=st.integers(0, 99),
    w=_AT,
    z=st.floats(0.0, Z_MAX, width=32),
)
def test_the_log_score_is_at_least_the_mean_of_the_two(mean, width, seed, w, z):
    mdn, flow = gaussians([mean], [width]), flows(1, seed)
    at, weight = jnp.array([z], jnp.float32), np.float32(w)
    scores = float(_mdn_log_prob(mdn, at)[0]), float(_flow_log_prob(flow, at)[0])
    found = float(log_prob(PoolParams(jnp.array([weight]), mdn, flow), at)[0])
    mean_score = weight * scores[0] + (1 - weight) * scores[1]
    assert found >= mean_score - 1e-5 * max(1.0, abs(mean_score))
    if w == pytest.approx(0.5):
        assert found >= max(scores) - np.log(2.0) - 1e-5
