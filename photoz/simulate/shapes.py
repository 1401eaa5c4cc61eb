"""Priors of everything but redshift and mass: histories, metals, dust, nebulae."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array

from photoz.sed import sfh
from photoz.sed.population import GridTables, SEDParameters, surviving_fraction
from photoz.simulate.recipe import Recipe

# Mass-metallicity relation, tied loosely (Gallazzi et al. 2005, arXiv:astro-ph/0506539): mean
# log10 Z/Z_sun at log M = 10.5, slope per dex of mass, scatter in dex.
STAR_METALS = (-0.1, 0.35, 0.4)
GAS_METALS = (0.0, 0.30)
METALS_RANGE = (-2.0, 0.4)
TAU_GYR = (0.05, 10.0)


class Draw(NamedTuple):
    """Drawn parameters, one value per galaxy (`log_sfr_ratio`: six), as stored in the catalogue.

    `family` is 0 for continuity and 1 for delayed; entries of the other family are drawn but
    not used, so that every column has a value.
    """

    log_mass: Array
    family: Array
    log_sfr_ratio: Array
    start_fraction: Array
    tau_gyr: Array
    log_z_star: Array
    log_z_gas: Array
    log_u: Array
    tau_birth_cloud: Array
    tau_diffuse: Array
    dust_index: Array
    lya_escape: Array


def _cut_normal(key: Array, n: int, mean, width, low: float, high: float) -> Array:
    """Normal draws truncated to [low, high]."""
    bounds = (jnp.asarray(low) - mean) / width, (jnp.asarray(high) - mean) / width
    return mean + width * jax.random.truncated_normal(key, *bounds, (n,))


def draw_shapes(key: Array, recipe: Recipe, log_mass: Array) -> Draw:
    """Draw the parameters of galaxies whose surviving masses are given, (n_gal,)."""
    n = log_mass.shape[0]
    k = jax.random.split(key, 12)
    dust, neb = recipe.dust, recipe.nebular
    low, high = jnp.log(jnp.asarray(recipe.sfh.continuity_scale))
    scale = jnp.exp(low + (high - low) * jax.random.uniform(k[0], (n, 1)))
    # Student-t with two degrees of freedom by its inverse CDF (arXiv:1811.03637, sect. 2.3)
    u = jax.random.uniform(k[1], (n, 6), minval=1e-4, maxval=1 - 1e-4)
    ratio = scale * (2 * u - 1) / jnp.sqrt(2 * u * (1 - u))
    tau_diffuse = _cut_normal(k[2], n, *dust.tau_diffuse, 0.0, 4.0)
    cloud = _cut_normal(k[3], n, *dust.birth_cloud_ratio, 0.0, 2.0)
    star_mean = STAR_METALS[0] + STAR_METALS[1] * (log_mass - 10.5)
    star = _cut_normal(k[4], n, jnp.clip(star_mean, -1.6, 0.2), STAR_METALS[2], *METALS_RANGE)
    gas_mean = GAS_METALS[0] + GAS_METALS[1] * (log_mass - 10.5)
    gas = _cut_normal(k[5], n, jnp.clip(gas_mean, -1.6, 0.2), neb.gas_scatter, *METALS_RANGE)
    log_tau = jax.random.uniform(k[6], (n,), minval=jnp.log(TAU_GYR[0]), maxval=jnp.log(TAU_GYR[1]))
    return Draw(
        log_mass=log_mass,
        family=(jax.random.uniform(k[7], (n,)) < recipe.sfh.delayed).astype(jnp.float32),
        log_sfr_ratio=jnp.clip(ratio, -5.0, 5.0),
        start_fraction=jax.random.uniform(k[8], (n,), minval=0.1, maxval=1.0),
        tau_gyr=jnp.exp(log_tau),
        log_z_star=star,
        log_z_gas=gas,
        log_u=_cut_normal(k[9], n, *neb.log_u, -4.0, -1.0),
        tau_birth_cloud=cloud * tau_diffuse,
        tau_diffuse=tau_diffuse,
        dust_index=jax.random.uniform(
            k[10], (n,), minval=dust.dust_index[0], maxval=dust.dust_index[1]
        ),
        lya_escape=jax.random.uniform(k[11], (n,)) ** 2,
    )


def sed_parameters(draw: Draw, grid: GridTables, age_universe_gyr: Array) -> SEDParameters:
    """Turn drawn parameters of galaxies at one redshift into the engine's, mass formed included."""
    edges = grid.age_edges_gyr
    flat = sfh.continuity(draw.log_sfr_ratio, age_universe_gyr, edges)
    falling = sfh.delayed(draw.start_fraction, draw.tau_gyr, age_universe_gyr, edges)
    parameters = SEDParameters(
        log_mass=draw.log_mass,
        age_fraction=jnp.where(draw.family[:, None] > 0.5, falling, flat),
        log_z_star=draw.log_z_star,
        log_z_gas=draw.log_z_gas,
        log_u=draw.log_u,
        tau_birth_cloud=draw.tau_birth_cloud,
        tau_diffuse=draw.tau_diffuse,
        dust_index=draw.dust_index,
        lya_escape=draw.lya_escape,
    )
    formed = draw.log_mass - jnp.log10(surviving_fraction(grid, parameters))
    return parameters._replace(log_mass=formed)
