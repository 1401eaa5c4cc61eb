"""From rest-frame light to band fluxes: IGM, distance, redshifted bands."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.sed.bandweights import (
    DISTANCE_UNIT_CM,
    N_SUB,
    BandTables,
    Transmission,
    line_weights,
    pixel_weights,
)
from photoz.sed.cosmology import Cosmology
from photoz.sed.grid import LOG_PIXEL, N_FOREST
from photoz.sed.igm import subpixel_transmission
from photoz.sed.milkyway import dimming, line_extinction, pixel_extinction
from photoz.sed.population import GridTables, Light, Switches
from photoz.sed.sightline import denser_igm

IGM_STEP = 0.02
N_DISTANCE = 2049


class RedshiftTables(NamedTuple):
    """Quantities of redshift alone.

    Attributes:
        igm: transmission every `IGM_STEP` in redshift, leaves (n_grid, ...).
        distance: luminosity distance in Gpc over ln(1 + z), uniform in ln(1 + z), (n,).
        age_gyr: age of the universe, uniform in ln(1 + z), (n,).
        log_z_last: ln(1 + z) of the last entry of the last two, ().
    """

    igm: Transmission
    distance: Array
    age_gyr: Array
    log_z_last: Array


def redshift_tables(
    edges_aa: np.ndarray, cosmology: Cosmology, z_max: float, igm_model: str = "inoue2014"
) -> RedshiftTables:
    """Tabulate IGM, distance and age up to z_max."""
    z_igm = IGM_STEP * np.arange(int(np.ceil(z_max / IGM_STEP)) + 2)
    log_z = np.linspace(0.0, np.log1p(z_max), N_DISTANCE)
    z = np.expm1(np.maximum(log_z, 1e-6))
    distance = cosmology.luminosity_distance_cm(z) / DISTANCE_UNIT_CM / np.maximum(log_z, 1e-6)
    f32 = lambda a: jnp.asarray(a, jnp.float32)  # noqa: E731
    sub = subpixel_transmission(edges_aa, z_igm, N_SUB, igm_model)
    n_continuum = sub.shape[1] - N_FOREST * N_SUB
    continuum = sub[:, :n_continuum].reshape(z_igm.size, -1, N_SUB).mean(axis=-1)
    return RedshiftTables(
        Transmission(f32(continuum), f32(sub[:, n_continuum:])),
        f32(distance),
        f32(cosmology.age_gyr(z)),
        f32(np.log1p(z_max)),
    )


def _uniform_interp(table: Array, place: Array) -> Array:
    whole = jnp.clip(jnp.floor(place), 0.0, table.shape[0] - 2.0)
    part = place - whole
    index = whole.astype(jnp.int32)
    return (1.0 - part) * table[index] + part * table[index + 1]


def age_gyr(tables: RedshiftTables, z: Array) -> Array:
    """Age of the universe at z in Gyr."""
    place = jnp.log1p(z) / tables.log_z_last * (tables.age_gyr.shape[0] - 1)
    return _uniform_interp(tables.age_gyr, place)


def distance_gpc(tables: RedshiftTables, z: Array) -> Array:
    """Luminosity distance at z in Gpc."""
    log_z = jnp.log1p(z)
    place = log_z / tables.log_z_last * (tables.distance.shape[0] - 1)
    return _uniform_interp(tables.distance, place) * log_z


def project(
    grid: GridTables,
    bands: BandTables,
    redshift: RedshiftTables,
    light: Light,
    z: Float[Array, ""],
    switches: Switches,
    log_igm: Float[Array, " n_gal"] | None = None,
    ebv_mw: Float[Array, " n_gal"] | None = None,
) -> Float[Array, "n_gal n_band"]:
    """Band fluxes in microjansky of galaxies at one redshift.

    Args:
        grid: the SSP grid.
        bands: the bands.
        redshift: IGM and distance.
        light: of the galaxies in their rest frame.
        z: their redshift.
        switches: which physics is on.
        log_igm: as in `SEDParameters`; None for the mean of every sightline.
        ebv_mw: as in `SEDParameters`; None for light as it arrives at the Milky Way.
    """
    n_wave = grid.width_aa.shape[0]
    igm = jax.tree.map(lambda t: jnp.ones_like(t[0]), redshift.igm)
    if switches.igm:
        igm = jax.tree.map(lambda t: _uniform_interp(t, z / IGM_STEP), redshift.igm)
    at_line = jnp.concatenate([*igm, jnp.ones(1)])[_line_place(grid, bands, igm)]
    if log_igm is not None and switches.igm:
        light = _through_denser(light, igm, at_line, log_igm)
    if ebv_mw is not None:
        light = _behind_milky_way(grid, bands, light, z, switches, ebv_mw)
    lines = line_weights(bands, z, grid.log_line_wave) * at_line[:, None]
    weights = pixel_weights(bands, z, igm, n_wave) / (1.0 + z)
    n_band = lines.shape[1]
    flux = jnp.einsum("gp,bp->gb", light.attenuated, weights)[:, :n_band] + light.line @ lines
    if switches.dust_emission:
        flux = flux + light.absorbed[:, None] * (weights @ grid.dust_emission)[None, :n_band]
    return flux / distance_gpc(redshift, z) ** 2


def _through_denser(light: Light, igm: Transmission, at_line: Array, log_igm: Array) -> Light:
    """Light whose mean IGM is still to come, so that it ends up behind each sightline's own."""
    forest = igm.forest.reshape(-1, N_SUB).mean(axis=-1)
    factor = denser_igm(jnp.concatenate([igm.continuum, forest]), log_igm)
    blue, red = jnp.split(light.attenuated, [factor.shape[1]], axis=1)
    return light._replace(
        attenuated=jnp.concatenate([blue * factor, red], axis=1),
        line=light.line * denser_igm(at_line, log_igm),
    )


def _behind_milky_way(
    grid: GridTables, bands: BandTables, light: Light, z: Array, switches: Switches, ebv_mw: Array
) -> Light:
    """Light dimmed by the Milky Way, what the galaxy's dust gives back included."""
    total = light.attenuated
    if switches.dust_emission:
        total = total + light.absorbed[:, None] * grid.dust_emission
    on_pixels = pixel_extinction(bands.extinction, z, total.shape[1])
    place = (grid.log_line_wave + jnp.log1p(z) - bands.log_first) / LOG_PIXEL
    on_lines = line_extinction(bands.extinction, place)
    return light._replace(
        attenuated=total * dimming(on_pixels, ebv_mw),
        line=light.line * dimming(on_lines, ebv_mw),
        absorbed=jnp.zeros_like(light.absorbed),  # its emission is in the total already
    )


def _line_place(grid: GridTables, bands: BandTables, igm: Transmission) -> Array:
    """Place of each line in the transmissions below the limit, in the forest, and beyond."""
    n_blue, n_forest = igm.continuum.shape[0], igm.forest.shape[0]
    sub = jnp.floor((grid.log_line_wave - bands.log_first) / (LOG_PIXEL / N_SUB) + 1e-2)
    sub = sub.astype(jnp.int32)
    in_forest = jnp.minimum(sub - n_blue * N_SUB, n_forest) + n_blue
    return jnp.where(sub < n_blue * N_SUB, sub // N_SUB, in_forest)
