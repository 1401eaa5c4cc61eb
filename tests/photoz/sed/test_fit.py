"""The best SED at a redshift: as good as the truth, and not to be improved by another optimiser."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from photoz.errors import InputError
from photoz.sed import Engine, load_survey
from photoz.sed.engine import group_photometry
from photoz.sed.fit import ERROR_FLOOR, _parameters, _residuals, fit_sed
from photoz.sed.fitspace import BOUNDS, N_FREE, N_RATIO, physical, prior_residuals

N = 24


@pytest.fixture(scope="module")
def engine():
    return Engine.load(load_survey("sdss-2mass"), z_max=2.0)


@pytest.fixture(scope="module")
def mock(engine):
    """Photometry of galaxies that the model can make, with errors of 4 %."""
    free = 0.7 * jax.random.normal(jax.random.key(3), (N, 1, N_FREE))
    z = jnp.linspace(0.05, 1.5, N)
    parameters = _parameters(engine.tables, free, z)
    true = np.asarray(group_photometry(engine.tables, parameters, z, engine.switches)[:, 0], float)
    err = 0.04 * true
    flux = true + err * np.random.default_rng(0).normal(size=true.shape)
    return free, np.asarray(z, float), flux, err


@pytest.fixture(scope="module")
def best(engine, mock):
    _, z, flux, err = mock
    return fit_sed(engine, flux, err, z)


def test_the_fit_is_no_worse_than_the_truth(best):
    """8 bands, errors of 4 % with a floor of 3 %: chi2 of the truth is 8 x 16/25."""
    expected = best.n_measured * 0.04**2 / (0.04**2 + ERROR_FLOOR**2)
    assert np.median(best.chi2 / expected) < 1.0
    assert (best.chi2 < 4 * expected).all()


def test_chi2_is_that_of_the_fluxes_returned(best, mock):
    _, _, flux, err = mock
    sigma = np.hypot(err, ERROR_FLOOR * np.abs(flux))
    np.testing.assert_allclose(
        best.chi2, (((best.flux_ujy - flux) / sigma) ** 2).sum(axis=1), rtol=2e-3
    )


def test_fluxes_are_those_of_the_parameters(best, engine):
    again = np.asarray(engine.photometry(best.parameters, jnp.asarray(best.z, jnp.float32)))
    np.testing.assert_allclose(again, best.flux_ujy, rtol=1e-3)


def test_scipy_finds_nothing_better_from_there(best, engine, mock):
    """L-BFGS started at the answer gains less than a unit of chi2 (one galaxy in three)."""
    _, z, flux, err = mock
    sigma = np.hypot(err, ERROR_FLOOR * np.abs(flux))
    for i in range(0, N, 8):
        at = jnp.asarray(z[i : i + 1], jnp.float32)
        data = [
            jnp.asarray(x[i : i + 1], jnp.float32)
            for x in (flux, sigma, np.full_like(flux, np.nan))
        ]

        @jax.jit
        def cost(free, at=at, data=data):
            free = free[None, None]
            model = group_photometry(
                engine.tables, _parameters(engine.tables, free, at), at, engine.switches
            )
            return jnp.sum(_residuals(model, *data) ** 2) + jnp.sum(prior_residuals(free) ** 2)

        value_and_grad = jax.value_and_grad(cost)
        start = np.asarray(best.free[i], float)
        found = minimize(
            lambda x, f=value_and_grad: tuple(
                np.asarray(v, float) for v in f(jnp.asarray(x, jnp.float32))
            ),
            start,
            jac=True,
            method="L-BFGS-B",
        )
        assert float(cost(jnp.asarray(start, jnp.float32))) - found.fun < 1.0


def test_the_spectrum_is_that_of_the_galaxy(best, engine):
    """Integrated over a band by hand it gives the flux of the fit."""
    i, band = 3, engine.survey.bands[2]
    spectrum, z = best.spectrum(i), best.z[i]
    distance_cm = float(engine.cosmology.luminosity_distance_cm(np.array(z)))
    wave = spectrum.wave_aa * (1 + z)
    f_lambda = spectrum.total * 3.828e33 / (4 * np.pi * distance_cm**2 * (1 + z))
    trans = np.interp(wave, band.wave_aa, band.transmission, left=0, right=0)
    top = np.trapezoid(f_lambda * wave * trans, wave)
    bottom = np.trapezoid(band.transmission / band.wave_aa, band.wave_aa) * 2.99792458e18
    assert top / bottom * 1e29 == pytest.approx(best.flux_ujy[i, 2], rel=0.02)


def test_missing_bands_do_not_count_and_limits_only_from_above(engine, mock):
    _, z, flux, err = mock
    holes = flux.copy()
    holes[:, 0] = np.nan
    limit = np.full_like(flux, np.nan)
    limit[:, 0] = 1e-3 * flux[:, 0]  # far below what the galaxies emit
    free = fit_sed(engine, holes, err, z)
    held = fit_sed(engine, holes, err, z, limit)
    assert (free.n_measured == 7).all()
    assert (held.n_measured == 8).all()
    assert (held.flux_ujy[:, 0] < free.flux_ujy[:, 0]).mean() > 0.8
    high = np.where(np.isfinite(limit), 1e3 * flux, np.nan)
    np.testing.assert_allclose(
        fit_sed(engine, holes, err, z, high).chi2, free.chi2, rtol=0.05, atol=0.1
    )


def test_free_numbers_stay_within_the_bounds():
    values = physical(10 * jax.random.normal(jax.random.key(0), (500, N_FREE)))
    for name, (low, high) in BOUNDS.items():
        leaf = np.asarray(getattr(values, name))
        assert low - 1e-6 <= leaf.min() <= leaf.max() <= high + 1e-6
    assert values.log_sfr_ratio.shape == (500, N_RATIO)


def test_the_prior_of_the_history_is_students():
    """-2 ln t(x; 2) up to a constant, from scipy."""
    from scipy import stats

    ratio = np.linspace(-3, 3, 41)
    free = np.zeros((41, N_FREE))
    free[:, 1] = 5 * np.arctanh(ratio / 5)
    ours = np.asarray(jnp.sum(prior_residuals(jnp.asarray(free, jnp.float32)) ** 2, axis=-1))
    exact = -2 * stats.t(2, scale=0.5).logpdf(ratio)
    np.testing.assert_allclose(ours - ours[20], exact - exact[20], atol=2e-3)


def test_what_does_not_fit_is_refused(engine, mock):
    _, z, flux, err = mock
    with pytest.raises(InputError, match="do not fit the 8 bands of sdss-2mass"):
        fit_sed(engine, flux[:, :5], err[:, :5], z)
    with pytest.raises(InputError, match=r"Redshift 3 is outside 0\.\.2"):
        fit_sed(engine, flux, err, 3.0)
    with pytest.raises(InputError, match="Galaxy 2 has no measured flux"):
        fit_sed(engine, np.where(np.arange(N)[:, None] == 2, np.nan, flux), err, z)
