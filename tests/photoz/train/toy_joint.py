"""A survey whose joint posterior is a known Gaussian: fluxes linear in four coordinates."""

import jax.numpy as jnp
import numpy as np

from photoz.models.coordinates import Coordinates
from photoz.noise.files import save_noise
from tests.photoz.train.toy import TINY, make_run, plain_noise, save_simulation

BANDS = ("a", "b", "c", "d", "e")
NAMES = ("z", "log_mass", "log_ssfr", "a_v")
Z_MAX = 3.0
COORDINATES = Coordinates(NAMES, Z_MAX, [-0.3, 10.0, -9.5, 0.6], [0.8, 0.6, 0.7, 0.4])
START_UJY = np.array([10.0, 12.0, 14.0, 16.0, 18.0])
SLOPE_UJY = np.array(
    [
        [0.9, 0.3, -0.2, 0.0],
        [-0.3, 0.8, 0.1, 0.3],
        [0.2, 0.4, 0.9, -0.2],
        [0.0, 0.7, -0.3, 0.6],
        [0.3, 0.2, 0.2, -0.5],
    ]
)
SIGMA_UJY = np.array([0.4, 0.5, 0.6, 0.5, 0.4])


def drawn(n, seed):
    """Standard normal coordinates (n, 4), the quantities they stand for, and true fluxes."""
    u = np.clip(np.random.default_rng(seed).standard_normal((n, 4)), -4.0, 4.0)
    values = [
        np.asarray(COORDINATES.back(name, jnp.asarray(u[:, i], jnp.float32)))
        for i, name in enumerate(NAMES)
    ]
    return u, np.stack(values, axis=1), START_UJY + u @ SLOPE_UJY.T


def write_simulation(path, n=1500, seed=0):
    _, values, flux = drawn(n, seed)
    columns = {"id": np.arange(n), "z": values[:, 0], "batch": np.arange(n, dtype=np.int32)}
    columns["log_weight"] = np.zeros(n, np.float32)
    columns |= {name: values[:, i] for i, name in enumerate(NAMES) if i > 0}
    return save_simulation(path, columns, flux.astype(np.float32), BANDS, Z_MAX)


def noise_model():
    return plain_noise(BANDS, [4000.0, 5000.0, 6000.0, 8000.0, 9000.0], SIGMA_UJY, 1e6)


def write_inputs(folder, **sim):
    save_noise(noise_model(), folder / "n.json")
    simulation = write_simulation(folder / "sim.parquet", **sim)
    return {"simulation": str(simulation), "noise": str(folder / "n.json")}


def true_posterior(flux_ujy):
    """Mean (n, 4) and covariance (4, 4) of the coordinates given observed fluxes."""
    over = SLOPE_UJY.T / SIGMA_UJY**2
    covariance = np.linalg.inv(np.eye(4) + over @ SLOPE_UJY)
    return (flux_ujy - START_UJY) @ over.T @ covariance, covariance


def toy_catalogue(n=50, seed=7):
    """An observed catalogue with known redshifts; the last galaxy has no photometry."""
    from photoz.catalogue import Catalogue

    _, values, flux = drawn(n, seed)
    rng = np.random.default_rng(seed)
    flux = flux + SIGMA_UJY * rng.standard_normal(flux.shape)
    err = np.broadcast_to(SIGMA_UJY, flux.shape).copy()
    flux[-1], err[-1] = np.nan, np.nan
    z_spec = values[:, 0].astype(float)
    z_spec[0] = np.nan
    return Catalogue(np.arange(n), BANDS, flux, err, np.full_like(flux, np.nan), z_spec=z_spec)


_TRAINED = {}


def trained_joint(factory):
    """A folder with a barely trained joint model, its inputs beside it, once for all tests."""
    from photoz.train.job import run as train

    if "joint" not in _TRAINED:
        folder = factory.mktemp("joint")
        told = write_inputs(folder) | TINY | {"models": ["joint"]}
        train(make_run(folder / "run", {}), told | {"out": str(folder / "models")})
        _TRAINED["joint"] = folder
    return _TRAINED["joint"] / "models"
