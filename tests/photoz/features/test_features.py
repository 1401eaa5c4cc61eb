"""What the network sees: standardised, whitened, differentiable, blind to what was not observed."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.errors import ModelError
from photoz.features import FeatureSpec, features, fit_features

BANDS = ("g", "r", "i", "z")
N_BAND = len(BANDS)
N_GAL = 4000
run = eqx.filter_jit(features)


@pytest.fixture(scope="module")
def sample():
    """Galaxies of nearly one colour in four bands; the last band often missing or a limit."""
    rng = np.random.default_rng(3)
    brightness = rng.normal(0.0, 1.5, (N_GAL, 1))
    true = np.exp(brightness + 0.1 * rng.normal(size=(N_GAL, N_BAND)))
    err = 0.05 * np.exp(0.3 * rng.normal(size=true.shape))
    flux = true + err * rng.normal(size=true.shape)
    state = np.zeros(true.shape, np.int32)
    state[::5, 3] = 2
    state[1::5, 3] = 1
    limit = np.where(state == 1, 3 * err, np.nan)
    flux = np.where(state == 0, flux, np.nan)
    err = np.where(state == 0, err, np.nan)
    return flux, err, limit, state


@pytest.fixture(scope="module")
def spec(sample):
    return fit_features(BANDS, *sample)


@pytest.fixture(scope="module")
def table(spec, sample):
    return np.asarray(run(spec, *sample))


def blocks(table):
    """Split features into asinh, whitened, ln err, limit flag, missing flag."""
    return np.split(table, 5, axis=1)


def test_shape_and_type(spec, table):
    assert spec.n_feature == 5 * N_BAND
    assert table.shape == (N_GAL, spec.n_feature)
    assert table.dtype == np.float32


def test_nan_never_leaks(table):
    assert np.isfinite(table).all()


def test_measured_values_are_standardised(table, sample):
    asinh, _, log_err, _, _ = blocks(table)
    measured = sample[3] == 0
    for b in range(N_BAND):
        assert abs(asinh[measured[:, b], b].mean()) < 0.02
        assert abs(asinh[measured[:, b], b].std() - 1) < 0.05
        assert abs(log_err[measured[:, b], b].mean()) < 0.02
        assert abs(log_err[measured[:, b], b].std() - 1) < 0.05


def test_whitened_fluxes_are_uncorrelated_with_unit_scatter(table, sample):
    whitened = blocks(table)[1][(sample[3] == 0).all(axis=1)]
    covariance = whitened.T @ whitened / len(whitened)
    # the soft bound takes a few per cent off the scatter
    assert np.allclose(np.diag(covariance), 1.0, atol=0.15)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 0.1


def test_missing_band_contributes_zero(table, sample):
    asinh, _, log_err, limit, missing = blocks(table)
    gone = sample[3] == 2
    assert (asinh[gone] == 0).all()
    assert (log_err[gone] == 0).all()
    assert (limit[gone] == 0).all()
    assert (missing == gone).all()


@pytest.mark.parametrize("junk", [np.nan, -99.0, 1e30, np.inf])
def test_what_is_written_in_a_missing_band_does_not_matter(spec, sample, table, junk):
    flux, err, limit, state = sample
    gone = state == 2
    again = run(
        spec,
        np.where(gone, junk, flux),
        np.where(gone, junk, err),
        np.where(gone, junk, limit),
        state,
    )
    assert (np.asarray(again) == table).all()


def test_limit_contributes_the_asinh_of_the_limit(spec, sample, table):
    _, _, limit, state = sample
    asinh, _, log_err, flag, _ = blocks(table)
    is_limit = state[:, 3] == 1
    expected = (
        np.arcsinh(limit[is_limit, 3] / float(spec.softening_ujy[3])) - float(spec.asinh_mean[3])
    ) / float(spec.asinh_std[3])
    expected = expected / np.sqrt(1 + (expected / 10) ** 2)
    assert np.allclose(asinh[is_limit, 3], expected, atol=1e-4)
    assert (log_err[is_limit, 3] == 0).all()
    assert (flag == (state == 1)).all()


def test_a_missing_band_does_not_throw_the_colours_far_off(spec, sample):
    flux, err, limit, state = (a[(sample[3] == 0).all(axis=1)] for a in sample)
    gone = state.copy()
    gone[:, 1] = 2
    full = blocks(np.asarray(run(spec, flux, err, limit, state)))[1]
    less = blocks(np.asarray(run(spec, flux, err, limit, gone)))[1]
    # brightness stays, every other axis stays in its usual range
    assert np.abs(less - full)[:, 0].std() < 0.3
    assert (less.std(axis=0) < 1.6).all()


def test_negative_zero_and_positive_flux_differ(spec, sample):
    _, err, limit, state = (a[2:5] for a in sample)
    flux = np.array([[-0.1] * N_BAND, [0.0] * N_BAND, [0.1] * N_BAND])
    asinh = blocks(np.asarray(features(spec, flux, np.full((3, N_BAND), 0.05), limit, 0 * state)))[
        0
    ]
    assert (np.diff(asinh, axis=0) > 0).all()
    assert np.isfinite(err[state == 0]).all()


def test_gradients_finite_at_zero_and_negative_flux_and_beside_nan(spec):
    flux = jnp.array([[0.0, -1.0, jnp.nan, jnp.nan]])
    err = jnp.array([[0.1, 0.1, jnp.nan, jnp.nan]])
    limit = jnp.array([[jnp.nan, jnp.nan, 0.3, jnp.nan]])
    state = jnp.array([[0, 0, 1, 2]])

    def total(flux, err, limit):
        return jnp.sum(features(spec, flux, err, limit, state) ** 2)

    d_flux, d_err, d_limit = jax.grad(total, argnums=(0, 1, 2))(flux, err, limit)
    for gradient in (d_flux, d_err, d_limit):
        assert np.isfinite(np.asarray(gradient)).all()
    assert (np.asarray(d_flux)[0, :2] != 0).all()
    assert (np.asarray(d_flux)[0, 2:] == 0).all()
    assert np.asarray(d_limit)[0, 2] != 0
    assert (np.asarray(d_err)[0, :2] != 0).all()


def test_gradient_agrees_with_a_difference(spec):
    state = jnp.zeros((1, N_BAND), jnp.int32)
    err = jnp.full((1, N_BAND), 0.05)

    def first(x):
        flux = jnp.full((1, N_BAND), 0.8).at[0, 1].set(x)
        return features(spec, flux, err, err, state)[0, 1]

    slope = (first(0.8 + 1e-2) - first(0.8 - 1e-2)) / 2e-2
    assert float(jax.grad(first)(0.8)) == pytest.approx(float(slope), rel=1e-2)


def test_an_odd_galaxy_stays_within_the_bound(spec):
    flux = jnp.array([[1e6, -1e6, 1e6, -1e6]])
    table = features(spec, flux, jnp.full((1, 4), 1e-6), flux, jnp.zeros((1, 4), jnp.int32))
    assert float(jnp.abs(table).max()) <= 10.0


def test_constants_survive_the_file(spec, sample, table):
    again = FeatureSpec.from_arrays(BANDS, spec.to_arrays())
    assert (np.asarray(run(again, *sample)) == table).all()


def test_a_band_that_is_never_observed_is_harmless(sample):
    flux, err, limit, state = sample
    state = state.copy()
    state[:, 0] = 2
    spec = fit_features(BANDS, flux, err, limit, state)
    table = np.asarray(run(spec, flux, err, limit, state))
    assert np.isfinite(table).all()
    assert (table[:, 0] == 0).all()


def test_damaged_constants_are_refused(spec):
    arrays = spec.to_arrays()
    with pytest.raises(ModelError, match="lack whitening"):
        FeatureSpec.from_arrays(BANDS, {k: v for k, v in arrays.items() if k != "whitening"})
    with pytest.raises(ModelError, match="shape"):
        FeatureSpec.from_arrays(BANDS[:3], arrays)
    with pytest.raises(ModelError, match="not finite"):
        FeatureSpec.from_arrays(BANDS, {**arrays, "asinh_std": np.full(4, np.nan)})
