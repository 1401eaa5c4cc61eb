"""Dust: birth clouds and the diffuse curve, by default Kriek & Conroy (2013) with its bump."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.errors import InputError

V_BAND_AA = 5500.0
R_V_CALZETTI = 4.05
BUMP_CENTRE_AA, BUMP_WIDTH_AA = 2175.0, 350.0
DUST_LAWS = ("kriek-conroy", "calzetti", "smc")
# a, centre in micrometres, b, n of each term
PEI_SMC = (
    (185.0, 0.042, 90.0, 2.0),
    (27.0, 0.08, 5.50, 4.0),
    (0.005, 0.22, -1.95, 2.0),
    (0.010, 9.7, -1.95, 2.0),
    (0.012, 18.0, -1.80, 2.0),
    (0.030, 25.0, 0.00, 2.0),
)


class DustCurves(NamedTuple):
    """The wavelength-dependent factors of the attenuation, computed once per wavelength grid.

    Attributes:
        shape: A(lambda) over A at 5500 A, (n_wave,).
        bump: Drude profile of unit strength over R_V, (n_wave,).
        log_wave: ln(lambda / 5500 A), on which the slope delta acts, (n_wave,).
        birth_cloud: (lambda / 5500 A)^-1, (n_wave,).
    """

    shape: Float[Array, " n_wave"]
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


def smc_shape(wave_aa: np.ndarray) -> np.ndarray:
    """Extinction of the SMC over that at 5500 A (Pei 1992, ApJ 395, 130, eq. 20).

    Angstrom in; the six terms of his Table 4.
    """

    def xi(um: np.ndarray) -> np.ndarray:
        um = um[..., None]
        a, centre, b, n = np.array(PEI_SMC).T
        return np.sum(a / ((um / centre) ** n + (centre / um) ** n + b), axis=-1)

    return xi(np.asarray(wave_aa, float) * 1e-4) / xi(np.array(V_BAND_AA * 1e-4))


def dust_curves(wave_aa: np.ndarray, law: str = "kriek-conroy") -> DustCurves:
    """Tabulate the curves on rest wavelengths in angstrom, (n_wave,).

    Args:
        wave_aa: rest wavelengths.
        law: of the diffuse dust, one of `DUST_LAWS`; `calzetti` and `smc` have no bump and no
            slope of their own, so that `dust_index` does nothing.

    Raises:
        InputError: the law is not known.
    """
    if law not in DUST_LAWS:
        raise InputError(f"There is no dust law {law!r}; known: {', '.join(DUST_LAWS)}.")
    wave = np.asarray(wave_aa, float)
    drude = (wave * BUMP_WIDTH_AA) ** 2
    drude = drude / ((wave**2 - BUMP_CENTRE_AA**2) ** 2 + drude)
    bends = float(law == "kriek-conroy")
    shape = smc_shape(wave) if law == "smc" else calzetti_k(wave) / R_V_CALZETTI
    return DustCurves(
        shape=jnp.asarray(shape, jnp.float32),
        bump=jnp.asarray(bends * drude / R_V_CALZETTI, jnp.float32),
        log_wave=jnp.asarray(bends * np.log(wave / V_BAND_AA), jnp.float32),
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
    shape = (curves.shape + strength * curves.bump) * tilt
    return jnp.exp(-tau_diffuse[:, None] * shape)


def birth_cloud_transmission(
    curves: DustCurves, tau_birth_cloud: Float[Array, " n_gal"]
) -> Float[Array, "n_gal n_wave"]:
    """Transmission of the birth clouds (Charlot & Fall 2000, arXiv:astro-ph/0003128), slope -1."""
    return jnp.exp(-tau_birth_cloud[:, None] * curves.birth_cloud)
