"""Noise models with known numbers that the tests of this folder draw from."""

import numpy as np

from photoz.noise import NoiseModel

BANDS = ("hsc_g", "hsc_r", "hsc_i")
CORRELATION = np.array([[1.0, 0.7, 0.3], [0.7, 1.0, 0.5], [0.3, 0.5, 1.0]])


def known_model(**changes) -> NoiseModel:
    """Three bands; nothing missing, no limits, no template error, unless changed."""
    values = {
        "bands": BANDS,
        "wave_aa": np.array([4800.0, 6200.0, 7700.0]),
        "sigma0_ujy": np.array([0.02, 0.03, 0.05]),
        "photon_ujy": np.array([2e-4, 3e-4, 4e-4]),
        "fraction": np.array([0.004, 0.006, 0.01]),
        "scatter": np.array([0.1, 0.2, 0.15]),
        "correlation": CORRELATION,
        "floor": np.zeros(3),
        "patterns": np.zeros((1, 3), bool),
        "pattern_share": np.ones(1),
        "template_amplitude": 0.0,
        "template_length": 0.0,
        "student_nu": 8.0,
    }
    return NoiseModel(**(values | changes))


def true_fluxes(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """True fluxes (n, 3) over six magnitudes and redshifts (n,)."""
    rng = np.random.default_rng(seed)
    magnitude = rng.uniform(20.0, 26.0, (n, 1)) + rng.normal(0, 0.3, (n, 3))
    return 10 ** (-0.4 * (magnitude - 23.9)), rng.uniform(0.0, 3.0, n)
