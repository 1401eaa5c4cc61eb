"""Training of the joint model: exact resume, its card, and a posterior that is known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file
from scipy import stats

from photoz.errors import CatalogueError, ModelError
from photoz.features import features
from photoz.jobs import StoppedRun, read_metrics
from photoz.models import load_joint
from photoz.noise import draw_noise
from photoz.simulate import read_simulation
from photoz.train.begin import begin_from
from photoz.train.heldout import score
from photoz.train.job import run as train
from tests.photoz.train import toy_joint
from tests.photoz.train.toy import TINY, make_run


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return toy_joint.trained_joint(tmp_path_factory)


@pytest.fixture
def told(models):
    folder = models.parent
    inputs = {"simulation": str(folder / "sim.parquet"), "noise": str(folder / "n.json")}
    return inputs | TINY | {"models": ["joint"]}


def test_a_stopped_run_resumes_exactly(tmp_path, told, models):
    with pytest.raises(StoppedRun):
        train(make_run(tmp_path / "run", {}, looks=5), told)
    train(make_run(tmp_path / "run", {}), told)
    one, other = (load_file(f / "joint.safetensors") for f in (tmp_path / "run", models))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_the_card_has_the_scores_of_every_quantity(models):
    card = load_joint(models).card
    assert {"log_score", "crps", "pit_ks", "joint_log_score"} <= card["test"].keys()
    assert card["test"]["physical_pit_ks"].keys() == {"log_mass", "log_ssfr", "a_v"}
    assert card["quantities"].keys() == card["test"]["physical_pit_ks"].keys()
    rows = read_metrics(models.parent / "run")[0]
    best = max(row["val_joint_log_score"] for row in rows)
    assert card["validation"]["joint_log_score"] == pytest.approx(best, abs=1e-6)
    assert rows[-1]["val_joint_log_score"] > rows[0]["val_joint_log_score"]


def test_the_card_has_the_redshifts_it_was_trained_on(models):
    card = load_joint(models).card
    prior = card["prior_z"]
    edges = jnp.asarray(prior["edges"][1:-1])
    cdf = np.cumsum(np.diff(prior["edges"]) * prior["density"])
    truth = stats.norm.cdf(toy_joint.COORDINATES.to("z", edges))
    np.testing.assert_allclose(cdf[:-1], truth, atol=1.63 / np.sqrt(0.9 * 1500))  # KS, 1 %
    assert cdf[-1] == pytest.approx(1.0, abs=1e-6)


def test_held_out_scores_are_those_of_the_densities(models):
    model = load_joint(models)
    simulation, noise = read_simulation(models.parent / "sim.parquet"), toy_joint.noise_model()
    found = score(model, simulation, noise, seed=4, n=300)
    part = np.random.default_rng([4, 3]).permutation(len(simulation.z))[:300]
    z, flux = simulation.z[part], simulation.flux_ujy[part].astype(np.float32)
    seen = draw_noise(noise.arrays(depth_jitter=0.0), jax.random.key(4), jnp.asarray(flux), z)
    estimator = model.estimator
    conditional = eqx.filter_jit(estimator.conditional)(features(model.features, *seen))
    cdf_of = eqx.filter_jit(estimator.cdf_of)
    for name, ks in found.physical_pit_ks.items():
        x = jnp.asarray(simulation.params[name][part])
        pit = np.asarray(cdf_of(conditional, name, x), float)
        assert ks == pytest.approx(stats.kstest(pit, "uniform").statistic, abs=1e-5)
    values = [jnp.asarray(z), *(simulation.params[n][part] for n in estimator.names[1:])]
    log_p = eqx.filter_jit(estimator.joint_log_prob)(conditional, jnp.stack(values, axis=1))
    assert found.joint_log_score == pytest.approx(float(np.mean(log_p)), abs=0.01)
    pit = np.asarray(cdf_of(conditional, "z", jnp.asarray(z)), float)
    assert found.pit_ks == pytest.approx(stats.kstest(pit, "uniform").statistic, abs=1e-5)


def test_it_goes_on_from_a_joint_model(models):
    found = begin_from(models, ("joint",), toy_joint.BANDS)
    assert found.keys() == {"joint"}
    assert found["joint"].card == load_joint(models).card
    with pytest.raises(ModelError, match="of redshift alone"):
        begin_from(models, ("mdn", "joint"), toy_joint.BANDS)


def test_a_simulation_without_the_quantities_is_refused(tmp_path, told, toy_inputs):
    with pytest.raises(CatalogueError, match=r"no column family, .*log_mass.*of your own may have"):
        train(make_run(tmp_path / "run", {}), told | toy_inputs)


@pytest.mark.slow
def test_it_learns_the_gaussian_that_is_known(tmp_path):
    """Within 0.02 nat of the truth: what means off by 0.1 sigma cost, or widths by 7 % each."""
    inputs = toy_joint.write_inputs(tmp_path, n=40_000)
    told = {"models": ["joint"], "steps": 1000, "batch": 512, "width": 48, "depth": 2}
    told |= {"preset": "quick", "n_component": 2, "mask_share": 0.0, "mask_group": 0.0}
    told |= {"mask_window": 0.0, "limit_share": 0.0, "learning_rate": 3e-3}
    train(make_run(tmp_path / "run", {}), inputs | told)
    model = load_joint(tmp_path / "run")
    u, values, flux = toy_joint.drawn(3000, seed=99)
    z = jnp.asarray(values[:, 0])
    noise = toy_joint.noise_model().arrays()
    seen = draw_noise(noise, jax.random.key(9), jnp.asarray(flux, jnp.float32), z)
    mean, covariance = toy_joint.true_posterior(np.asarray(seen[0], float))
    estimator, at = model.estimator, toy_joint.COORDINATES
    conditional = estimator.conditional(features(model.features, *seen))
    found_mean, found_covariance = moments(conditional, estimator.coordinates)
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    off = (found_mean - mean) @ whiten.T
    assert np.sqrt(np.mean(off**2)) < 0.1
    whitened = (whiten @ found_covariance @ whiten.T).mean(axis=0)
    np.testing.assert_allclose(whitened, np.eye(4), atol=0.14)
    # what the best Gaussian without covariances would lose
    assert 0.5 * (np.log(np.diag(covariance)).sum() - np.linalg.slogdet(covariance)[1]) > 0.1
    slope = sum(np.asarray(at.log_slope(n, values[:, i]), float) for i, n in enumerate(at.names))
    truth = stats.multivariate_normal(np.zeros(4), covariance).logpdf(u - mean) + slope
    ours = np.asarray(estimator.joint_log_prob(conditional, jnp.asarray(values)), float)
    excess = truth - ours
    assert -4 * excess.std() / np.sqrt(3000) < excess.mean() < 0.02


def moments(conditional, coordinates):
    """Mean and covariance of the mixtures, in the coordinates of the toy."""
    weight, mean, factor = (np.asarray(a, float) for a in conditional)
    weight = np.exp(weight)
    first = np.einsum("nk,nkd->nd", weight, mean)
    second = factor @ np.swapaxes(factor, 2, 3) + mean[..., :, None] * mean[..., None, :]
    covariance = np.einsum("nk,nkij->nij", weight, second) - first[:, :, None] * first[:, None]
    toy = toy_joint.COORDINATES
    location, scale = np.array(coordinates.location), np.array(coordinates.scale)
    ratio = scale / np.array(toy.scale)
    shift = (location - np.array(toy.location)) / np.array(toy.scale)
    return first * ratio + shift, covariance * np.outer(ratio, ratio)
