"""Rational-quadratic splines against flowjax, autodiff and their own inverse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from photoz.models import FlowParams, SplineDensity, spline

N_BIN, Z_MAX = 8, 6.0
DENSITY = SplineDensity(Z_MAX)
forward, inverse = jax.jit(spline.forward), jax.jit(spline.inverse)
forward_and_log_slope = jax.jit(spline.forward_and_log_slope)
cdf, log_prob, quantile = (jax.jit(f) for f in (DENSITY.cdf, DENSITY.log_prob, DENSITY.quantile))
knots = jax.jit(spline.knots, static_argnums=1)


def random_spline(seed: int, scale: float = 1.0, n: int = 4, n_bin: int = N_BIN) -> spline.Spline:
    raw = scale * jax.random.normal(jax.random.key(seed), (n, 3 * n_bin + 1))
    return knots(raw, n_bin)


def random_flow(seed: int, scale: float = 1.0, n: int = 4) -> FlowParams:
    raw = scale * jax.random.normal(jax.random.key(seed), (n, 2, 3 * N_BIN + 1))
    return FlowParams(*knots(raw, N_BIN))


def numpy_durkan(s: spline.Spline, row: int, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equations 4 and 5 of Durkan et al. 2019 in float64, knots as they are."""
    x, y = (np.asarray(a[row], np.float64) for a in (s.x, s.y))
    d = np.exp(np.asarray(s.log_slope[row], np.float64))
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    w, h = x[k + 1] - x[k], y[k + 1] - y[k]
    s_k, xi = h / w, (at - x[k]) / w
    denominator = s_k + (d[k + 1] + d[k] - 2 * s_k) * xi * (1 - xi)
    value = y[k] + h * (s_k * xi**2 + d[k] * xi * (1 - xi)) / denominator
    above = s_k**2 * (d[k + 1] * xi**2 + 2 * s_k * xi * (1 - xi) + d[k] * (1 - xi) ** 2)
    return value, above / denominator**2


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_values_and_slopes_are_those_of_durkan_et_al(scale):
    s = random_spline(1, scale)
    at = np.linspace(0.0, 1.0, 401).astype(np.float32)
    column = spline.Spline(*(a[:, None] for a in s))
    value, log_slope = forward_and_log_slope(column, jnp.asarray(at)[None])
    for row in range(4):
        want, slope = numpy_durkan(s, row, at.astype(np.float64))
        np.testing.assert_allclose(value[row], want, atol=2e-5)
        # within a float32 of a knot two bins are possible
        off = np.abs(np.log(slope) - np.asarray(log_slope[row]))
        assert np.quantile(off, 0.98) < 2e-3
        assert np.median(off) < 1e-4


def test_values_and_log_slopes_are_those_of_flowjax():
    flowjax = pytest.importorskip("flowjax.bijections", reason="flowjax is not installed")
    s = random_spline(2)
    theirs = flowjax.RationalQuadraticSpline(knots=N_BIN, interval=(0.0, 1.0))
    for row in range(4):
        theirs = eqx_replace(theirs, s, row)
        for at in (0.03, 0.21, 0.5, 0.77, 0.98):
            x = jnp.float32(at)
            one = spline.Spline(*(a[row] for a in s))
            value, log_slope = forward_and_log_slope(one, x)
            want, want_log = theirs.transform_and_log_det(x)
            assert float(value) == pytest.approx(float(want), abs=2e-6)
            assert float(log_slope) == pytest.approx(float(want_log), abs=2e-4)


def eqx_replace(theirs, s: spline.Spline, row: int):
    import equinox as eqx

    where = lambda m: (m.x_pos, m.y_pos, m.derivatives)  # noqa: E731
    new = (s.x[row], s.y[row], jnp.exp(s.log_slope[row]))
    return eqx.tree_at(where, theirs, new)


def test_zeros_give_the_identity():
    s = knots(jnp.zeros((1, 3 * N_BIN + 1)), N_BIN)
    at = jnp.linspace(0.0, 1.0, 101)[None]
    value, log_slope = forward_and_log_slope(spline.Spline(*(a[:, None] for a in s)), at)
    np.testing.assert_allclose(value, at, atol=1e-6)
    np.testing.assert_allclose(log_slope, 0.0, atol=2e-5)


def test_slopes_are_free_over_six_decades():
    raw = jnp.zeros((2, 3 * N_BIN + 1)).at[0, 2 * N_BIN + 3].set(60.0)
    raw = raw.at[1, 2 * N_BIN + 3].set(-60.0)
    slopes = np.exp(np.asarray(knots(raw, N_BIN).log_slope[:, 3]))
    np.testing.assert_allclose(slopes, [1e3, 1e-3], rtol=1e-3)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 4.0), u=st.floats(0.001, 0.999))
def test_inverse_of_any_spline(seed, scale, u):
    s = random_spline(seed, scale, n=1)
    x = inverse(s, jnp.array([u], jnp.float32))
    back, log_slope = forward_and_log_slope(s, x)
    # to 1e-5 in x or in y, whichever the slope favours
    error = abs(float(back[0]) - np.float32(u)) / max(1.0, float(np.exp(log_slope[0])))
    assert error < 1e-5
    assert (np.diff(np.asarray(s.x)) > 0).all()
    assert (np.diff(np.asarray(s.y)) > 0).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 3.0))
def test_any_spline_increases_and_keeps_its_ends(seed, scale):
    s = random_spline(seed, scale, n=1)
    at = jnp.linspace(0.0, 1.0, 2001)[None]
    y = np.asarray(forward(spline.Spline(*(a[:, None] for a in s)), at))[0]
    assert (np.diff(y) >= -2e-7).all()
    assert y[0] == pytest.approx(0.0, abs=1e-7)
    assert y[-1] == pytest.approx(1.0, abs=1e-6)


def test_log_density_is_that_of_autodiff_of_the_cdf():
    p = random_flow(4)
    z = jnp.linspace(0.013, 5.97, 83)
    points = jnp.broadcast_to(z, (4, 83))
    slope = jax.jit(jax.grad(lambda v: DENSITY.cdf(p, v).sum()))(points)
    np.testing.assert_allclose(np.log(slope), log_prob(p, points), atol=2e-3)


def test_density_integrates_to_its_cdf():
    p = random_flow(5)
    z = np.expm1(np.linspace(0.0, np.log1p(Z_MAX), 40001))
    density = np.exp(np.asarray(log_prob(p, jnp.asarray(z, jnp.float32)[None]), np.float64))
    steps = 0.5 * (density[:, 1:] + density[:, :-1]) * np.diff(z)
    integral = np.cumsum(steps, axis=1)
    np.testing.assert_allclose(integral[:, -1], 1.0, atol=1e-3)
    want = np.asarray(cdf(p, jnp.asarray(z[1:], jnp.float32)[None]))
    np.testing.assert_allclose(integral, want, atol=2e-3)  # slopes of 1e3 in float32 z


def test_quantile_inverts_and_samples_follow():
    p = random_flow(6)
    q = jnp.linspace(0.01, 0.99, 99)[None]
    z = quantile(p, q)
    back = np.asarray(cdf(p, z))
    slope = np.exp(np.asarray(log_prob(p, z)))
    assert (np.abs(back - np.asarray(q)) / np.maximum(slope, 1.0)).max() < 1e-5
    draw = jax.jit(DENSITY.sample, static_argnums=2)
    samples = np.asarray(draw(p, jax.random.key(1), 3000))
    for row in range(4):
        one = FlowParams(*(a[row : row + 1] for a in p))
        u = np.asarray(cdf(one, jnp.asarray(samples[row])[None]))[0]
        assert stats.kstest(u, "uniform").pvalue > 1e-3


def test_nothing_outside_the_support():
    p = random_flow(7)
    outside = jnp.array([[-0.5, -1e-4, Z_MAX + 1e-3, 60.0]])
    assert np.isneginf(np.asarray(log_prob(p, outside))).all()
    np.testing.assert_array_equal(cdf(p, outside), [[0.0, 0.0, 1.0, 1.0]] * 4)
