"""A fitted reference: false alarms on galaxies never seen, and moved bands caught and named."""

import jax
import numpy as np
import pytest
from scipy import stats

from photoz.infer.photometry import Photometry
from photoz.noise import draw_noise
from photoz.states import MISSING
from photoz.trust import bands_to_blame, fit_reference, judge
from photoz.trust.fit import thresholds
from tests.photoz.trust.making import BANDS, galaxies, noise_model


@pytest.fixture(scope="module")
def reference():
    return fit_reference(noise_model(), galaxies(6_000, 1), galaxies(2_000, 2), seed=3)


@pytest.fixture(scope="module")
def fresh():
    part = galaxies(10_000, 4)
    drawn = draw_noise(noise_model().arrays(0.0), jax.random.key(5), part.flux_ujy, part.z)
    return Photometry(*(np.asarray(a) for a in drawn))


def moved(photometry, band, n_sigma):
    flux = np.array(photometry.flux)
    flux[:, band] += n_sigma * photometry.err[:, band]
    return photometry._replace(flux=flux)


def test_one_in_a_hundred_fresh_simulated_galaxies_is_flagged(reference, fresh):
    share = np.mean(judge(reference, fresh).ood > 1.0)
    assert share == pytest.approx(0.01, abs=0.004)


def test_a_wrong_band_is_caught_and_blamed_alone(reference, fresh):
    band = BANDS.index("d")
    some = Photometry(*(a[:1000] for a in fresh))
    wrong = moved(some, band, 25.0)
    assert np.mean(judge(reference, wrong).ood > 1.0) > 0.95
    blamed = bands_to_blame(reference, wrong)
    assert blamed[:, band].mean() > 0.95
    assert np.delete(blamed, band, axis=1).mean() < 0.02
    assert np.median(judge(reference, wrong).band_share[:, band]) > 1.0
    assert np.median(judge(reference, moved(some, band, -25.0)).band_share[:, band]) < -1.0


def test_two_wrong_bands_are_both_blamed(reference, fresh):
    some = Photometry(*(a[:1000] for a in fresh))
    blamed = bands_to_blame(reference, moved(moved(some, 1, 60.0), 4, -60.0))
    assert blamed[:, [1, 4]].all(axis=1).mean() > 0.9


def test_galaxies_with_few_bands_are_judged_by_what_they_have(reference, fresh):
    state = np.array(fresh.state[:1000])
    state[:200, 3:] = MISSING
    state[200] = MISSING
    found = judge(reference, Photometry(*(a[:1000] for a in fresh[:3]), state))
    assert np.isnan(found.ood[200])
    assert np.isfinite(np.delete(found.ood, 200)).all()
    assert np.mean(found.ood[:200] > 1.0) < 0.05
    assert np.isnan(found.band_share[:200, 3:]).all()


def test_thresholds_share_the_false_alarms_equally_between_bands():
    rng = np.random.default_rng(6)
    scale = np.array([1.0, 3.0, 0.5, 2.0])
    deviate = np.abs(rng.normal(size=(200_000, 4))) * scale
    deviate[:, 3] = np.nan
    found = thresholds(deviate)
    expected = stats.norm.isf(0.5 * (1.0 - 0.99 ** (1.0 / 3.0)))
    np.testing.assert_allclose(found[:3] / scale[:3], expected, rtol=0.03)
    assert found[3] == found[:3].max()
