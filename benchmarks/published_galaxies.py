"""The model galaxies that published numbers are compared with."""

from dataclasses import dataclass
from functools import cache

import jax.numpy as jnp
import numpy as np

from photoz.sed import Engine, SEDParameters, load_grid
from photoz.sed.constants import L_SUN_ERG_S
from photoz.sed.curves import sedpy_curve
from photoz.sed.filters import Band

BANDS = {
    "B": "bessell_B",
    "V": "bessell_V",
    "u": "sdss_u0",
    "g": "sdss_g0",
    "r": "sdss_r0",
}


@dataclass(frozen=True)
class Population:
    """Light of one solar mass formed, (n_wave,) L_sun / angstrom, and what of it still lives."""

    wave_aa: np.ndarray
    luminosity: np.ndarray
    living: float


@cache
def band(name: str) -> Band:
    """Return a band of `BANDS`."""
    return Band(name, *sedpy_curve(BANDS[name]), source=BANDS[name])


def single_population(age_gyr: float, metallicity_solar: float) -> Population:
    """Return a simple stellar population of the shipped grid, linear in ln age and log Z.

    Args:
        age_gyr: age, above 0.1.
        metallicity_solar: Z / Z_sun, one of the grid's or between.
    """
    grid = load_grid()
    centre = np.sqrt(grid.age_edges_gyr[1:] * np.maximum(grid.age_edges_gyr[:-1], 1e-4))

    def between(axis, x):
        place = float(np.interp(x, axis, np.arange(axis.size)))
        low = min(int(place), axis.size - 2)
        return low, place - low

    i, a = between(np.log(centre), np.log(age_gyr))
    j, b = between(grid.log_z, np.log10(metallicity_solar))

    def mixed(table):
        table = np.asarray(table, float)
        young, old = ((1 - b) * table[j, k] + b * table[j + 1, k] for k in (i, i + 1))
        return (1 - a) * young + a * old

    return Population(grid.wave_aa, mixed(grid.stellar), float(mixed(grid.surviving)))


def exponential_population(tau_gyr: float, age_gyr: float, metallicity_solar: float) -> Population:
    """Return a galaxy of exponentially declining star formation, dust-free, stars only.

    Args:
        tau_gyr: e-folding time; infinite for a constant rate.
        age_gyr: time since the start.
        metallicity_solar: one of the grid's, Z / Z_sun.
    """
    grid = load_grid()
    (row,) = np.flatnonzero(np.isclose(grid.log_z, np.log10(metallicity_solar), atol=1e-3))
    edges = np.minimum(grid.age_edges_gyr, age_gyr)
    # rate at lookback t: exp(-(age - t) / tau)
    grown = edges if np.isinf(tau_gyr) else tau_gyr * np.expm1(edges / tau_gyr)
    share = np.diff(grown) / grown[-1]
    light = share @ np.asarray(grid.stellar[row], float)
    return Population(grid.wave_aa, light, float(share @ grid.surviving[row]))


@cache
def megacam() -> Engine:
    """Return an engine in the MegaCam bands."""
    return Engine.load("vvds-megacam", z_max=6.0, dust_law="calzetti")


@cache
def star_forming_colours() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return redshifts and AB colours in MegaCam u-g, g-r, r-i of a young star-forming galaxy.

    300 Myr of constant star formation at 0.2 Z_sun with E(B-V) 0.15 of Calzetti's curve, the
    typical Lyman-break galaxy of Shapley et al. (2001, astro-ph/0107324).
    """
    engine = megacam()
    z = np.arange(1.5, 5.0, 0.05)
    edges = np.minimum(np.asarray(engine.tables.grid.age_edges_gyr), 0.3)
    share = np.diff(edges) / 0.3
    one = lambda value: jnp.full(z.size, value, jnp.float32)  # noqa: E731
    parameters = SEDParameters(
        log_mass=one(10.0),
        age_fraction=jnp.broadcast_to(jnp.asarray(share, jnp.float32), (z.size, share.size)),
        log_z_star=one(np.log10(0.2)),
        log_z_gas=one(np.log10(0.2)),
        log_u=one(-2.5),
        tau_birth_cloud=one(0.0),
        # A_V = 4.05 E(B-V)
        tau_diffuse=one(0.15 * 4.05 / 1.086),
        dust_index=one(0.0),
        lya_escape=one(0.2),
    )
    flux = np.asarray(engine.photometry(parameters, jnp.asarray(z)), float)
    names = [name[-1] for name in engine.survey.band_names]
    magnitude = dict(zip(names, -2.5 * np.log10(np.maximum(flux, 1e-12).T), strict=True))
    pairs = (("U", "G"), ("G", "R"), ("R", "I"))
    return z, {f"{a}-{b}".lower(): magnitude[a] - magnitude[b] for a, b in pairs}


def ionised_gas() -> tuple[float, float]:
    """Return log10 L(H alpha) in erg / s at 1 M_sun / yr, and H alpha / H beta.

    Solar metallicity, log U -2.5, every ionising photon absorbed.
    """
    grid = load_grid()
    formed = np.diff(grid.age_edges_gyr[: grid.n_young + 1]) * 1e9
    (star,) = np.flatnonzero(np.isclose(grid.log_z, 0.0))
    (gas,) = np.flatnonzero(np.isclose(grid.nebular_log_z, 0.0))
    (u,) = np.flatnonzero(np.isclose(grid.log_u, -2.5))
    photons = formed * np.asarray(grid.ionising[star], float)

    def line(wave_aa):
        at = int(np.argmin(np.abs(grid.line_wave_aa - wave_aa)))
        return float(photons @ np.asarray(grid.line[gas, u, :, at], float)) * L_SUN_ERG_S

    alpha = line(6562.8)
    return float(np.log10(alpha)), alpha / line(4861.3)
