"""A survey whose posterior is known: fluxes linear in z, Student-t noise, redshifts uniform."""

import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

from photoz.jobs import Run
from photoz.jobs.folder import RunStatus, write_config, write_status
from photoz.noise import NoiseModel
from photoz.noise.files import save_noise
from photoz.provenance import provenance, to_json

BANDS = ("a", "b", "c")
Z_MAX = 2.0
START_UJY = np.array([1.0, 2.0, 3.0])
SLOPE_UJY = np.array([2.0, -0.5, 0.4])
SIGMA_UJY = np.array([0.3, 0.2, 0.4])
NU = 8.0
TINY = {
    "steps": 60,
    "batch": 64,
    "width": 16,
    "depth": 1,
    "n_component": 3,
    "n_bin": 6,
    "steps_per_dispatch": 5,
    "evaluate_every": 10,
    "n_validation": 150,
    "n_test": 150,
}


def true_flux(z):
    return START_UJY + SLOPE_UJY * np.asarray(z)[:, None]


def write_simulation(path, n=3000, seed=0, per_batch=4):
    rng = np.random.default_rng(seed)
    batch = np.arange(n) // per_batch
    z = rng.uniform(0.0, Z_MAX, batch[-1] + 1).astype(np.float32)[batch]
    columns = {"id": np.arange(n), "z": z, "batch": batch.astype(np.int32)}
    columns["log_weight"] = np.log(0.5 + z).astype(np.float32)
    flux = true_flux(z).astype(np.float32)
    return save_simulation(path, columns, flux, BANDS, Z_MAX)


def save_simulation(path, columns, flux, bands, z_max):
    """Write columns and fluxes (n, n_band) as the simulator does."""
    columns = columns | {f"flux_{band}": flux[:, i] for i, band in enumerate(bands)}
    recipe, n = {"name": "toy"}, len(flux)
    record = provenance(
        "simulation", recipe=recipe, survey="toy", bands=list(bands), z_max=z_max, n=n
    )
    table = pa.table(columns).replace_schema_metadata({"photoz": to_json(record)})
    pq.write_table(table, path)
    return path


def noise_model():
    return plain_noise(BANDS, [4000.0, 6000.0, 8000.0], SIGMA_UJY, NU)


def plain_noise(bands, wave_aa, sigma_ujy, nu):
    """Errors of one size in each band, Student-t noise, and nothing else."""
    zero = np.zeros(len(bands))
    return NoiseModel(
        bands=bands,
        wave_aa=np.array(wave_aa),
        sigma0_ujy=sigma_ujy,
        photon_ujy=zero,
        fraction=zero,
        scatter=zero,
        correlation=np.eye(len(bands)),
        floor=zero,
        patterns=np.zeros((1, len(bands)), bool),
        pattern_share=np.ones(1),
        template_amplitude=0.0,
        template_length=0.0,
        student_nu=nu,
        depth_jitter=0.0,
        band_jitter=0.0,
    )


def write_inputs(folder, **sim):
    """Simulation and noise file of the toy survey, as a configuration names them."""
    save_noise(noise_model(), folder / "toy-noise.json")
    simulation = write_simulation(folder / "sim.parquet", **sim)
    return {"simulation": str(simulation), "noise": str(folder / "toy-noise.json")}


def true_log_posterior(flux_ujy, z):
    """ln p(z | fluxes) of the toy survey, by scipy on a fine grid."""
    grid = np.linspace(0.0, Z_MAX, 801)

    def log_like(at):
        chi = (flux_ujy[:, None, :] - START_UJY - SLOPE_UJY * at[..., None]) / SIGMA_UJY
        return stats.t.logpdf(chi, NU).sum(axis=-1)

    on_grid = np.exp(log_like(grid[None, :]))
    return log_like(np.asarray(z, float)[:, None])[:, 0] - np.log(
        np.trapezoid(on_grid, grid, axis=1)
    )


class StopAfter(Run):
    """A run that is asked to stop at the k-th look."""

    looks = 10**9

    def should_stop(self):
        self.looks -= 1
        if self.looks < 0:
            self.ask_stop()
        return super().should_stop()


def make_run(folder, config, kind="train", looks=10**9):
    """A run folder in this process, without a worker."""
    if not folder.exists():
        folder.mkdir()
        write_config(folder, kind, config)
        write_status(RunStatus(folder, kind, "running", created=time.time()))
    run = StopAfter(folder)
    run.looks = looks
    return run


def toy_catalogue(n=400, seed=5, flux_scale=1.0):
    """An observed catalogue of the toy survey whose band c must be multiplied by `flux_scale`."""
    from photoz.catalogue import Catalogue

    rng = np.random.default_rng(seed)
    z = rng.uniform(0.05, Z_MAX - 0.05, n)
    scale = np.array([1.0, 1.0, flux_scale])
    flux = (true_flux(z) + SIGMA_UJY * stats.t.rvs(NU, size=(n, 3), random_state=rng)) / scale
    err = np.broadcast_to(SIGMA_UJY / scale, flux.shape).copy()
    limit = np.full_like(flux, np.nan)
    return Catalogue(np.arange(n), BANDS, flux, err, limit, z_spec=z)


_TRAINED = {}


def trained_models(factory):
    """A folder with a small trained MDN and flow of the toy survey, once for all tests."""
    from photoz.train.job import run as train

    if "models" not in _TRAINED:
        folder = factory.mktemp("trained")
        told = TINY | {"steps": 400, "batch": 256, "width": 24, "evaluate_every": 100, "seed": 3}
        told |= {"mask_share": 0.0, "mask_window": 0.0, "limit_share": 0.0}
        told |= {"steps_per_dispatch": 50, "learning_rate": 5e-3}
        out = folder / "models"
        run = make_run(folder / "run", {})
        train(run, write_inputs(folder, n=20_000) | told | {"out": str(out)})
        _TRAINED["models"] = out
    return _TRAINED["models"]
