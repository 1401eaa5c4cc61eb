"""An active nucleus of the slow reference: disc behind SMC dust, torus, from their formulae.

Parameters (optional, all four or none): log_l_disc, log10 of the disc's power between 911.75
angstrom and 1 um before dust, Lsun; disc_slope of f_nu; disc_tau at 5500 angstrom; torus_ratio.
"""

from __future__ import annotations

import numpy as np

from benchmarks.slow_attenuation import smc_optical_depth

FIRST_AA, LAST_AA = 911.75, 1.0e4
TORUS_K = (1300.0, 300.0)  # equal powers
# CGS
PLANCK, LIGHT, BOLTZMANN, STEFAN = 6.62607015e-27, 2.99792458e10, 1.380649e-16, 5.670374419e-5


def planck_lambda(wave_aa: np.ndarray, kelvin: float) -> np.ndarray:
    """B_lambda of unit total, per angstrom."""
    cm = wave_aa * 1e-8
    energy = PLANCK * LIGHT / (cm * BOLTZMANN * kelvin)
    with np.errstate(over="ignore"):
        radiance = 2.0 * PLANCK * LIGHT**2 / cm**5 / (np.exp(energy) - 1.0)
    return np.pi * radiance / (STEFAN * kelvin**4) * 1e-8


def disc_lambda(wave_aa: np.ndarray, slope: float) -> np.ndarray:
    """Per angstrom, of unit power from 911.75 angstrom to 1 um; nu^2 redward, none blueward."""
    beta = -2.0 - slope
    if abs(beta + 1.0) < 1e-9:
        power = np.log(LAST_AA / FIRST_AA)
    else:
        power = (LAST_AA ** (beta + 1.0) - FIRST_AA ** (beta + 1.0)) / (beta + 1.0)
    red = LAST_AA**beta * (wave_aa / LAST_AA) ** -4.0
    inside = np.where(wave_aa <= LAST_AA, wave_aa**beta, red)
    return np.where(wave_aa >= FIRST_AA, inside, 0.0) / power


def nucleus_light(wave_aa: np.ndarray, params: dict) -> np.ndarray:
    """L_sun per angstrom at rest wavelengths (n,)."""
    if "log_l_disc" not in params:
        return np.zeros_like(wave_aa)
    disc = disc_lambda(wave_aa, params["disc_slope"])
    disc = disc * np.exp(-smc_optical_depth(wave_aa, params["disc_tau"], 0.0))
    torus = sum(0.5 * planck_lambda(wave_aa, kelvin) for kelvin in TORUS_K)
    return 10.0 ** params["log_l_disc"] * (disc + params["torus_ratio"] * torus)
