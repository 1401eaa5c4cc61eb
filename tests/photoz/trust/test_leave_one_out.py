"""Leave one out against dense conditional Gaussians in double precision."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from photoz.trust.leave_one_out import AMPLITUDE_WIDTH, Shapes, _deviate, leave_one_out

N, N_BAND, K, Q = 7, 5, 3, 2
run = jax.jit(leave_one_out, static_argnums=1)


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    rng = np.random.default_rng(1)
    share = np.array([0.5, 0.3, 0.2])
    parts = (
        rng.uniform(0.5, 2.0, N_BAND),
        np.log(share),
        rng.uniform(0.2, 0.6, (K, N_BAND)),
        0.1 * rng.normal(size=(K, N_BAND, Q)),
        rng.uniform(0.02, 0.05, (K, N_BAND)) ** 2,
    )
    return Shapes(*(jnp.asarray(a, jnp.float32) for a in parts))


@pytest.fixture(scope="module")
def photometry():
    rng = np.random.default_rng(2)
    err = rng.uniform(0.2, 0.8, (N, N_BAND))
    flux = rng.uniform(1.0, 8.0, (N, 1)) * rng.uniform(0.3, 0.6, (N, N_BAND)) + err * rng.normal(
        size=(N, N_BAND)
    )
    flux[0] *= -0.3  # a galaxy that is all noise
    flux[1, 2] += 20.0 * err[1, 2]
    used = np.ones((N, N_BAND), bool)
    used[3, 1] = used[4, 0] = used[4, 4] = False
    return flux, err, used


def dense(shapes: Shapes, flux, err, used) -> np.ndarray:
    """Deviates of one galaxy with full matrices, band by band."""
    unit, log_share, mean, factor, own = (np.asarray(a, np.float64) for a in shapes)
    here = np.flatnonzero(used)
    d, noise = (flux / unit)[here], ((err / unit) ** 2)[here]
    covariances = []
    for k in range(len(mean)):
        m, f = mean[k, here], factor[k, here]
        power = np.sum(m**2 / noise)
        amplitude = max(np.sum(m * d / noise) / power, power**-0.5)
        signal = AMPLITUDE_WIDTH**2 * np.outer(m, m) + f @ f.T + np.diag(own[k, here])
        covariances.append(amplitude**2 * signal + np.diag(noise))
    result = np.zeros(len(unit))
    for j, band in enumerate(here):
        rest = np.arange(len(here)) != j
        log_weight, means, widths = [], [], []
        for k, c in enumerate(covariances):
            others = c[np.ix_(rest, rest)]
            gain = np.linalg.solve(others, c[rest, j])
            means.append(gain @ d[rest])
            widths.append(np.sqrt(c[j, j] - gain @ c[rest, j]))
            evidence = stats.multivariate_normal(np.zeros(rest.sum()), others).logpdf(d[rest])
            log_weight.append(log_share[k] + evidence)
        weight = np.exp(np.array(log_weight) - np.logaddexp.reduce(log_weight))
        z = (d[j] - np.array(means)) / np.array(widths)
        below, above = weight @ stats.norm.cdf(z), weight @ stats.norm.sf(z)
        result[band] = stats.norm.isf(above) if above < below else -stats.norm.isf(below)
    return result


def test_deviates_are_those_of_dense_conditional_gaussians(shapes, photometry):
    found = np.asarray(run(shapes, K, *photometry))
    for row in range(N):
        expected = dense(shapes, *(a[row] for a in photometry))
        np.testing.assert_allclose(found[row], expected, rtol=2e-3, atol=2e-3)


def test_the_order_of_bands_does_not_matter(shapes, photometry):
    order = np.array([3, 0, 4, 1, 2])
    moved = Shapes(
        shapes.unit_ujy[order],
        shapes.log_share,
        shapes.mean[:, order],
        shapes.factor[:, order],
        shapes.own[:, order],
    )
    expected = np.asarray(run(shapes, K, *photometry))[:, order]
    found = run(moved, K, *(a[:, order] for a in photometry))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_a_missing_band_is_as_if_the_survey_never_had_it(shapes, photometry):
    flux, err, used = (a.copy() for a in photometry)
    used[:, 2], flux[:, 2], err[:, 2] = False, np.nan, np.nan
    kept = np.array([0, 1, 3, 4])
    fewer = Shapes(
        shapes.unit_ujy[kept],
        shapes.log_share,
        shapes.mean[:, kept],
        shapes.factor[:, kept],
        shapes.own[:, kept],
    )
    found = np.asarray(run(shapes, K, flux, err, used))
    expected = run(fewer, K, flux[:, kept], err[:, kept], used[:, kept])
    np.testing.assert_allclose(found[:, kept], expected, rtol=1e-3, atol=1e-3)
    assert np.all(found[:, 2] == 0.0)


def test_leaving_out_gaussians_that_explain_nothing_changes_nothing(shapes, photometry):
    far = shapes._replace(
        log_share=jnp.append(shapes.log_share, -2000.0),
        mean=jnp.concatenate([shapes.mean, shapes.mean[:1]]),
        factor=jnp.concatenate([shapes.factor, shapes.factor[:1]]),
        own=jnp.concatenate([shapes.own, shapes.own[:1]]),
    )
    kept = partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-3)
    kept(run(far, K, *photometry), run(shapes, K, *photometry))


def test_the_deviate_of_a_tail_is_scipys_far_into_it():
    z = np.array([0.0, 0.5, 3.0, 5.2, 5.4, 8.0, 20.0, 100.0])
    log_tail = stats.norm.logsf(z).astype(np.float32)
    np.testing.assert_allclose(_deviate(jnp.asarray(log_tail)), z, rtol=2e-3, atol=1e-3)
