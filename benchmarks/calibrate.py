"""Cost of a calibration: `python -m benchmarks.calibrate [--models DIR] [--json]`.

5,000 galaxies of the COSMOS2020 recipe, observed to a depth of 26 mag, with zero-points put off by
some per cent. `fit_s` is the default plan without folds, `loss_grad_ms` one evaluation of loss and
gradient, `update_ms` what a dragged slider waits for: PIT, its ECDF, CRPS, log score and scatter of
all galaxies under both models. Compilation is not counted.
"""

import time
from dataclasses import replace
from typing import Any

import jax
import numpy as np

import photoz.jaxconfig  # noqa: F401
from benchmarks.machine import REFERENCE_GFLOPS, machine_figures, median_seconds
from benchmarks.report import run_on_models
from photoz.calibrate.calibration import identity
from photoz.calibrate.diagnose import Diagnosis, ecdf_difference, summary, uniform_band
from photoz.calibrate.fit import prepare
from photoz.calibrate.objective import no_change, value_and_grad
from photoz.catalogue import Catalogue
from photoz.models import TrainedModel
from photoz.noise import depths_noise, mock_catalogue
from photoz.simulate.recipe import load_recipe
from photoz.simulate.sampler import Sampler

N_GALAXY, N_BATCH, SEED, REPEATS = 5000, 160, 5, 7
DEPTH_AB_MAG, N_SIGMA, OFFSET = 26.0, 5.0, 0.03


def mock_sample(bands: tuple[str, ...]) -> Catalogue:
    """Simulate and observe the galaxies; each band's zero-point is off by about 3 per cent.

    Raises:
        RuntimeError: fewer galaxies than needed pass the recipe's selection.
    """
    sampler = Sampler.load(load_recipe("cosmos2020"))
    z, _, flux, kept, _ = jax.device_get(sampler.batches(SEED, 0, N_BATCH))
    redshift, flux_ujy = np.broadcast_to(z[:, None], kept.shape)[kept], flux[kept]
    if len(redshift) < N_GALAXY:
        raise RuntimeError(f"only {len(redshift)} of {N_GALAXY} galaxies pass the selection")
    rng = np.random.default_rng(SEED)
    rows = rng.choice(len(redshift), N_GALAXY, replace=False)
    table = {
        "band": np.array(bands),
        "depth_ab_mag": np.full(len(bands), DEPTH_AB_MAG),
        "n_sigma": np.full(len(bands), N_SIGMA),
    }
    names = sampler.engine.survey.band_names
    mock = mock_catalogue(
        np.arange(N_GALAXY), redshift[rows], flux_ujy[rows], names, depths_noise(table), SEED
    )
    offsets = np.exp(OFFSET * rng.normal(size=len(bands)))
    return replace(mock, flux_ujy=mock.flux_ujy * offsets, err_ujy=mock.err_ujy * offsets)


def measure(models: dict[str, TrainedModel]) -> dict[str, Any]:
    """Measure and return the figures."""
    machine = machine_figures()
    catalogue = mock_sample(next(iter(models.values())).bands)
    fitter = prepare(models, catalogue)
    problem, theta = fitter.problem(), no_change(len(fitter.bands))
    loss_grad_s = median_seconds(lambda: value_and_grad(theta, problem), REPEATS)
    started = time.perf_counter()
    fit = fitter.run()
    fit_s = time.perf_counter() - started
    diagnosis = Diagnosis.of(models, fitter.sample)
    z_spec, u = np.asarray(fitter.sample.z_spec), uniform_band(fitter.n_gal).u
    steps = iter(np.linspace(1.0, 1.1, REPEATS + 1))

    def update() -> None:
        unity = identity(fitter.bands)
        moved = replace(unity, flux_scale=unity.flux_scale * next(steps))
        for scores in diagnosis.scores(moved).values():
            summary(scores, z_spec)
            ecdf_difference(np.asarray(scores.pit), u)

    update_s = median_seconds(update, REPEATS)
    slower = machine["sgemm_gflops"] / REFERENCE_GFLOPS
    return {
        "fit_s": fit_s,
        "loss_grad_ms": 1e3 * loss_grad_s,
        "update_ms": 1e3 * update_s,
        "scaled_fit_s": fit_s * slower,
        "scaled_loss_grad_ms": 1e3 * loss_grad_s * slower,
        "scaled_update_ms": 1e3 * update_s * slower,
        "n_galaxy": fitter.n_gal,
        "n_model": len(models),
        "evaluations": len(fit.trace),
        "converged": all(fit.converged),
        "loss_before": fit.trace[0].objective,
        "loss_after": fit.trace[-1].objective,
        **machine,
    }


if __name__ == "__main__":
    run_on_models(measure, __doc__)
