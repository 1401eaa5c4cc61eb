"""Light of a galaxy in its rest frame: stars, nebulae, dust, an active nucleus."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.sed.agn import AGN, AGNTables, agn_tables, nucleus
from photoz.sed.bandweights import LUMINOSITY_UNIT
from photoz.sed.constants import LY_ALPHA_AA, LYMAN_LIMIT_AA
from photoz.sed.dust import DustCurves, birth_cloud_transmission, diffuse_transmission, dust_curves
from photoz.sed.grid import SSPGrid
from photoz.sed.linegroups import line_membership
from photoz.sed.spectrabasis import compressed

N_CONTINUUM = 24  # leading rows of the grid's basis of the nebular continuum


class Switches(NamedTuple):
    """Which physics is on.

    Attributes:
        nebular: lines and continuum, ionising light absorbed; off leaves the young stars bare.
        dust_emission: absorbed light comes back in the infrared.
        igm: mean transmission of the intergalactic medium.
    """

    nebular: bool = True
    dust_emission: bool = True
    igm: bool = True


class SEDParameters(NamedTuple):
    """Physical parameters; every leaf has the same leading axes, `age_fraction` one more.

    `log_z_star` may carry the axis of ages too: then every age bin has its own metallicity. The
    leaves after `lya_escape` may be None, which costs nothing and changes nothing.

    Attributes:
        log_mass: log10 of the stellar mass formed, M_sun.
        age_fraction: fraction of that mass in each age bin of the grid, (..., n_age).
        log_z_star: log10 Z/Z_sun of the stars, (...) or (..., n_age).
        log_z_gas: log10 Z/Z_sun of the gas.
        log_u: log10 ionisation parameter.
        tau_birth_cloud: optical depth of the birth clouds at 5500 A.
        tau_diffuse: optical depth of the diffuse dust at 5500 A.
        dust_index: delta of Kriek & Conroy (2013).
        lya_escape: share of Lyman alpha that leaves the nebula.
        log_line: dex by which each group of `photoz.sed.linegroups` is stronger than the grid's,
            (..., n_group). The lines then carry another power than the photons that made them
            give; dust takes its part of the lines as they are.
        log_igm: ln of the factor on the mean optical depth of the intergalactic medium.
        ebv_mw: reddening E(B-V) of the Milky Way in front, magnitudes.
        agn: active nuclei, whose light the galaxy's dust neither dims nor takes up.
    """

    log_mass: Array
    age_fraction: Array
    log_z_star: Array
    log_z_gas: Array
    log_u: Array
    tau_birth_cloud: Array
    tau_diffuse: Array
    dust_index: Array
    lya_escape: Array
    log_line: Array | None = None
    log_igm: Array | None = None
    ebv_mw: Array | None = None
    agn: AGN | None = None


class Power(NamedTuple):
    """Power redward of the Lyman limit, what dust can take, of each row of a basis."""

    young: Array
    old_basis: Array
    continuum_basis: Array


class GridTables(NamedTuple):
    """The SSP grid on the device; names and units as `SSPGrid`."""

    log_z: Array
    log_z_gas: Array
    log_u: Array
    age_edges_gyr: Array
    width_aa: Array
    young: Array  # (n_z * n_young, n_wave)
    clouded: Array  # young stars without their ionising light, and the nebular continuum
    old_weight: Array  # (n_z * n_old, n_basis)
    old_basis: Array
    ionising: Array
    nebular: Array  # lines, then weights of the continuum, (n_z_gas * n_u * n_young, ...)
    continuum_basis: Array
    power: Power
    dust_emission: Array
    surviving: Array
    log_line_wave: Array
    is_lya: Array
    line_group: Array  # 1 where a line belongs to a group, (n_group, n_line)
    ionised: Array  # 0 below the Lyman limit, 1 above, (n_wave,)
    dust: DustCurves
    line_dust: DustCurves
    agn: AGNTables


class Light(NamedTuple):
    """Rest-frame luminosities in 1e10 L_sun (per angstrom for continua).

    Attributes:
        attenuated: continuum after dust, the nucleus's included, (n_gal, n_wave).
        line: lines after dust, (n_gal, n_line).
        absorbed: power taken by dust, (n_gal,).
        stellar: stars before dust, (n_gal, n_wave).
        nebular: nebular continuum before dust, (n_gal, n_wave).
        line_intrinsic: lines before dust, (n_gal, n_line).
    """

    attenuated: Array
    line: Array
    absorbed: Array
    stellar: Array
    nebular: Array
    line_intrinsic: Array


def grid_tables(grid: SSPGrid, dust_law: str = "kriek-conroy") -> GridTables:
    """Move a grid to the device in the shapes of the matrix products."""
    n_young, wave = grid.n_young, grid.wave_aa
    width, ionised = np.diff(grid.wave_edges_aa), wave > LYMAN_LIMIT_AA
    young = grid.stellar[:, :n_young].reshape(-1, wave.size)
    old_weight, old_basis = compressed(grid.stellar[:, n_young:].reshape(-1, wave.size), wave)
    continuum_basis = grid.continuum_basis[:N_CONTINUUM]
    f32 = lambda a: jnp.asarray(a, jnp.float32)  # noqa: E731
    return GridTables(
        log_z=f32(grid.log_z),
        log_z_gas=f32(grid.nebular_log_z),
        log_u=f32(grid.log_u),
        age_edges_gyr=f32(grid.age_edges_gyr),
        width_aa=f32(width),
        young=f32(young),
        clouded=f32(np.concatenate([young * ionised, continuum_basis])),
        old_weight=f32(old_weight),
        old_basis=f32(old_basis),
        ionising=f32(grid.ionising),
        nebular=f32(
            np.concatenate([grid.line, grid.continuum_weight[..., :N_CONTINUUM]], axis=-1).reshape(
                -1, grid.line_wave_aa.size + N_CONTINUUM
            )
        ),
        continuum_basis=f32(continuum_basis),
        power=Power(*(f32(b @ (width * ionised)) for b in (young, old_basis, continuum_basis))),
        dust_emission=f32(grid.dust_emission),
        surviving=f32(grid.surviving),
        log_line_wave=f32(np.log(grid.line_wave_aa)),
        is_lya=f32(np.abs(grid.line_wave_aa - LY_ALPHA_AA) < 0.5),
        line_group=f32(line_membership(grid.line_wave_aa)),
        ionised=f32(ionised),
        dust=dust_curves(wave, dust_law),
        line_dust=dust_curves(grid.line_wave_aa, dust_law),
        agn=agn_tables(grid.wave_edges_aa),
    )


def axis_weights(axis: Float[Array, " n"], x: Array) -> Float[Array, "... n"]:
    """Linear interpolation on an increasing axis as weights; outside, the nearest node."""
    x = jnp.clip(x, axis[0], axis[-1])[..., None]
    step = jnp.diff(axis)
    left = jnp.concatenate([jnp.ones(1), step])
    right = jnp.concatenate([step, jnp.ones(1)])
    rise = (x - axis) / left + 1.0
    fall = 1.0 - (x - axis) / right
    return jnp.clip(jnp.where(x < axis, rise, fall), 0.0, 1.0)


def population_weights(tables: GridTables, p: SEDParameters) -> Float[Array, "n_gal n_z n_age"]:
    """Fraction of the formed mass in each population of the grid."""
    z_weight = axis_weights(tables.log_z, p.log_z_star)
    if p.log_z_star.ndim == p.log_mass.ndim:
        return z_weight[:, :, None] * p.age_fraction[:, None, :]
    return jnp.swapaxes(z_weight * p.age_fraction[:, :, None], 1, 2)


def luminosities(tables: GridTables, p: SEDParameters, switches: Switches) -> Light:
    """Rest-frame light of galaxies (leaves (n_gal,)), in 1e10 L_sun.

    What a caller does not use of the result is not computed once this is jitted.
    """
    n_gal, n_young = p.log_mass.shape[0], tables.ionising.shape[1]
    scale = 10.0 ** (p.log_mass - np.log10(LUMINOSITY_UNIT))
    mass = scale[:, None, None] * population_weights(tables, p)
    young = mass[:, :, :n_young].reshape(n_gal, -1)
    old = mass[:, :, n_young:].reshape(n_gal, -1) @ tables.old_weight
    clouded, clouded_basis = young, tables.young
    power = young @ tables.power.young + old @ tables.power.old_basis
    if switches.nebular:
        gas, line = _nebular(tables, p, mass[:, :, :n_young])
        clouded = jnp.concatenate([young, gas], axis=1)
        clouded_basis = tables.clouded
        nebular = gas @ tables.continuum_basis
        power = power + gas @ tables.power.continuum_basis
    else:
        nebular = jnp.zeros((n_gal, tables.width_aa.shape[0]))
        line = jnp.zeros((n_gal, tables.is_lya.shape[0]))
    bright = clouded @ clouded_basis
    faint = old @ tables.old_basis
    diffuse = diffuse_transmission(tables.dust, p.tau_diffuse, p.dust_index)
    cloud = birth_cloud_transmission(tables.dust, p.tau_birth_cloud)
    seen = (bright * cloud + faint) * diffuse
    line_seen = (
        line
        * diffuse_transmission(tables.line_dust, p.tau_diffuse, p.dust_index)
        * birth_cloud_transmission(tables.line_dust, p.tau_birth_cloud)
    )
    absorbed = power - seen @ (tables.width_aa * tables.ionised) + jnp.sum(line - line_seen, -1)
    if p.agn is not None:
        seen = seen + nucleus(tables.agn, p.agn, LUMINOSITY_UNIT)
    return Light(seen, line_seen, absorbed, bright - nebular + faint, nebular, line)


def _nebular(tables: GridTables, p: SEDParameters, young_mass: Array):
    """Nebular emission of the young stars' photons; `young_mass` is (n_gal, n_z, n_young).

    Returns:
        Coefficients of `continuum_basis` (n_gal, n_basis) and lines (n_gal, n_line).
    """
    photons = jnp.sum(young_mass * tables.ionising, axis=1)
    gas = axis_weights(tables.log_z_gas, p.log_z_gas)
    u = axis_weights(tables.log_u, p.log_u)
    state = (gas[:, :, None] * u[:, None, :]).reshape(photons.shape[0], -1, 1)
    weight = (state * photons[:, None, :]).reshape(photons.shape[0], -1)
    line, continuum = jnp.split(weight @ tables.nebular, [tables.is_lya.shape[0]], axis=-1)
    line = line * (1.0 - tables.is_lya * (1.0 - p.lya_escape[:, None]))
    if p.log_line is not None:
        line = line * 10.0 ** (p.log_line @ tables.line_group)
    return continuum, line


def surviving_fraction(tables: GridTables, p: SEDParameters) -> Float[Array, " n_gal"]:
    """Surviving over formed stellar mass of each galaxy."""
    return jnp.sum(population_weights(tables, p) * tables.surviving, axis=(1, 2))
