"""Fitting on a drawn catalogue gives back the model that drew it."""

from dataclasses import replace

import numpy as np
import pytest

from photoz.errors import CatalogueError, InputError
from photoz.noise import depths_noise, fit_noise, mock_catalogue
from photoz.noise.model import merge_patterns
from tests.photoz.noise.making import BANDS, CORRELATION, known_model, true_fluxes


def observed(model, n=20_000, seed=5):
    flux, z = true_fluxes(n, seed)
    return mock_catalogue(np.arange(n), z, flux, BANDS, model, seed)


@pytest.fixture(scope="module")
def truth():
    patterns = np.array([[False, False, False], [True, False, False]])
    return known_model(patterns=patterns, pattern_share=np.array([0.75, 0.25]))


@pytest.fixture(scope="module")
def catalogue(truth):
    return observed(truth)


def test_fit_recovers_what_drew_it(truth, catalogue):
    fitted = fit_noise(catalogue)
    assert fitted.bands == BANDS
    # over the fluxes that the sample holds, the median error to 3 %
    for magnitude in (20.5, 22.0, 23.5, 25.0, 26.0):
        flux = np.full(3, 10 ** (-0.4 * (magnitude - 23.9)))
        np.testing.assert_allclose(fitted.sigma_ujy(flux), truth.sigma_ujy(flux), rtol=0.03)
    np.testing.assert_allclose(fitted.scatter, truth.scatter, rtol=0.06)
    np.testing.assert_allclose(fitted.correlation, CORRELATION, atol=0.04)
    np.testing.assert_array_equal(fitted.patterns, truth.patterns)
    np.testing.assert_allclose(fitted.pattern_share, truth.pattern_share, atol=0.01)
    assert fitted.censor_snr is None
    assert fitted.wave_aa == pytest.approx([4800, 6200, 7700], rel=0.03)


def test_a_hundred_galaxies_are_enough_for_the_curves(truth, catalogue):
    fitted = fit_noise(catalogue.take(np.arange(100)))
    for magnitude in (22.0, 24.0, 26.0):
        flux = np.full(3, 10 ** (-0.4 * (magnitude - 23.9)))
        np.testing.assert_allclose(fitted.sigma_ujy(flux), truth.sigma_ujy(flux), rtol=0.15)


def test_outlying_errors_do_not_pull_the_curve(truth, catalogue):
    spoiled = replace(catalogue, err_ujy=catalogue.err_ujy.copy())
    spoiled.err_ujy[::20] *= 30.0
    flux = np.full(3, 1.0)
    fitted = fit_noise(spoiled)
    np.testing.assert_allclose(fitted.sigma_ujy(flux), truth.sigma_ujy(flux), rtol=0.06)


def test_limits_are_recognised():
    model = known_model(censor_snr=2.0, limit_n_sigma=3.0)
    catalogue = observed(model)
    fitted = fit_noise(catalogue)
    assert fitted.censor_snr == pytest.approx(2.0, abs=0.1)
    # galaxies with large errors are the ones that become limits; measured against the background
    # error the number of sigma would come out 11 % high
    assert fitted.limit_n_sigma == pytest.approx(3.0, rel=0.05)
    drawn = observed(fitted, seed=8)
    # the bluest band has three limits, whose median is anybody's guess
    many = (catalogue.state == 1).sum(axis=0) > 20
    assert many.sum() == 2
    median = [np.nanmedian(made.uplim_ujy[:, many], axis=0) for made in (drawn, catalogue)]
    np.testing.assert_allclose(*median, rtol=0.08)
    np.testing.assert_allclose(
        (drawn.state == 1).mean(axis=0), (catalogue.state == 1).mean(axis=0), atol=0.02
    )
    fitted = fit_noise(observed(known_model(censor_snr=0.0, sigma0_ujy=np.full(3, 0.5))))
    assert fitted.censor_snr == 0.0


def test_what_cannot_be_fitted_is_refused(catalogue):
    empty = replace(catalogue, err_ujy=np.full_like(catalogue.err_ujy, np.nan))
    with pytest.raises(CatalogueError, match=r"no measured flux.*depth table instead"):
        fit_noise(empty)
    unknown = replace(catalogue, bands=("a", "b", "hsc_i"))
    with pytest.raises(InputError, match=r"No shipped survey .* has the band a, b"):
        fit_noise(unknown)
    with pytest.raises(InputError, match="wavelength of a, b is not known"):
        fit_noise(unknown, {"hsc_i": 7700.0})
    assert fit_noise(unknown, {"a": 1e3, "b": 2e3, "hsc_i": 7700.0}).wave_aa[1] == 2e3


def test_depth_table_is_analytic():
    table = {
        "band": np.array(["hsc_g", "hsc_r"]),
        "depth_ab_mag": np.array([26.4, 23.9]),
        "n_sigma": np.array([5.0, 3.0]),
    }
    model = depths_noise(table)
    # 23.9 AB is one microjansky, 2.5 magnitudes are a factor of ten
    np.testing.assert_allclose(model.sigma0_ujy, [0.1 / 5, 1.0 / 3], rtol=1e-12)
    np.testing.assert_allclose(model.depth_ab_mag[0], 26.4, rtol=1e-12)
    np.testing.assert_allclose(model.sigma_ujy(np.full(2, 1e4)), model.sigma0_ujy)
    assert depths_noise(table | {"floor": np.array([0.0, 0.3])}).floor.tolist() == [0.0, 0.3]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"n_sigma": None}, "no column n_sigma"),
        ({"band": np.array(["hsc_g", "hsc_g"])}, "band hsc_g twice"),
        ({"band": np.array(["hsc_g", "my_r"])}, "has the band my_r"),
        ({"depth_ab_mag": np.array([26.0, 99.0])}, "depth_ab_mag of band hsc_r is 99"),
        ({"depth_ab_mag": np.array([np.nan, 25.0])}, "depth_ab_mag of band hsc_g is nan"),
        ({"n_sigma": np.array(["5", "many"])}, "n_sigma must be numbers"),
        ({"floor": np.array([-0.1, 0.0])}, "floor of band hsc_g is -0.1"),
    ],
)
def test_bad_depth_tables(change, sentence):
    table = {
        "band": np.array(["hsc_g", "hsc_r"]),
        "depth_ab_mag": np.array([26.4, 26.0]),
        "n_sigma": np.array([5.0, 5.0]),
    }
    table = {k: v for k, v in (table | change).items() if v is not None}
    with pytest.raises(InputError, match=sentence):
        depths_noise(table)


def test_patterns_are_united_by_weight():
    missing = np.array([[0, 1], [0, 0], [0, 1], [1, 1]], bool)
    patterns, share = merge_patterns(missing, np.array([1.0, 3.0, 1.0, 9.0]))
    assert patterns.tolist() == [[False, False], [False, True]]
    np.testing.assert_allclose(share, [0.6, 0.4])
    patterns, share = merge_patterns(np.ones((3, 2), bool), np.ones(3))
    assert patterns.tolist() == [[False, False]]
    assert share.tolist() == [1.0]
