"""An active nucleus, kept simple: a power-law disc behind SMC dust and a torus of two temperatures.

No lines of the nucleus, no dust of the galaxy in front of it, no ionising light of its own for the
galaxy's gas, no dependence of the slope on luminosity; the torus shines whatever the disc's dust
takes. Enough to ask what an unseen nucleus does to a redshift, not to study nuclei.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.sed.constants import LYMAN_LIMIT_AA
from photoz.sed.dust import V_BAND_AA, smc_shape

DISC_AA = (LYMAN_LIMIT_AA, 1e4)  # between which the disc's luminosity is counted
FALL_SLOPE = 2.0  # of f_nu beyond 1 um, where the outermost ring's Rayleigh-Jeans tail is left
# Dust that sublimates at about 1500 K (Barvainis 1987, ApJ 320, 537) shines at 2 to 3 um; the rest
# of the torus peaks at 10 um. Half of the torus each is our choice.
TORUS_K, TORUS_SHARE = (1300.0, 300.0), (0.5, 0.5)
PLANCK_AA_K = 1.438776877e8  # h c / k, angstrom kelvin
LARGEST_EXPONENT = 500.0  # of Planck's law; beyond it there is no light


class AGN(NamedTuple):
    """Parameters of nuclei, the leading axes those of the galaxies.

    Attributes:
        log_l_disc: log10 of the disc's luminosity between the Lyman limit and 1 um before its
            dust, L_sun; -99 for none.
        slope: of f_nu ~ nu^slope; about -0.44 (Vanden Berk et al. 2001, astro-ph/0105231).
        tau: optical depth at 5500 angstrom of the SMC dust in front of the disc.
        torus_ratio: luminosity of the torus over that of the disc before its dust.
    """

    log_l_disc: Array
    slope: Array
    tau: Array
    torus_ratio: Array


class AGNTables(NamedTuple):
    """What does not depend on the nucleus, on the rest-frame pixels, (n_wave,).

    Attributes:
        log_wave: ln(wavelength / 5500 angstrom), held at 1 um beyond it.
        fall: the disc's tail beyond 1 um, over what it has there; 0 below the Lyman limit.
        counted_aa: width of the part of each pixel inside `DISC_AA`, angstrom.
        extinction: of the SMC, over that at 5500 angstrom.
        torus: per angstrom, of unit luminosity over all wavelengths.
    """

    log_wave: Float[Array, " n_wave"]
    fall: Float[Array, " n_wave"]
    counted_aa: Float[Array, " n_wave"]
    extinction: Float[Array, " n_wave"]
    torus: Float[Array, " n_wave"]


def agn_tables(edges_aa: Float[np.ndarray, " n_edge"]) -> AGNTables:
    """Tabulate on rest-frame pixels.

    Args:
        edges_aa: edges of the pixels, angstrom, one more than there are pixels.
    """
    low, high = DISC_AA
    wave = np.sqrt(edges_aa[1:] * edges_aa[:-1])
    beyond = np.maximum(wave / high, 1.0) ** -(2.0 + FALL_SLOPE)
    torus = sum(s * blackbody(wave, t) for s, t in zip(TORUS_SHARE, TORUS_K, strict=True))
    f32 = lambda a: jnp.asarray(a, jnp.float32)  # noqa: E731
    return AGNTables(
        log_wave=f32(np.log(np.minimum(wave, high) / V_BAND_AA)),
        fall=f32(beyond * (wave > low)),
        counted_aa=f32(np.diff(np.clip(edges_aa, low, high))),
        extinction=f32(smc_shape(wave)),
        torus=f32(torus),
    )


def blackbody(wave_aa: Float[np.ndarray, " n"], kelvin: float) -> Float[np.ndarray, " n"]:
    """Planck's law over sigma T^4 / pi: unit luminosity, per angstrom.

    With x = h c / (wavelength k T) it is 15 / pi^4 x^4 / (e^x - 1) / wavelength.

    Args:
        wave_aa: wavelengths, angstrom.
        kelvin: temperature.
    """
    x = PLANCK_AA_K / (wave_aa * kelvin)
    light = 15.0 / np.pi**4 * x**4 / wave_aa / np.expm1(np.minimum(x, LARGEST_EXPONENT))
    return np.where(x < LARGEST_EXPONENT, light, 0.0)


def nucleus(tables: AGNTables, agn: AGN, unit_lsun: float) -> Float[Array, "n_gal n_wave"]:
    """Light of disc and torus as it leaves the nucleus, per angstrom.

    Args:
        tables: of the rest-frame pixels.
        agn: leaves (n_gal,).
        unit_lsun: the unit of the result, L_sun.
    """
    shape = jnp.exp(-(2.0 + agn.slope)[:, None] * tables.log_wave) * tables.fall
    power = 10.0 ** (agn.log_l_disc - np.log10(unit_lsun))
    disc = (power / jnp.sum(shape * tables.counted_aa, axis=-1))[:, None] * shape
    reddened = disc * jnp.exp(-agn.tau[:, None] * tables.extinction)
    return reddened + (power * agn.torus_ratio)[:, None] * tables.torus
