"""Truncated mixtures against scipy's truncated normals, inside, across and beyond the support."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from photoz.models import MDNParams, TruncatedMixture

Z_MAX = 6.0
MIXTURE = TruncatedMixture(Z_MAX)
cdf, log_prob, quantile = (jax.jit(f) for f in (MIXTURE.cdf, MIXTURE.log_prob, MIXTURE.quantile))
# (weights, means, widths): ordinary, hanging over zero, over z_max, narrow beside very wide
CASES = (
    ([0.5, 0.3, 0.2], [0.8, 2.5, 4.0], [0.05, 0.3, 0.6]),
    ([0.6, 0.3, 0.1], [-0.2, 0.02, 1.0], [0.2, 0.05, 0.5]),
    ([0.2, 0.5, 0.3], [5.98, 6.2, 3.0], [0.3, 0.15, 0.2]),
    ([0.9, 0.09, 0.01], [1.0, 3.0, 3.0], [5e-4, 20.0, 0.01]),
)


def params() -> MDNParams:
    w, mu, s = (np.array([c[k] for c in CASES]) for k in range(3))
    return MDNParams(*(jnp.asarray(a, jnp.float32) for a in (np.log(w), mu, np.log(s))))


def scipy_parts(case: int) -> list[tuple[float, stats.rv_continuous]]:
    weights, means, widths = CASES[case]
    return [
        (w, stats.truncnorm((0.0 - m) / s, (Z_MAX - m) / s, loc=m, scale=s))
        for w, m, s in zip(weights, means, widths, strict=True)
    ]


def truth(method: str, case: int, z: np.ndarray) -> np.ndarray:
    return sum(w * getattr(part, method)(z) for w, part in scipy_parts(case))


def grids_with_peaks() -> np.ndarray:
    """Redshifts (case, m) that resolve every component."""
    rows = []
    for _, means, widths in CASES:
        near = [m + s * np.linspace(-6, 6, 241) for m, s in zip(means, widths, strict=True)]
        z = np.concatenate([np.linspace(0.0, Z_MAX, 20001), *near])
        rows.append(np.sort(np.clip(z, 0.0, Z_MAX)))
    return np.array(rows, np.float32)


def test_density_is_that_of_scipys_truncated_normals():
    z = grids_with_peaks()
    density = np.exp(np.asarray(log_prob(params(), z)))
    for case in range(len(CASES)):
        # float32 redshifts are off by 1e-4 of the narrowest width
        want = truth("pdf", case, z[case])
        np.testing.assert_allclose(density[case], want, rtol=2e-3, atol=1e-6)
        # also where components hang over the ends
        assert np.trapezoid(density[case], z[case]) == pytest.approx(1.0, abs=1e-3)


def test_cdf_is_that_of_scipys_truncated_normals():
    z = grids_with_peaks()
    got = np.asarray(cdf(params(), z))
    for case in range(len(CASES)):
        want = truth("cdf", case, z[case])
        np.testing.assert_allclose(got[case], want, atol=1e-4 if case == 3 else 2e-6)
    # terms near one are summed in float32: a step back may be a few of its roundings, 1.2e-7 each
    assert (np.diff(got, axis=1) >= -5e-7).all()


def test_density_is_the_derivative_of_the_cdf():
    z = jnp.broadcast_to(jnp.linspace(0.02, 5.9, 57), (len(CASES), 57))
    slope = jax.jit(jax.grad(lambda v: MIXTURE.cdf(params(), v).sum()))(z)
    density = jnp.exp(log_prob(params(), z))
    # the fourth case has jumps that float32 differences cannot follow
    np.testing.assert_allclose(slope[:3], density[:3], rtol=2e-4, atol=1e-5)


def test_nothing_outside_the_support():
    p = params()
    outside = jnp.array([[-1.0, -1e-4, Z_MAX + 1e-3, 50.0]])
    assert np.isneginf(np.asarray(log_prob(p, outside))).all()
    np.testing.assert_array_equal(cdf(p, outside), [[0.0, 0.0, 1.0, 1.0]] * len(CASES))
    gradient = jax.jit(jax.grad(lambda q: MIXTURE.cdf(q, outside).sum()))(p)
    assert all(np.isfinite(np.asarray(g)).all() for g in gradient)


def test_one_redshift_a_galaxy_and_a_shared_grid_agree():
    p = params()
    z = jnp.array([0.3, 0.1, 5.9, 1.0])
    np.testing.assert_allclose(cdf(p, z), np.diag(cdf(p, z[None, :])), atol=2e-7)
    np.testing.assert_allclose(log_prob(p, z), np.diag(log_prob(p, z[None, :])), rtol=1e-5)


def test_quantile_inverts_the_cdf():
    q = np.array([0.001, 0.05, 0.16, 0.5, 0.84, 0.95, 0.999])
    z = np.asarray(quantile(params(), jnp.asarray(q, jnp.float32)[None]))
    for case in range(len(CASES)):
        slope = truth("pdf", case, z[case])
        # in z where the CDF climbs, in probability where it is flat
        error = np.abs(truth("cdf", case, z[case]) - q) / np.maximum(slope, 1.0)
        assert error.max() < 1e-5, case


def test_samples_follow_the_mixture():
    p = params()
    draw = jax.jit(MIXTURE.sample, static_argnums=2)
    samples = np.asarray(draw(p, jax.random.key(3), 4000))
    assert samples.min() >= 0.0
    assert samples.max() <= Z_MAX
    for case in range(len(CASES)):
        result = stats.kstest(samples[case], lambda z, c=case: truth("cdf", c, z))
        assert result.pvalue > 1e-3, case


@settings(max_examples=40, deadline=None)
@given(
    means=st.lists(st.floats(-0.5, 6.5), min_size=2, max_size=2),
    widths=st.lists(st.floats(0.2, 8.0), min_size=2, max_size=2),
    weight=st.floats(0.01, 0.99),
    q=st.floats(0.01, 0.99),
)
def test_quantile_of_any_mixture(means, widths, weight, q):
    p = MDNParams(
        jnp.log(jnp.array([[weight, 1.0 - weight]], jnp.float32)),
        jnp.array([means], jnp.float32),
        jnp.log(jnp.array([widths], jnp.float32)),
    )
    z = quantile(p, jnp.array([q], jnp.float32))
    assert float(cdf(p, z)[0]) == pytest.approx(q, abs=1e-5)
