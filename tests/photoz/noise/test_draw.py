"""What is drawn has the statistics that the model states."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from photoz.errors import InputError
from photoz.noise import draw_noise, mock_catalogue, noise_scale, template_error
from photoz.noise.files import noise_from_dict, noise_to_dict
from photoz.noise.template import TEMPLATE_FRACTION, TEMPLATE_WAVE_AA
from tests.photoz.noise.making import BANDS, CORRELATION, known_model, true_fluxes

N = 100_000


def drawn(model, flux, z, key=0, depth_jitter=0.0):
    arrays = model.arrays(depth_jitter=depth_jitter)
    out = jax.jit(draw_noise)(arrays, jax.random.key(key), jnp.asarray(flux), jnp.asarray(z))
    return [np.asarray(a, float) for a in out]


def constant(flux_ujy, n=N):
    return np.full((n, 3), flux_ujy, np.float32), np.zeros(n, np.float32)


@pytest.mark.parametrize("flux_ujy", [-0.5, 0.0, 1.0, 300.0])
def test_errors_are_log_normal_about_the_curve_and_correlated(flux_ujy):
    model = known_model()
    err = drawn(model, *constant(flux_ujy))[1]
    f = max(flux_ujy, 0.0)
    curve = np.sqrt(model.sigma0_ujy**2 + model.photon_ujy * f + (model.fraction * f) ** 2)
    np.testing.assert_allclose(np.median(err, axis=0), curve, rtol=0.005)
    np.testing.assert_allclose(model.sigma_ujy(np.full(3, flux_ujy)), curve, rtol=1e-12)
    np.testing.assert_allclose(np.log(err).std(axis=0), model.scatter, rtol=0.02)
    np.testing.assert_allclose(np.corrcoef(np.log(err).T), CORRELATION, atol=0.015)


def test_flux_strays_by_a_student_t_of_the_drawn_error():
    model = known_model(student_nu=8.0)
    flux, z = constant(2.0)
    observed, err, _, state = drawn(model, flux, z)
    assert (state == 0).all()
    pull = ((observed - flux) / err).ravel()
    assert pull.mean() == pytest.approx(0.0, abs=0.01)
    # the variance of Student's t is nu / (nu - 2)
    assert pull.var() == pytest.approx(8 / 6, rel=0.02)
    # float32 fluxes are rounded to 1e-7 of 2 microjansky, far below what the test can see
    assert stats.kstest(pull[:50_000], stats.t(8).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(pull.reshape(-1, 3).T)[0, 1]) < 0.015


def test_floor_and_template_error_widen_the_flux_but_not_the_quoted_error():
    floor = np.array([0.02, 0.0, 0.1])
    model = known_model(floor=floor, template_amplitude=0.5, scatter=np.zeros(3))
    flux, _ = constant(50.0)
    z = np.full(N, 1.5, np.float32)
    observed, err, _, _ = drawn(model, flux, z)
    np.testing.assert_allclose(err, model.sigma_ujy(flux), rtol=1e-5)
    template = 0.5 * np.interp(
        np.log(model.wave_aa / 2.5), np.log(TEMPLATE_WAVE_AA), TEMPLATE_FRACTION
    )
    expected = np.sqrt(err[0] ** 2 + (floor**2 + template**2) * 50.0**2)
    np.testing.assert_allclose((observed - flux).std(axis=0), expected * np.sqrt(8 / 6), rtol=0.02)
    scale = noise_scale(model.arrays(0.0), jnp.asarray(err[:1]), flux[:1], z[:1])
    np.testing.assert_allclose(scale[0], expected, rtol=1e-5)


def test_template_error_is_linear_in_log_wavelength_between_its_nodes():
    wave = np.geomspace(300, 1e5, 4001)
    expected = np.interp(np.log(wave), np.log(TEMPLATE_WAVE_AA), TEMPLATE_FRACTION)
    np.testing.assert_allclose(template_error(jnp.asarray(wave)), expected, atol=2e-6)


def test_bands_are_missing_together_as_often_as_stated():
    patterns = np.array([[False, False, False], [True, True, False], [False, False, True]])
    share = np.array([0.5, 0.3, 0.2])
    model = known_model(patterns=patterns, pattern_share=share)
    observed, err, limit, state = drawn(model, *constant(1.0))
    missing = state == 2
    seen = [(missing == pattern).all(axis=1).mean() for pattern in patterns]
    np.testing.assert_allclose(seen, share, atol=0.006)
    for values in (observed, err, limit):
        assert np.isnan(values[missing]).all()
    assert np.isfinite(observed[~missing]).all()


@pytest.mark.parametrize("snr", [0.0, 2.0])
def test_faint_fluxes_become_limits(snr):
    model = known_model(censor_snr=snr, limit_n_sigma=3.0, scatter=np.zeros(3))
    flux, z = constant(0.05)
    observed, err, limit, state = drawn(model, flux, z)
    free, free_err, _, _ = drawn(known_model(scatter=np.zeros(3)), flux, z)
    expected = np.where(free <= snr * free_err, 1, 0)
    np.testing.assert_array_equal(state, expected)
    sigma = model.sigma_ujy(np.full(3, 0.05))
    # a limit where t < (snr sigma - flux) / sigma
    share = stats.t(8).cdf(snr - 0.05 / sigma)
    np.testing.assert_allclose((state == 1).mean(axis=0), share, atol=0.006)
    np.testing.assert_allclose(limit[:, 0][state[:, 0] == 1], 3 * sigma[0], rtol=1e-5)
    assert np.isnan(observed[state == 1]).all()
    assert np.isnan(err[state == 1]).all()
    assert np.isnan(limit[state == 0]).all()


def test_training_jitters_the_depth_of_all_bands_together():
    model = known_model(scatter=np.full(3, 1e-6), correlation=np.eye(3), band_jitter=0.2)
    log_err = np.log(drawn(model, *constant(0.0), depth_jitter=0.35)[1])
    covariance = 0.35**2 + 0.2**2 * np.eye(3)
    np.testing.assert_allclose(np.cov(log_err.T), covariance, rtol=0.04)


def test_same_key_same_draw_and_other_key_another():
    flux, z = true_fluxes(100)
    first, again, other = (drawn(known_model(), flux, z, key=k)[0] for k in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def mock(model, flux, z, seed=3, bands=BANDS, **more):
    return mock_catalogue(np.arange(len(z)), z, flux, bands, model, seed, **more)


def test_rows_of_a_mock_survey_do_not_depend_on_how_many_follow():
    flux, z = true_fluxes(9000)
    model = known_model(censor_snr=0.0)
    whole = mock(model, flux, z)
    for n in (1, 4096, 5000):
        part = mock(model, flux[:n], z[:n])
        for name in ("flux_ujy", "err_ujy", "uplim_ujy"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:n])
    later = mock(model, flux[4096:], z[4096:], first_chunk=1)
    np.testing.assert_array_equal(later.flux_ujy, whole.flux_ujy[4096:])
    assert not np.array_equal(mock(model, flux[:9], z[:9], seed=4).flux_ujy, whole.flux_ujy[:9])
    np.testing.assert_array_equal(whole.z_spec, z)
    # chunks must not repeat each other's noise
    pull = (whole.flux_ujy - flux) / whole.err_ujy
    both = np.isfinite(pull[:4000]) & np.isfinite(pull[4096:8096])
    assert abs(np.corrcoef(pull[:4000][both], pull[4096:8096][both])[0, 1]) < 0.05


def test_mock_takes_bands_by_name():
    flux, z = true_fluxes(50)
    model = known_model()
    turned = mock(model, np.column_stack([flux[:, ::-1], z]), z, bands=(*BANDS[::-1], "more"))
    assert turned.bands == BANDS
    np.testing.assert_array_equal(turned.flux_ujy, mock(model, flux, z).flux_ujy)
    with pytest.raises(InputError, match="no band hsc_i that the noise model has"):
        mock(model, flux[:, :2], z, bands=BANDS[:2])


def test_bright_and_faint_extremes_stay_finite():
    flux = np.array([[0.0, 1e-30, 1e9], [-1e6, 1e7, 3.0]], np.float32)
    model = replace(known_model(), template_amplitude=0.5)
    observed, err, _, state = drawn(model, flux, np.zeros(2, np.float32))
    assert np.isfinite(observed).all()
    assert (err > 0).all()
    assert (state == 0).all()


def test_smooth_template_error_is_shared_by_neighbours_in_the_rest_frame():
    model = known_model(template_amplitude=2.0, template_length=0.2, scatter=np.zeros(3))
    model = replace(model, sigma0_ujy=np.full(3, 1e-6), photon_ujy=np.zeros(3))
    model = replace(model, fraction=np.zeros(3))
    flux, _ = constant(50.0)
    z = np.random.default_rng(0).uniform(0.0, 2.0, N).astype(np.float32)
    observed = drawn(model, flux, z)[0]
    rest = model.wave_aa / (1.0 + z[:, None])
    stray = (observed - flux) / (2.0 * 50.0 * np.asarray(template_error(jnp.asarray(rest))))
    assert stray.mean() == pytest.approx(0.0, abs=0.02)
    np.testing.assert_allclose(stray.std(axis=0), 1.0, rtol=0.01)
    apart = np.log(model.wave_aa)
    expected = np.exp(-0.5 * ((apart[:, None] - apart) / 0.2) ** 2)
    np.testing.assert_allclose(np.corrcoef(stray.T), expected, atol=0.015)
    # a sum of eight cosines: flatter than a normal by 3 / 16 of kurtosis, and no more
    assert stats.kurtosis(stray[:, 0]) == pytest.approx(-1.5 / 8, abs=0.05)


def test_a_file_without_a_length_of_template_errors_draws_as_it_did():
    flux, z = true_fluxes(1000)
    model = known_model(template_amplitude=0.5)
    record = noise_to_dict(model)
    assert record.pop("template_length") == 0.0
    again = noise_from_dict(record)
    for one, other in zip(drawn(model, flux, z), drawn(again, flux, z), strict=True):
        np.testing.assert_array_equal(one, other)
    scale = noise_scale(model.arrays(0.0), *(jnp.asarray(a, jnp.float32) for a in (flux, flux, z)))
    assert np.isfinite(np.asarray(scale)).all()
