"""Prediction: what the compiled chunks give is what the model says, however rows are cut."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.calibrate import Calibration
from photoz.catalogue import Catalogue
from photoz.errors import InputError, ModelError
from photoz.features import FeatureSpec, features
from photoz.infer import Posterior, predict
from photoz.infer.grid import cell_edges
from photoz.infer.photometry import photometry_for
from photoz.models import MDN, Flow, TrainedModel

BANDS = ("u", "g", "r")
N, Z_MAX = 70, 6.0
COARSE = np.linspace(0.0, Z_MAX, 61)
cdf_of = eqx.filter_jit(lambda estimator, x, z: estimator.cdf(estimator.conditional(x), z))


@pytest.fixture(scope="module")
def models() -> dict[str, TrainedModel]:
    ones, square = np.ones(3), np.eye(3)
    vectors = ("softening_ujy", "asinh_mean", "asinh_std", "log_err_mean", "log_err_std")
    constants = dict.fromkeys(vectors, ones) | {"projection": square, "whitening": square}
    spec = FeatureSpec.from_arrays(BANDS, constants)
    mdn = MDN(jax.random.key(2), 15, Z_MAX, n_component=3, width=16, depth=1)
    flow = Flow(jax.random.key(3), 15, Z_MAX, n_bin=6, width=16, depth=1)
    return {e.kind: TrainedModel(e, spec, BANDS, Z_MAX) for e in (mdn, flow)}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    rng = np.random.default_rng(6)
    flux = rng.normal(2.0, 3.0, (N, 3))
    err = rng.uniform(0.1, 1.0, (N, 3))
    flux[4], err[4] = np.nan, np.nan
    flux[7, 1], err[7, 1] = np.nan, np.nan
    return Catalogue(
        ids=np.arange(N),
        bands=BANDS,
        flux_ujy=flux,
        err_ujy=err,
        uplim_ujy=np.full((N, 3), np.nan),
        z_spec=rng.uniform(0.1, 5.0, N),
    )


@pytest.fixture(scope="module")
def predicted(models, catalogue) -> Posterior:
    return predict(models, catalogue, z_grid=COARSE, chunk=32)


def test_densities_are_the_models_cdf_over_each_cell(models, catalogue, predicted):
    edges = cell_edges(COARSE)
    for name, model in models.items():
        x = features(model.features, *photometry_for(catalogue, BANDS))
        cdf = np.asarray(cdf_of(model.estimator, x, edges[None, :]))
        want = np.diff(cdf, axis=1) / np.diff(edges)
        some = np.delete(np.arange(N), 4)
        np.testing.assert_allclose(predicted.pdf[name][some], want[some], atol=2e-5)
        z = predicted.summaries[name]
        np.testing.assert_allclose(z["z_map"][some], COARSE[np.argmax(want[some], axis=1)], 1e-6)
        np.testing.assert_allclose(z["z_median"][some], predicted.median(name)[some], atol=1e-4)
        np.testing.assert_allclose(z["pit"], predicted.pit(name), atol=1e-6)
        np.testing.assert_allclose(z["odds"][some], predicted.odds(name)[some], atol=1e-5)


def test_two_models_have_a_mixture_and_one_has_none(models, catalogue, predicted):
    assert predicted.estimators == ("mdn", "flow", "mixture")
    assert predict({"mdn": models["mdn"]}, catalogue, z_grid=COARSE).estimators == ("mdn",)
    some = np.delete(np.arange(N), 4)
    mean = 0.5 * (predicted.pdf["mdn"] + predicted.pdf["flow"])
    np.testing.assert_allclose(predicted.pdf["mixture"][some], mean[some], rtol=1e-6)
    z = predicted.summaries["mixture"]
    assert z.keys() == predicted.summaries["mdn"].keys()
    np.testing.assert_allclose(z["z_median"][some], predicted.median("mixture")[some], atol=1e-5)
    np.testing.assert_allclose(z["pit"], predicted.pit("mixture"), atol=1e-6)
    np.testing.assert_allclose(z["odds"][some], predicted.odds("mixture")[some], atol=1e-5)
    with pytest.raises(InputError, match="weight in the mixture is 2"):
        predict(models, catalogue, z_grid=COARSE, mdn_weight=2.0)


def test_rows_do_not_depend_on_chunks(models, catalogue, predicted):
    again = predict(models, catalogue, z_grid=COARSE, chunk=16)
    for name in models:
        np.testing.assert_allclose(again.pdf[name], predicted.pdf[name], atol=3e-5)


def test_a_galaxy_without_any_band_gets_no_answer(predicted):
    for name in ("mdn", "flow", "mixture"):
        assert np.isnan(predicted.pdf[name][4]).all()
        assert all(np.isnan(column[4]) for column in predicted.summaries[name].values())
        assert np.isfinite(predicted.pdf[name][7]).all()
    assert predicted.provenance["n_without_photometry"] == 1


def test_a_calibration_is_applied_before_the_features(models, catalogue, predicted):
    scale = np.array([1.1, 1.0, 0.9])
    calibration = Calibration(BANDS, scale, np.zeros(3), np.ones(3), np.zeros(3))
    by_hand = Catalogue(
        catalogue.ids,
        BANDS,
        catalogue.flux_ujy * scale,
        catalogue.err_ujy * scale,
        catalogue.uplim_ujy,
        z_spec=catalogue.z_spec,
    )
    ours = predict(models, catalogue, calibration, z_grid=COARSE, chunk=32)
    theirs = predict(models, by_hand, z_grid=COARSE, chunk=32)
    for name in models:
        np.testing.assert_allclose(ours.pdf[name], theirs.pdf[name], atol=1e-4)
        assert np.nanmax(np.abs(ours.pdf[name] - predicted.pdf[name])) > 1e-3
    assert ours.provenance["calibrated"]


def test_columns_in_another_order_and_further_bands_change_nothing(models, catalogue, predicted):
    order = [2, 0, 1, 0]
    other = Catalogue(
        catalogue.ids,
        ("r", "u", "g", "extra"),
        catalogue.flux_ujy[:, order],
        catalogue.err_ujy[:, order],
        catalogue.uplim_ujy[:, order],
    )
    again = predict(models, other, z_grid=COARSE, chunk=32)
    for name in models:
        np.testing.assert_array_equal(again.pdf[name], predicted.pdf[name])


def test_lacking_bands_are_refused_unless_they_may_be_missing(models, catalogue):
    two = Catalogue(
        catalogue.ids,
        ("u", "g"),
        catalogue.flux_ujy[:, :2],
        catalogue.err_ujy[:, :2],
        catalogue.uplim_ujy[:, :2],
    )
    with pytest.raises(ModelError, match=r"lacks 1 of the model's 3 bands \(r\)"):
        predict(models, two, z_grid=COARSE)
    allowed = predict(models, two, z_grid=COARSE, chunk=32, allow_missing_bands=True)
    assert np.isfinite(allowed.pdf["mdn"][0]).all()
    with pytest.raises(InputError, match="increase"):
        predict(models, catalogue, z_grid=np.array([0.0, 2.0, 1.0]))
    with pytest.raises(ModelError, match="No model"):
        predict({}, catalogue)


def test_a_shared_grid_and_own_points_give_one_cdf(models):
    """The split into programs changes speed only: the CDF at an edge is the CDF at that point."""
    for model in models.values():
        x = jax.random.normal(jax.random.key(8), (4, 15))
        z = jnp.array([0.2, 1.0, 3.0, 5.5])
        grid = np.asarray(cdf_of(model.estimator, x, z[None, :]))
        np.testing.assert_allclose(cdf_of(model.estimator, x, z), np.diag(grid), atol=1e-6)


def test_models_with_a_reference_score_every_galaxy(models, catalogue, tmp_path):
    from dataclasses import replace

    from photoz.infer import read_posterior, write_posterior
    from photoz.trust import judge
    from tests.photoz.trust.making import random_reference

    reference = random_reference(BANDS)
    told = {"flow": replace(models["flow"], trust=reference)}
    found = predict(told, catalogue, z_grid=COARSE, chunk=32)
    expected = judge(reference, photometry_for(catalogue, BANDS))
    np.testing.assert_allclose(found.require_ood(), expected.ood, rtol=1e-5)
    assert np.flatnonzero(np.isnan(found.ood)).tolist() == [4]
    assert found.out_of_range.tolist() == expected.out_of_range.tolist()
    stored = read_posterior(write_posterior(found, tmp_path / "p.parquet"))
    np.testing.assert_array_equal(stored.ood, found.ood)
    np.testing.assert_array_equal(stored.out_of_range, found.out_of_range)
    some = stored.take(np.array([3, 4]))
    np.testing.assert_array_equal(some.ood, found.ood[3:5])


def test_a_calibration_is_applied_before_the_score(models, catalogue):
    from dataclasses import replace

    from tests.photoz.trust.making import random_reference

    told = {"flow": replace(models["flow"], trust=random_reference(BANDS))}
    scale = np.array([1.0, 3.0, 1.0])
    tripled = Calibration(BANDS, scale, np.zeros(3), np.ones(3), np.zeros(3))
    plain = predict(told, catalogue, z_grid=COARSE, chunk=32)
    moved = predict(told, catalogue, tripled, z_grid=COARSE, chunk=32)
    changed = replace(
        catalogue, flux_ujy=catalogue.flux_ujy * scale, err_ujy=catalogue.err_ujy * scale
    )
    expected = predict(told, changed, z_grid=COARSE, chunk=32)
    np.testing.assert_allclose(moved.ood, expected.ood, rtol=1e-4)
    assert np.nanmax(np.abs(moved.ood - plain.ood)) > 0.1


def test_a_result_of_older_models_says_why_it_has_no_score(predicted):
    assert predicted.ood is None
    with pytest.raises(InputError, match=r"no column ood.*photoz.trust.add"):
        predicted.require_ood()
