"""Scores that follow a slider equal those of the metrics on the same galaxies."""

import jax
import numpy as np
import pytest

from photoz.calibrate import Calibration, identity
from photoz.calibrate.diagnose import (
    Diagnosis,
    choose_rows,
    ecdf_difference,
    split_sealed,
    summary,
    uniform_band,
)
from photoz.calibrate.sample import spec_sample
from photoz.catalogue import Catalogue
from photoz.errors import InputError
from photoz.features.spec import fit_features
from photoz.infer import predict
from photoz.metrics import ecdf_band, galaxy_scores, summarise
from photoz.models import MDN, Flow, TrainedModel

BANDS = ("g", "r", "i")
Z_MAX = 1.5
N = 703  # not a multiple of the chunk


@pytest.fixture(scope="module")
def catalogue():
    rng = np.random.default_rng(3)
    flux = np.exp(rng.normal(1.0, 1.0, (N, 3)))
    err = 0.1 * flux + 0.05
    flux[rng.random(flux.shape) < 0.05] = np.nan
    err[~np.isfinite(flux)] = np.nan
    z = rng.uniform(0.01, Z_MAX - 0.01, N)
    return Catalogue(np.arange(N), BANDS, flux, err, np.full_like(flux, np.nan), z_spec=z)


@pytest.fixture(scope="module")
def models(catalogue):
    spec = fit_features(
        BANDS, catalogue.flux_ujy, catalogue.err_ujy, catalogue.uplim_ujy, catalogue.state
    )
    key = jax.random.key(0)
    estimators = {
        "mdn": MDN(key, n_feature=spec.n_feature, z_max=Z_MAX, n_component=4, width=16, depth=1),
        "flow": Flow(key, n_feature=spec.n_feature, z_max=Z_MAX, n_bin=8, width=16, depth=1),
    }
    return {k: TrainedModel(e, spec, BANDS, Z_MAX) for k, e in estimators.items()}


@pytest.fixture(scope="module")
def judged(models, catalogue):
    calibration = Calibration(
        BANDS, np.array([1.1, 0.9, 1.0]), np.zeros(3), np.full(3, 1.3), np.array([0, 0, 0.05])
    )
    sample, rows = spec_sample(catalogue, BANDS, Z_MAX)
    diagnosis = Diagnosis.of(models, sample)
    posterior = predict(models, catalogue.take(rows), calibration)
    return diagnosis, diagnosis.scores(calibration), posterior


@pytest.mark.parametrize("kind", ["mdn", "flow", "mixture"])
def test_every_galaxy_scores_as_in_the_metrics(judged, kind):
    _, scores, posterior = judged
    truth = galaxy_scores(posterior, kind)
    np.testing.assert_allclose(scores[kind].pit, truth.pit, atol=3e-5)
    np.testing.assert_allclose(scores[kind].log_score, truth.log_score, atol=3e-3)
    np.testing.assert_allclose(scores[kind].crps, truth.crps, atol=2e-3)
    assert np.mean(scores[kind].z_map != posterior.z_map(kind)) < 0.02


@pytest.mark.parametrize("kind", ["mdn", "flow", "mixture"])
def test_the_means_are_named_and_defined_as_in_the_metrics(judged, kind):
    _, scores, posterior = judged
    truth = summarise(galaxy_scores(posterior, kind))
    found = summary(scores[kind], posterior.require_z_spec())
    for name, value in found.items():
        assert value == pytest.approx(truth[name], abs=2e-3), name


def test_a_changed_calibration_changes_the_scores_and_coming_back_restores_them(judged):
    diagnosis, scores, _ = judged
    plain = diagnosis.scores(identity(BANDS))
    assert list(plain) == ["mdn", "flow", "mixture"]  # the order of columns on the page
    assert np.abs(plain["mdn"].pit - scores["mdn"].pit).max() > 1e-3
    again = diagnosis.scores(identity(BANDS))
    np.testing.assert_array_equal(plain["flow"].crps, again["flow"].crps)


def test_one_model_alone_has_no_mixture(models, catalogue):
    sample, _ = spec_sample(catalogue.take(np.arange(30)), BANDS, Z_MAX)
    alone = Diagnosis.of({"flow": models["flow"]}, sample)
    assert list(alone.scores(identity(BANDS))) == ["flow"]


def test_a_calibration_without_a_band_is_refused(judged):
    with pytest.raises(InputError, match="no band i"):
        judged[0].scores(identity(("g", "r")))


def test_the_band_and_the_difference_are_those_of_the_ecdf_test():
    pit = np.random.default_rng(0).beta(1.3, 1.0, 400)
    truth = ecdf_band(pit)
    band = uniform_band(400)
    np.testing.assert_array_equal(band.lower, truth.lower)
    np.testing.assert_array_equal(band.upper, truth.upper)
    np.testing.assert_array_equal(ecdf_difference(pit, band.u), truth.difference)


def test_sealed_galaxies_and_chosen_rows_are_the_same_every_time():
    sealed = split_sealed(1000)
    assert sealed.sum() == 200
    np.testing.assert_array_equal(sealed, split_sealed(1000))
    rows = choose_rows(np.arange(0, 20_000, 2), 5_000)
    assert len(np.unique(rows)) == 5_000
    np.testing.assert_array_equal(rows, np.sort(rows))
    np.testing.assert_array_equal(choose_rows(np.arange(7), 5_000), np.arange(7))
