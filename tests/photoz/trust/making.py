"""Galaxies of two families in six bands, whose relative fluxes are linear in one number."""

import numpy as np

from photoz.noise import NoiseModel
from photoz.train.sample import Part
from photoz.trust import Reference

BANDS = ("a", "b", "c", "d", "e", "f")
SIGMA_UJY = np.array([0.02, 0.03, 0.02, 0.05, 0.04, 0.03])
FLOOR = 0.01


def noise_model(**changes) -> NoiseModel:
    n_band = len(BANDS)
    zero = np.zeros(n_band)
    patterns = np.zeros((2, n_band), bool)
    patterns[1, 2] = True
    constants = {
        "bands": BANDS,
        "wave_aa": np.linspace(4000.0, 9000.0, n_band),
        "sigma0_ujy": SIGMA_UJY,
        "photon_ujy": zero,
        "fraction": zero,
        "scatter": zero + 0.1,
        "correlation": np.eye(n_band),
        "floor": zero + FLOOR,
        "patterns": patterns,
        "pattern_share": np.array([0.8, 0.2]),
        "template_amplitude": 0.0,
        "template_length": 0.0,
        "student_nu": 8.0,
    }
    return NoiseModel(**(constants | changes))


def galaxies(n: int, seed: int) -> Part:
    """True fluxes of n galaxies: a family, a colour, a brightness."""
    rng = np.random.default_rng(seed)
    start = np.array([[1.0, 1.2, 1.5, 1.8, 2.0, 2.1], [2.0, 1.5, 0.4, 1.6, 1.0, 0.9]])
    slope = np.array([[0.3, 0.2, 0.1, 0.0, -0.1, -0.1], [-0.2, 0.1, 0.1, 0.2, 0.3, 0.3]])
    family = rng.integers(0, 2, n)
    colour = rng.normal(size=(n, 1))
    bright = np.exp(rng.normal(0.0, 0.4, (n, 1)))
    flux = bright * np.maximum(start[family] + slope[family] * colour, 0.02)
    return Part(
        rng.uniform(0.0, 2.0, n).astype(np.float32),
        flux.astype(np.float32),
        np.ones(n, np.float32),
    )


def random_reference(bands, k: int = 2) -> Reference:
    """A reference of any numbers, with wide ranges."""
    rng, n_band = np.random.default_rng(7), len(bands)
    high = np.full(n_band, 9.0)
    named = {
        "shapes.unit_ujy": np.ones(n_band),
        "shapes.log_share": np.log(np.full(k, 1.0 / k)),
        "shapes.mean": rng.uniform(0.3, 0.7, (k, n_band)),
        "shapes.factor": 0.1 * rng.normal(size=(k, n_band, n_band - 1)),
        "shapes.own": np.full((k, n_band), 0.01),
        "threshold": np.full(n_band, 4.0),
        "noise_width": np.array(1.2),
        "trained.n_band_low": np.array(2.0),
    }
    for name in ("log_err", "flux", "log_limit"):
        named |= {f"trained.{name}_low": -high, f"trained.{name}_high": high}
    return Reference.from_arrays(n_band, {k: np.asarray(v, np.float32) for k, v in named.items()})
