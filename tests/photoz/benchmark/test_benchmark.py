"""The benchmark holds out what it scores, and the shipped models reach what the README says."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photoz.benchmark.heldout import heldout_posterior, posterior_of_the_rest
from photoz.benchmark.sets import SETS, RealSet, data_dir, find_set, read_set
from photoz.calibrate import Plan, Stage
from photoz.catalogue import Catalogue
from photoz.errors import InputError
from tests.photoz.train.toy import BANDS, SIGMA_UJY, trained_models, true_flux

DATA = Path(os.environ.get("PHOTOZ_DATA", "nowhere"))
PLAN = Plan(stages=(Stage(("flux_scale",), max_iterations=15),), reference_band="b")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    from photoz.models import load_models

    return load_models(trained_models(tmp_path_factory))


def survey(z):
    rng = np.random.default_rng(5)
    flux = true_flux(z) + SIGMA_UJY * rng.standard_normal((len(z), len(BANDS)))
    err = np.broadcast_to(SIGMA_UJY, flux.shape).copy()
    nothing = np.full(flux.shape, np.nan)
    return Catalogue(np.arange(len(z)), BANDS, flux, err, nothing, z_spec=z)


def test_no_galaxy_is_judged_by_offsets_that_saw_it(models):
    """A wrong redshift in one fold changes the posteriors of all folds but its own."""
    z = np.random.default_rng(4).uniform(0.2, 1.8, 40)
    fold_of = np.arange(40) % 4
    one = {"mdn": models["mdn"]}
    right = heldout_posterior(one, survey(z), fold_of, PLAN)
    wrong_z = z.copy()
    wrong_z[::4] = 2.0 - z[::4]  # fold 0
    shifted = survey(z)
    shifted = Catalogue(
        shifted.ids, BANDS, shifted.flux_ujy, shifted.err_ujy, shifted.uplim_ujy, z_spec=wrong_z
    )
    wrong = heldout_posterior(one, shifted, fold_of, PLAN)
    same = np.abs(right.pdf["mdn"] - wrong.pdf["mdn"]).max(axis=1) == 0.0
    assert same[fold_of == 0].all()
    assert not same[fold_of != 0].any()


def test_rows_come_back_in_the_order_of_the_catalogue(models):
    z = np.random.default_rng(4).uniform(0.2, 1.8, 20)
    posterior = heldout_posterior(models, survey(z), np.arange(20) % 2, PLAN)
    assert posterior.ids.tolist() == list(range(20))
    assert posterior.estimators == ("mdn", "flow", "mixture")
    # the mean of two densities, each under offsets of its own
    mean = 0.5 * (posterior.pdf["mdn"] + posterior.pdf["flow"])
    np.testing.assert_allclose(posterior.pdf["mixture"], mean, rtol=1e-6)
    by_hand = 0.5 * (posterior.pit("mdn") + posterior.pit("flow"))
    np.testing.assert_allclose(posterior.pit("mixture"), by_hand, atol=1e-6)
    assert posterior.provenance["held_out"] is True


def test_an_unknown_benchmark_is_named():
    with pytest.raises(InputError, match="cosmos100"):
        find_set("cosmos101")


def test_a_missing_data_folder_says_how_to_give_one(monkeypatch, tmp_path):
    monkeypatch.delenv("PHOTOZ_DATA", raising=False)
    with pytest.raises(InputError, match="--data DIR"):
        data_dir()
    with pytest.raises(InputError, match="does not exist"):
        data_dir(tmp_path / "nowhere")
    real = RealSet("x", "not_there", "cosmos2020", "x")
    with pytest.raises(InputError, match=r"not_there\.parquet"):
        read_set(real, tmp_path)


def test_galaxies_of_the_fit_are_not_scored(models):
    z = np.random.default_rng(4).uniform(0.2, 1.8, 40)
    fitted = np.arange(40) < 25
    posterior = posterior_of_the_rest(models, survey(z), fitted, PLAN)
    assert posterior.ids.tolist() == list(range(25, 40))
    assert set(posterior.estimators) == {"mdn", "flow", "mixture"}


def test_scored_galaxies_change_no_offset(models):
    """Wrong redshifts of the galaxies left out of the fit leave their posteriors as they are."""
    z = np.random.default_rng(4).uniform(0.2, 1.8, 40)
    fitted = np.arange(40) < 25
    one = {"mdn": models["mdn"]}
    right = posterior_of_the_rest(one, survey(z), fitted, PLAN)
    catalogue = survey(z)
    wrong = replace(catalogue, z_spec=np.where(fitted, z, 2.0 - z))
    np.testing.assert_array_equal(
        right.pdf["mdn"], posterior_of_the_rest(one, wrong, fitted, PLAN).pdf["mdn"]
    )


def test_a_shipped_set_is_scored_on_the_rest(models, monkeypatch):
    """The whole run on a set that calibrates on some of its galaxies, a band of it missing."""
    from photoz.benchmark import run

    z = np.random.default_rng(4).uniform(0.2, 1.8, 60)
    whole = survey(z)
    less = whole.with_bands(tuple(band for band in BANDS if band != BANDS[-1]))
    monkeypatch.setattr(run, "read_set", lambda real, folder: less)
    real = RealSet("toy", "none", "none", "toy", folds=0, n_calibrate=40, shipped=True)
    rows, ours = run.run_benchmark(real, models, None, PLAN)
    assert ours.n == 20
    assert {(r["estimator"], r["calibrated"], r["n"]) for r in rows} == {
        *((name, flag, 20) for name in ("mdn", "flow", "mixture") for flag in (True, False)),
        ("trainz", None, 20),
        ("gaussian", None, 20),
    }


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="PHOTOZ_DATA names no folder of real galaxies")
def test_real_cosmos2020_galaxies_beat_every_peer():
    from photoz.assets import asset_path
    from photoz.benchmark.run import run_benchmark
    from photoz.models import load_models

    rows, _ = run_benchmark(
        SETS["cosmos100"], load_models(asset_path("models", "cosmos2020")), DATA
    )
    ours = {r["estimator"]: r for r in rows if r["calibrated"] and r["subset"] == "all"}
    peers = [
        r for r in rows if r["subset"] == "all" and r["estimator"].startswith(("eazy", "leph"))
    ]
    assert set(ours) == {"mdn", "flow", "mixture"}
    assert len(peers) == 7
    for row in ours.values():
        assert row["sigma_nmad"] <= 0.02
        assert row["outlier_fraction"] <= 0.08
        assert row["log_score"] >= 1.2
        assert row["log_score"] > max(peer["log_score"] for peer in peers)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["cosmos2020", "sdss-2mass"])
def test_posteriors_of_fresh_simulations_are_calibrated(recipe, tmp_path):
    """PIT of 5,000 galaxies of a seed that nothing was trained on."""
    from photoz.assets import asset_path
    from photoz.models import load_models
    from photoz.noise import load_noise
    from photoz.simulate import load_recipe, read_simulation, simulate
    from photoz.train.heldout import score

    path = simulate(load_recipe(recipe), 12_000, 20_261, tmp_path / "fresh.parquet")
    fresh, noise = read_simulation(path), load_noise(asset_path("noise", f"{recipe}.json"))
    for model in load_models(asset_path("models", recipe)).values():
        found = score(model, fresh, noise, seed=7, n=5_000)
        assert found.pit_ks <= 0.03
        assert found.log_score > 1.0  # PIT alone would also praise a code that knows nothing
