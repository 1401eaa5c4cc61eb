"""Errors taken over from real galaxies, and tails told by two bands of the same light."""

from dataclasses import replace

import numpy as np
import pytest

from photoz.errors import CatalogueError, InputError
from photoz.noise import error_donors, fit_noise, fit_tails, mock_catalogue
from photoz.noise.distance import sliced_distance
from tests.photoz.noise.making import BANDS, known_model, true_fluxes


def observed(model, seed, n=6000, donors=None):
    flux, z = true_fluxes(n, seed)
    return mock_catalogue(np.arange(n), z, flux, BANDS, model, seed, donors=donors)


@pytest.fixture(scope="module")
def striped():
    """A survey of deep and shallow stripes: a third of it four times deeper, and without r."""
    flux, z = true_fluxes(6000, 1)
    shallow = known_model(scatter=np.full(3, 0.05), correlation=np.eye(3))
    deep = replace(
        shallow, sigma0_ujy=shallow.sigma0_ujy / 4, patterns=np.array([[False, True, False]])
    )
    made = mock_catalogue(np.arange(6000), z, flux, BANDS, shallow, 1)
    other = mock_catalogue(np.arange(6000), z, flux, BANDS, deep, 2)
    for name in ("flux_ujy", "err_ujy"):
        getattr(made, name)[::3] = getattr(other, name)[::3]
    return made


def test_errors_and_missing_bands_come_from_the_same_galaxy(striped):
    model = fit_noise(striped)
    donors = error_donors(striped, model)
    assert donors.n == 6000
    mock = observed(model, 4, donors=donors)
    faint = mock.flux_ujy[:, 2] < 0.3
    log_err = np.log10(mock.err_ujy[faint, 0] / 0.02)
    deep = log_err < np.log10(0.7)
    assert deep.mean() == pytest.approx(1 / 3, abs=0.05)
    # two peaks, at a quarter (with photon noise, up to a half) and at one, and nothing between;
    # and where it is deep there is no r
    assert ((log_err > np.log10(0.6)) & (log_err < np.log10(0.8))).mean() < 0.01
    np.testing.assert_array_equal(np.isnan(mock.err_ujy[faint, 1]), deep)
    plain = observed(model, 4)
    assert sliced_distance(mock, striped) < 0.5 * sliced_distance(plain, striped)


def test_rows_with_donors_do_not_depend_on_those_that_follow(striped):
    model = fit_noise(striped)
    donors = error_donors(striped, model)
    flux, z = true_fluxes(5000, 3)
    some, all_ = (
        mock_catalogue(np.arange(n), z[:n], flux[:n], BANDS, model, 3, donors=donors)
        for n in (700, 5000)
    )
    np.testing.assert_array_equal(some.err_ujy, all_.err_ujy[:700])


def test_limits_lend_the_error_they_stand_for():
    model = known_model(censor_snr=2.0, limit_n_sigma=3.0, sigma0_ujy=np.full(3, 0.3))
    donors = error_donors(observed(model, 5), model)
    residual = np.asarray(donors.residual)
    np.testing.assert_allclose(residual.mean(axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(residual.std(axis=0), model.scatter, rtol=0.06)
    mock = observed(model, 6, donors=donors)
    real = observed(model, 7)
    shares = [(made.state == 1).mean(axis=0) for made in (mock, real)]
    np.testing.assert_allclose(*shares, atol=0.02)


def test_donors_that_cannot_lend_are_refused(striped):
    model = fit_noise(striped)
    with pytest.raises(InputError, match=r"has 49 galaxies with photometry.*needs 50"):
        error_donors(striped.take(np.arange(49)), model)
    with pytest.raises(CatalogueError, match="no band hsc_r"):
        error_donors(striped.with_bands(["hsc_g", "hsc_i"]), model)


def twice_seen(nu, n=12_000, seed=2, scale=1.0):
    model = known_model(student_nu=nu, fraction=np.zeros(3), photon_ujy=np.zeros(3))
    flux = 10 ** np.random.default_rng(1).uniform(-1.2, -0.2, (n, 1)) * [1.0, 1.1, 1.3]
    made = mock_catalogue(np.arange(n), np.zeros(n), flux, BANDS, model, seed)
    return replace(made, err_ujy=made.err_ujy / scale)


@pytest.mark.parametrize("nu", [3.0, 5.0])
def test_tails_are_fitted_from_two_bands_of_the_same_light(nu):
    tails = fit_tails(twice_seen(nu), [("hsc_g", "hsc_r"), ("hsc_r", "hsc_i")])
    assert tails.student_nu == pytest.approx(nu, rel=0.12)
    assert tails.nu_low <= tails.student_nu <= tails.nu_high
    assert tails.error_scale == pytest.approx([1.0, 1.0], abs=0.05)


def test_errors_quoted_too_small_show_in_the_scale_and_not_in_the_tails():
    tails = fit_tails(twice_seen(4.0, scale=1.5), [("hsc_g", "hsc_r")])
    assert tails.error_scale[0] == pytest.approx(1.5, rel=0.06)
    assert tails.student_nu == pytest.approx(4.0, rel=0.2)


def test_tails_that_cannot_be_fitted_are_refused():
    few = twice_seen(5.0, n=60)
    with pytest.raises(InputError, match=r"Only \d+ galaxies are at 5 to 20 sigma in hsc_g and"):
        fit_tails(few, [("hsc_g", "hsc_r")])
    with pytest.raises(InputError, match="name one"):
        fit_tails(few, [])
    with pytest.raises(CatalogueError, match="no band mine"):
        fit_tails(few, [("hsc_g", "mine")])
