"""The loop: bands lost at random, a loss that is no number, early stopping, learning itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.errors import JobError
from photoz.features import features
from photoz.jobs import read_metrics
from photoz.models import load_model
from photoz.noise import draw_noise
from photoz.states import Photometry
from photoz.train.config import config_from_dict
from photoz.train.job import observe_once, read_inputs, stored_progress, train_data
from photoz.train.job import run as train
from photoz.train.loop import Watch, fit
from photoz.train.observe import BandLoss, limit_faint, lose_bands
from photoz.train.step import make_estimator
from tests.photoz.train.toy import (
    BANDS,
    Z_MAX,
    make_run,
    noise_model,
    true_flux,
    true_log_posterior,
    write_inputs,
)

QUIET = Watch(report=lambda **row: None, progress=lambda step: None, should_stop=lambda: False)


def lost(
    state, *, share=1.0, rate=1.0, group_rate=0.0, group=None, wave_aa=None, window_rate=0.0, seed=0
):
    n_band = state.shape[1]
    group = np.zeros(n_band, np.int32) if group is None else np.asarray(group, np.int32)
    loss = BandLoss(
        jnp.asarray(group),
        *(jnp.float32(v) for v in (share, rate, group_rate)),
        jnp.log(jnp.asarray(wave_aa if wave_aa else np.full(n_band, 5000.0))),
        *(jnp.float32(v) for v in (window_rate, 0.0)),
    )
    found = lose_bands(loss, int(group.max()) + 1, jax.random.key(seed), jnp.asarray(state))
    return np.asarray(found)


def test_two_bands_at_least_stay():
    state = np.zeros((5000, 4), np.int32)
    kept = (lost(state, rate=0.95) != 2).sum(axis=1)
    assert kept.min() == 2
    assert set(kept) == {2, 3, 4}


def test_a_galaxy_of_one_band_keeps_it():
    state = np.full((100, 4), 2, np.int32)
    state[:, 1] = 0
    assert np.array_equal(lost(state), state)


def test_a_limit_stays_a_limit_or_is_lost():
    state = np.ones((2000, 5), np.int32)
    assert set(np.unique(lost(state))) == {1, 2}


def test_as_many_bands_are_lost_as_asked():
    state = np.zeros((40_000, 30), np.int32)
    # the rate of a galaxy is uniform up to `rate`, in `share` of them
    expected = 0.3 * 0.5 * 0.6
    assert (lost(state, share=0.3, rate=0.6) == 2).mean() == pytest.approx(expected, abs=0.004)
    untouched = (lost(state, share=0.3, rate=0.6) == 0).all(axis=1).mean()
    assert 0.69 < untouched < 0.76


def test_groups_are_lost_together():
    state = np.zeros((20_000, 6), np.int32)
    found = lost(state, share=0.0, group_rate=0.2, group=[0, 0, 0, 1, 1, 1]) == 2
    assert (found[:, 0] == found[:, 2]).all()
    assert (found[:, 3] == found[:, 5]).all()
    # losing both would leave nothing, and is not done
    assert found[:, 0].mean() == pytest.approx(0.2 * 0.8, abs=0.01)
    assert not (found[:, 0] & found[:, 3]).any()
    alone = lost(state, share=0.0, group_rate=0.9) == 2
    assert not alone.any()


def test_a_window_of_wavelength_is_lost_together():
    wave_aa = [3600.0, 4800.0, 6200.0, 7600.0, 9000.0, 10000.0, 12000.0, 16000.0, 22000.0, 45000.0]
    state = np.zeros((20_000, 10), np.int32)
    found = lost(state, share=0.0, wave_aa=wave_aa, window_rate=0.5) == 2
    touched = found.any(axis=1)
    assert 0.3 < touched.mean() < 0.5
    # neighbours, without a gap
    first, last = found.argmax(axis=1), 9 - found[:, ::-1].argmax(axis=1)
    assert (found.sum(axis=1) == np.where(touched, last - first + 1, 0)).all()
    assert found[:, 5:9].all(axis=1).any()  # Y to Ks at once
    assert found.any(axis=0).all()
    assert not lost(state, share=0.0, wave_aa=wave_aa).any()


def test_faint_fluxes_of_some_galaxies_become_limits():
    rng = np.random.default_rng(1)
    n, n_band = 20_000, 4
    err = rng.uniform(0.5, 2.0, (n, n_band)).astype(np.float32)
    flux = (err * rng.uniform(-3.0, 10.0, (n, n_band))).astype(np.float32)
    state = rng.integers(0, 3, (n, n_band)).astype(np.int32)
    limit = np.where(state == 1, 7.0, np.nan).astype(np.float32)
    before = Photometry(flux, err, limit, jnp.asarray(state))
    seen = limit_faint(jnp.float32(0.4), jax.random.key(0), before)
    new_flux, new_err, new_limit, new_state = map(np.asarray, seen)
    made = (new_state == 1) & (state == 0)
    assert np.array_equal(new_state != state, made)
    n_sigma = np.where(made, new_limit / err, np.nan)
    assert 2.0 <= np.nanmin(n_sigma) < 2.1
    assert 4.9 < np.nanmax(n_sigma) <= 5.0 + 1e-5
    assert (flux[made] < new_limit[made]).all()
    several = made.sum(axis=1) > 1
    assert np.nanmax(np.nanstd(n_sigma[several], axis=1)) < 1e-5  # one k a galaxy
    touched = made.any(axis=1)
    assert 0.4 * 0.4 < touched.mean() < 0.4
    k = np.nanmean(n_sigma[touched], axis=1)[:, None]
    measured = (state == 0)[touched]
    assert np.array_equal(made[touched], measured & (flux[touched] < k * err[touched]))
    assert np.isnan(new_flux[made]).all()
    assert np.isnan(new_err[made]).all()
    rest = ~made & (state == 0)
    assert np.array_equal(new_flux[rest], flux[rest])
    assert np.array_equal(new_limit[state == 1], limit[state == 1])


def test_a_loss_that_is_no_number_stops_at_its_step_and_keeps_the_checkpoint(tmp_path, tiny):
    config = config_from_dict(tiny | {"models": ["mdn"], "evaluate_every": 5})
    inputs = read_inputs(config, tmp_path / "features.safetensors")
    data = train_data(inputs)
    validation = observe_once(inputs, inputs.split.validation, 100, 11)
    # one galaxy without a redshift, drawn for the first time between two evaluations
    drawn = [rows_of_step(data.seed, s, config.batch, len(data.z)) for s in range(config.steps)]
    first = {row: s for s in reversed(range(config.steps)) for row in drawn[s]}
    row, met = next((r, s) for r, s in first.items() if 20 < s < 24)
    broken = data._replace(z=data.z.at[row].set(jnp.nan))
    checkpoint = tmp_path / "mdn.safetensors"
    new = make_estimator("mdn", config, inputs.features.n_feature, Z_MAX)
    with pytest.raises(JobError, match=f"Training the mdn stopped at step {met + 1}: its loss"):
        fit(new, config, broken, validation, 1, checkpoint, "toy", QUIET)
    assert 5 <= stored_progress(checkpoint).step <= 20
    # mended data go on from that checkpoint
    _, progress = fit(new, config, data, validation, 1, checkpoint, "toy", QUIET)
    assert progress.step == config.steps


def rows_of_step(seed, step, batch, n):
    key = jax.random.fold_in(jax.random.key(seed, impl="rbg"), step)
    return np.asarray(jax.random.randint(jax.random.split(key)[0], (batch,), 0, n))


def test_training_ends_when_patience_does(tmp_path, tiny):
    config = tiny | {"models": ["mdn"], "learning_rate": 1e-12, "patience": 2, "ema_decay": 0.0}
    train(make_run(tmp_path / "run", {}), config)
    card = load_model(tmp_path / "run" / "mdn.safetensors").card
    rows = read_metrics(tmp_path / "run")[0]
    assert card["steps"] < 60
    assert card["steps"] - card["best_step"] == 20
    assert card["validation"]["log_score"] == max(row["val_log_score"] for row in rows)


@pytest.mark.slow
def test_it_learns_the_posterior_that_is_known(tmp_path):
    """Within 0.02 nat of the entropy bound, and calibrated; 0.02 is one part in fifty of sigma."""
    inputs = write_inputs(tmp_path, n=40_000, per_batch=2)
    told = {
        "models": ["mdn"],
        "steps": 2000,
        "batch": 512,
        "width": 48,
        "depth": 2,
        "preset": "quick",
    }
    told |= {"n_component": 5, "mask_share": 0.0, "mask_group": 0.0, "learning_rate": 3e-3}
    train(make_run(tmp_path / "run", {}), inputs | told)
    model = load_model(tmp_path / "run" / "mdn.safetensors")
    z = np.random.default_rng(99).uniform(0.0, Z_MAX, 4000).astype(np.float32)
    observed = draw_noise(
        noise_model().arrays(), jax.random.key(99), jnp.asarray(true_flux(z), jnp.float32), z
    )
    conditional = model.estimator.conditional(features(model.features, *observed))
    ours = np.asarray(model.estimator.log_prob(conditional, jnp.asarray(z)), float)
    truth = true_log_posterior(np.asarray(observed[0], float), z)
    excess = truth - ours  # per galaxy; its mean is the Kullback-Leibler divergence
    error = excess.std() / np.sqrt(len(z))
    assert -4 * error < excess.mean() < 0.02, (excess.mean(), error, truth.mean())
    prior = -np.log(Z_MAX)
    assert truth.mean() - prior > 0.5  # there was something to learn
    pit = np.asarray(model.estimator.cdf(conditional, jnp.asarray(z)))
    assert np.abs(np.sort(pit) - np.linspace(0, 1, len(z))).max() < 0.02
    assert model.bands == BANDS
