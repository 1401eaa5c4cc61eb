"""Dust: birth clouds and the Kriek & Conroy (2013) diffuse curve with its 2175 A bump."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

V_BAND_AA = 5500.0
R_V_CALZETTI = 4.05
BUMP_CENTRE_AA, BUMP_WIDTH_AA = 2175.0, 350.0


class DustCurves(NamedTuple):
    """The wavelength-dependent factors of the attenuation, computed once per wavelength grid.

    Attributes:
        calzetti: k(lambda) / R_V of Calzetti et al. (2000), (n_wave,).
        bump: Drude profile of unit strength over R_V, (n_wave,).
        log_wave: ln(lambda / 5500 A), (n_wave,).
        birth_cloud: (lambda / 5500 A)^-1, (n_wave,).
    """

    calzetti: Float[Array, " n_wave"]
    bump: Float[Array, " n_wave"]
    log_wave: Float[Array, " n_wave"]
    birth_cloud: Float[Array, " n_wave"]


def calzetti_k(wave_aa: np.ndarray) -> np.ndarray:
    """Calzetti et al. (2000, ApJ 533, 682, eq. 4) k(lambda), angstrom in, R_V = 4.05.

    The blue polynomial holds down to 912 A (its value there is kept below), the red one up to
    where it reaches zero.
    """
    um = np.maximum(wave_aa, 912.0) * 1e-4
    blue = 2.659 * (-2.156 + 1.509 / um - 0.198 / um**2 + 0.011 / um**3) + R_V_CALZETTI
    red = 2.659 * (-1.857 + 1.040 / um) + R_V_CALZETTI
    return np.maximum(np.where(um < 0.63, blue, red), 0.0)


def dust_curves(wave_aa: np.ndarray) -> DustCurves:
    """Tabulate the curves on rest wavelengths in angstrom, (n_wave,)."""
    wave = np.asarray(wave_aa, float)
    drude = (wave * BUMP_WIDTH_AA) ** 2
    drude = drude / ((wave**2 - BUMP_CENTRE_AA**2) ** 2 + drude)
    return DustCurves(
        calzetti=jnp.asarray(calzetti_k(wave) / R_V_CALZETTI, jnp.float32),
        bump=jnp.asarray(drude / R_V_CALZETTI, jnp.float32),
        log_wave=jnp.asarray(np.log(wave / V_BAND_AA), jnp.float32),
        birth_cloud=jnp.asarray(V_BAND_AA / wave, jnp.float32),
    )


def diffuse_transmission(
    curves: DustCurves, tau_diffuse: Float[Array, " n_gal"], dust_index: Float[Array, " n_gal"]
) -> Float[Array, "n_gal n_wave"]:
    """Transmission of the diffuse dust (Kriek & Conroy 2013, arXiv:1308.1099, eqs. 1-3).

    Args:
        curves: tabulated curves, (n_wave,) each.
        tau_diffuse: optical depth at 5500 A.
        dust_index: delta, the slope added to Calzetti's; the bump is 0.85 - 1.9 delta, >= 0.
    """
    strength = jnp.maximum(0.85 - 1.9 * dust_index, 0.0)[:, None]
    tilt = jnp.exp(dust_index[:, None] * curves.log_wave)
    shape = (curves.calzetti + strength * curves.bump) * tilt
    return jnp.exp(-tau_diffuse[:, None] * shape)


def birth_cloud_transmission(
    curves: DustCurves, tau_birth_cloud: Float[Array, " n_gal"]
) -> Float[Array, "n_gal n_wave"]:
    """Transmission of the birth clouds (Charlot & Fall 2000, arXiv:astro-ph/0003128), slope -1."""
    return jnp.exp(-tau_birth_cloud[:, None] * curves.birth_cloud)
