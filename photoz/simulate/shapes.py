"""Priors of everything but redshift and mass: histories, metals, dust, nebulae."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array

from photoz.sed import provabgs, sfh
from photoz.sed.agn import AGN
from photoz.sed.linegroups import N_LINE_GROUP
from photoz.sed.population import GridTables, SEDParameters, surviving_fraction
from photoz.simulate.nuclei import draw_nuclei
from photoz.simulate.priors import Prior, cut_normal
from photoz.simulate.recipe import LOG_U_RANGE, METALS_RANGE, Recipe

# Mass-metallicity relation, tied loosely (Gallazzi et al. 2005, arXiv:astro-ph/0506539): mean
# log10 Z/Z_sun at log M = 10.5, slope per dex of mass, scatter in dex.
STAR_METALS = (-0.1, 0.35, 0.4)
GAS_METALS = (0.0, 0.30)
FAMILIES = ("continuity", "delayed", "provabgs")
N_SFH_BASIS, N_METALS_BASIS = 4, 2
TAU_GYR = (0.05, 10.0)
N_KEY = 12  # of the first split; what came later folds in a number from here on
PROVABGS_KEY, LINE_KEY, IGM_KEY, MILKY_WAY_KEY, AGN_KEY = range(N_KEY, N_KEY + 5)
LARGEST_SCATTER = 3.0  # widths at which a scatter is cut


class Draw(NamedTuple):
    """Drawn parameters, one value per galaxy or the number given, as stored in the catalogue.

    `family` is the place in `FAMILIES`; entries of a family that the recipe does not draw are 0,
    and what it has switched off is None.
    """

    log_mass: Array
    family: Array
    log_sfr_ratio: Array  # six
    start_fraction: Array
    tau_gyr: Array
    log_z_star: Array
    log_z_gas: Array
    log_u: Array
    tau_birth_cloud: Array
    tau_diffuse: Array
    dust_index: Array
    lya_escape: Array
    beta: Array  # four
    gamma: Array  # two
    burst_fraction: Array
    burst_gyr: Array
    log_line: Array | None = None  # one per group of lines
    log_igm: Array | None = None
    ebv_mw: Array | None = None
    log_l_disc: Array | None = None  # `NO_NUCLEUS` where the galaxy has none
    disc_slope: Array | None = None
    disc_tau: Array | None = None
    torus_ratio: Array | None = None


def draw_shapes(key: Array, recipe: Recipe, log_mass: Array) -> Draw:
    """Draw the parameters of galaxies whose surviving masses are given, (n_gal,)."""
    n = log_mass.shape[0]
    k = jax.random.split(key, N_KEY)
    dust = recipe.dust
    low, high = jnp.log(jnp.asarray(recipe.sfh.continuity_scale))
    scale = jnp.exp(low + (high - low) * jax.random.uniform(k[0], (n, 1)))
    # Student-t with two degrees of freedom by its inverse CDF (arXiv:1811.03637, sect. 2.3)
    u = jax.random.uniform(k[1], (n, 6), minval=1e-4, maxval=1 - 1e-4)
    ratio = scale * (2 * u - 1) / jnp.sqrt(2 * u * (1 - u))
    tau_diffuse = _draw(k[2], n, dust.tau_diffuse, 0.0, 4.0)
    cloud = cut_normal(k[3], n, *dust.birth_cloud_ratio, 0.0, 2.0) * tau_diffuse
    if dust.tau_birth_cloud is not None:
        cloud = dust.tau_birth_cloud.draw(k[3], n)
    star, gas = _metals(k[4], k[5], recipe, log_mass)
    log_tau = jax.random.uniform(k[6], (n,), minval=jnp.log(TAU_GYR[0]), maxval=jnp.log(TAU_GYR[1]))
    ebv = recipe.milky_way.ebv
    lines = recipe.nebular.line_scatter if recipe.nebular.on else 0.0
    return Draw(
        log_mass=log_mass,
        family=_family(jax.random.uniform(k[7], (n,)), recipe),
        log_sfr_ratio=jnp.clip(ratio, -5.0, 5.0),
        start_fraction=jax.random.uniform(k[8], (n,), minval=0.1, maxval=1.0),
        tau_gyr=jnp.exp(log_tau),
        log_z_star=star,
        log_z_gas=gas,
        log_u=_draw(k[9], n, recipe.nebular.log_u, *LOG_U_RANGE),
        tau_birth_cloud=cloud,
        tau_diffuse=tau_diffuse,
        dust_index=_index(k[10], n, dust.dust_index),
        lya_escape=jax.random.uniform(k[11], (n,)) ** 2,
        log_line=_scatter(key, LINE_KEY, lines, (n, N_LINE_GROUP)),
        log_igm=_scatter(key, IGM_KEY, recipe.igm.scatter if recipe.igm.on else 0.0, (n,)),
        ebv_mw=None if ebv is None else ebv.draw(jax.random.fold_in(key, MILKY_WAY_KEY), n),
        **draw_nuclei(jax.random.fold_in(key, AGN_KEY), recipe.agn, log_mass),
        **_provabgs(jax.random.fold_in(key, PROVABGS_KEY), recipe, n),
    )


def _draw(key: Array, n: int, prior, low: float, high: float) -> Array:
    """Draw from a prior, or from a normal (mean, width) cut to [low, high]."""
    if isinstance(prior, Prior):
        return prior.draw(key, n)
    mean, width = prior
    return cut_normal(key, n, mean, width, low, high)


def _index(key: Array, n: int, prior) -> Array:
    return (prior if isinstance(prior, Prior) else Prior("uniform", *prior)).draw(key, n)


def _scatter(key: Array, number: int, width: float, shape: tuple[int, ...]) -> Array | None:
    """Draw from a normal about 0 cut at `LARGEST_SCATTER` widths; None where there is no width."""
    if width == 0:
        return None
    bound = LARGEST_SCATTER
    return width * jax.random.truncated_normal(
        jax.random.fold_in(key, number), -bound, bound, shape
    )


def _metals(key_star: Array, key_gas: Array, recipe: Recipe, log_mass: Array):
    """log10 Z/Z_sun of stars and gas."""
    n, metals = log_mass.shape[0], recipe.metals
    about = log_mass - 10.5
    star_mean = jnp.clip(STAR_METALS[0] + STAR_METALS[1] * about, -1.6, 0.2)
    gas_mean = jnp.clip(GAS_METALS[0] + GAS_METALS[1] * about, -1.6, 0.2)
    star = (
        cut_normal(key_star, n, star_mean, STAR_METALS[2], *METALS_RANGE)
        if metals.star is None
        else metals.star.draw(key_star, n)
    )
    gas = (
        cut_normal(key_gas, n, gas_mean, recipe.nebular.gas_scatter, *METALS_RANGE)
        if metals.gas is None
        else metals.gas.draw(key_gas, n)
    )
    return star, gas


def _family(u: Array, recipe: Recipe) -> Array:
    """Place in `FAMILIES` from a uniform deviate, by the shares of the recipe."""
    delayed = u < recipe.sfh.delayed
    published = (u >= recipe.sfh.delayed) & (u < recipe.sfh.delayed + recipe.sfh.provabgs)
    return jnp.where(delayed, 1.0, jnp.where(published, 2.0, 0.0))


def _provabgs(key: Array, recipe: Recipe, n: int) -> dict[str, Array]:
    """Draw the family's own parameters (Hahn et al. 2023, arXiv:2202.01809, Table 1).

    The weights are flat on the simplex: exponential deviates over their sum.
    """
    if recipe.sfh.provabgs == 0:
        nothing = jnp.zeros(n)
        return {
            "beta": jnp.zeros((n, N_SFH_BASIS)),
            "gamma": jnp.zeros((n, N_METALS_BASIS)),
            "burst_fraction": nothing,
            "burst_gyr": nothing,
        }
    k = jax.random.split(key, 4)
    metals = recipe.sfh.metal_coefficient.draw(k[1], n * N_METALS_BASIS)
    return {
        "beta": jax.random.dirichlet(k[0], jnp.ones(N_SFH_BASIS), (n,)),
        "gamma": metals.reshape(n, N_METALS_BASIS),
        "burst_fraction": recipe.sfh.burst_fraction.draw(k[2], n),
        "burst_gyr": recipe.sfh.burst_gyr.draw(k[3], n),
    }


def sed_parameters(
    draw: Draw, grid: GridTables, age_universe_gyr: Array, recipe: Recipe
) -> SEDParameters:
    """Turn drawn parameters of galaxies at one redshift into the engine's, mass formed included."""
    edges = grid.age_edges_gyr
    flat = sfh.continuity(draw.log_sfr_ratio, age_universe_gyr, edges)
    falling = sfh.delayed(draw.start_fraction, draw.tau_gyr, age_universe_gyr, edges)
    fraction = jnp.where(draw.family[:, None] == 1, falling, flat)
    log_z_star = draw.log_z_star
    if recipe.sfh.provabgs > 0:
        summed, metals = provabgs.history(
            provabgs.load_bases(recipe.sfh.provabgs_bases or None),
            draw.beta,
            draw.gamma,
            draw.burst_fraction,
            draw.burst_gyr,
            age_universe_gyr,
            edges,
            scaled=recipe.sfh.provabgs_time == "scaled",
        )
        is_published = draw.family[:, None] == 2
        fraction = jnp.where(is_published, summed, fraction)
        # the grid ends before the paper's lowest metallicities
        metals = jnp.clip(metals, grid.log_z[0], grid.log_z[-1])
        log_z_star = jnp.where(is_published, metals, log_z_star[:, None])
    parameters = SEDParameters(
        log_mass=draw.log_mass,
        age_fraction=fraction,
        log_z_star=log_z_star,
        log_z_gas=draw.log_z_gas,
        log_u=draw.log_u,
        tau_birth_cloud=draw.tau_birth_cloud,
        tau_diffuse=draw.tau_diffuse,
        dust_index=draw.dust_index,
        lya_escape=draw.lya_escape,
        log_line=draw.log_line,
        log_igm=draw.log_igm,
        ebv_mw=draw.ebv_mw,
        agn=_agn(draw),
    )
    if recipe.population.mass == "formed":
        return parameters
    formed = draw.log_mass - jnp.log10(surviving_fraction(grid, parameters))
    return parameters._replace(log_mass=formed)


def _agn(draw: Draw) -> AGN | None:
    """Nuclei, or None where the recipe draws none."""
    luminosity, slope = draw.log_l_disc, draw.disc_slope
    tau, ratio = draw.disc_tau, draw.torus_ratio
    if luminosity is None or slope is None or tau is None or ratio is None:
        return None
    return AGN(luminosity, slope, tau, ratio)
