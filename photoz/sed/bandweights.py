"""Bands as weights on the rest-frame pixels, for any redshift, without an interpolation loop.

On a grid uniform in log wavelength a redshift is a shift. The integral of lambda T(lambda) over
a pixel is therefore tabulated once, at `N_SUB` shifts per pixel, and a redshift takes one slice
of the table; between two tabulated shifts the weights are interpolated linearly.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from photoz.errors import GridError
from photoz.sed.constants import (
    C_AA_S,
    CGS_TO_UJY,
    L_SUN_ERG_S,
    LY_ALPHA_AA,
    LYMAN_LIMIT_AA,
    MPC_CM,
)
from photoz.sed.filters import Band
from photoz.sed.grid import LOG_PIXEL

N_SUB = 8
_PLACE = (np.arange(N_SUB) + 0.5) / N_SUB - 0.5  # of the sub-pixels in their pixel
# a parabola through three pixel averages: average + slope x + curvature (x^2 - 1/12) / 2
SHAPES = np.stack([_PLACE, 0.5 * (_PLACE**2 - np.mean(_PLACE**2))])
N_LINE = 32  # samples per pixel of the response to lines: filter edges are steep
# Keep float32 in range: luminosities come in 1e10 L_sun, distances in Gpc.
LUMINOSITY_UNIT = 1e10
DISTANCE_UNIT_CM = 1e3 * MPC_CM


class BandTables(NamedTuple):
    """Tabulated band integrals.

    Attributes:
        pixel: integral of lambda T over each pixel at each sub-pixel shift, already in
            microjansky per (1e10 L_sun / angstrom) at 1 Gpc, (N_SUB, n_table, n_band).
        moment: the same integral weighted by `SHAPES` of the place in the pixel, (2, N_SUB,
            n_table, n_band).
        slope: coefficients of the blue neighbour, the pixel and the red neighbour that make the
            slope and the curvature of a spectrum across a pixel, (2, 3, n_wave).
        fine: the same integral over each sub-pixel, (n_table * N_SUB, n_band).
        response: lambda T at `N_LINE` samples a pixel, for lines, microjansky per 1e10 L_sun at
            1 Gpc, (n_table * N_LINE, n_band).
        log_first: ln of the first rest-frame pixel edge, ().
    """

    pixel: Float[Array, "n_sub n_table n_band"]
    moment: Float[Array, "2 n_sub n_table n_band"]
    slope: Float[Array, "2 3 n_wave"]
    fine: Float[Array, "n_fine n_band"]
    response: Float[Array, "n_line_sample n_band"]
    log_first: Float[Array, ""]


def _cumulative(band: Band, edges: np.ndarray) -> np.ndarray:
    """Integral of lambda T from the blue end to each edge, exact for a piecewise-linear curve."""
    fine = np.unique(np.concatenate([band.wave_aa, np.clip(edges, *band.wave_aa[[0, -1]])]))
    trans = np.interp(fine, band.wave_aa, band.transmission, left=0.0, right=0.0)
    step, mid_t = np.diff(fine), 0.5 * (trans[1:] + trans[:-1])
    mid_w = 0.5 * (fine[1:] + fine[:-1])
    # Simpson is exact for the product of two straight lines
    lower, upper = fine[:-1] * trans[:-1], fine[1:] * trans[1:]
    area = step / 6.0 * (lower + 4.0 * mid_w * mid_t + upper)
    total = np.concatenate([[0.0], np.cumsum(area)])
    return np.interp(edges, fine, total)


def band_tables(bands: tuple[Band, ...], edges_aa: np.ndarray, z_max: float) -> BandTables:
    """Tabulate the bands for a rest-frame pixel grid.

    Args:
        bands: the bands.
        edges_aa: rest-frame pixel edges, uniform in log, (n_wave + 1,).
        z_max: largest redshift.

    Raises:
        GridError: a band reaches redward of the spectrum at z = 0.
    """
    n_wave = edges_aa.size - 1
    last = float(edges_aa[-1])
    for band in bands:
        if band.range_aa[1] > last:
            raise GridError(
                f"Band {band.name} reaches {band.range_aa[1]:.0f} A, but the SSP grid ends at "
                f"{last:.0f} A: at z = 0 part of the band has no spectrum. Build a grid with "
                f"`photoz ssp build --last-aa {band.range_aa[1] * 1.02:.0f}`, or leave it out."
            )
    n_table = n_wave + int(np.ceil(np.log1p(z_max) / LOG_PIXEL)) + 2
    fine = edges_aa[0] * np.exp(LOG_PIXEL / N_SUB * np.arange((n_table + 2) * N_SUB))
    sample = edges_aa[0] * np.exp(LOG_PIXEL / N_LINE * np.arange((n_table + 1) * N_LINE))
    unit = LUMINOSITY_UNIT * L_SUN_ERG_S / (4 * np.pi * DISTANCE_UNIT_CM**2) * CGS_TO_UJY
    pixel = np.empty((N_SUB, n_table + 1, len(bands)))
    moment = np.empty((2, *pixel.shape))
    part = np.empty((fine.size - 1, len(bands)))
    response = np.empty((sample.size, len(bands)))
    for b, band in enumerate(bands):
        norm = np.trapezoid(band.transmission / band.wave_aa, band.wave_aa) * C_AA_S
        total = _cumulative(band, fine) * (unit / norm)
        for s in range(N_SUB):
            pixel[s, :, b] = np.diff(total[s::N_SUB])[: n_table + 1]
        part[:, b] = np.diff(total)
        for s in range(N_SUB):
            rows = part[s : s + (n_table + 1) * N_SUB, b].reshape(-1, N_SUB)
            moment[:, s, :, b] = SHAPES @ rows.T
        trans = np.interp(sample, band.wave_aa, band.transmission, left=0.0, right=0.0)
        response[:, b] = sample * trans * (unit / norm)
    return BandTables(
        jnp.asarray(pixel, jnp.float32),
        jnp.asarray(moment, jnp.float32),
        jnp.asarray(_slope_coefficients(edges_aa), jnp.float32),
        jnp.asarray(part, jnp.float32),
        jnp.asarray(response, jnp.float32),
        jnp.asarray(np.log(edges_aa[0]), jnp.float32),
    )


def pixel_weights(
    tables: BandTables, z: Float[Array, ""], n_wave: int, igm: Float[Array, " n_blue_sub"] | None
) -> Float[Array, "n_wave n_band"]:
    """Weights of the rest-frame pixels in each band at redshift z, at 1 Gpc.

    The flux of a band is luminosity per angstrom @ weights / (1 + z) / (d_L / Gpc)^2.

    Args:
        tables: tabulated bands.
        z: redshift.
        n_wave: number of rest-frame pixels.
        igm: transmission of the sub-pixels below Lyman alpha, multiplied in where given.
    """
    n_band = tables.pixel.shape[-1]
    shift = jnp.log1p(z) * (N_SUB / LOG_PIXEL)
    whole = jnp.floor(shift)
    part = shift - whole
    whole = whole.astype(jnp.int32)
    n_blue = 0 if igm is None else igm.shape[0] // N_SUB

    def red(table):
        def at(index):
            start = (index % N_SUB, index // N_SUB + n_blue, 0)
            return lax.dynamic_slice(table, start, (1, n_wave - n_blue, n_band))[0]

        return (1.0 - part) * at(whole) + part * at(whole + 1)

    weights = red(tables.pixel)
    moments = jnp.stack([red(table) for table in tables.moment])
    if igm is not None:
        rows = lax.dynamic_slice(tables.fine, (whole, 0), (n_blue * N_SUB + 1, n_band))
        sub = ((1.0 - part) * rows[:-1] + part * rows[1:]) * igm[:, None]
        sub = sub.reshape(n_blue, N_SUB, n_band)
        weights = jnp.concatenate([jnp.sum(sub, axis=1), weights])
        moments = jnp.concatenate([jnp.einsum("psb,ks->kpb", sub, SHAPES), moments], axis=1)
    return _with_slopes(tables, weights, moments)


def _with_slopes(tables: BandTables, weights: Array, moments: Array) -> Array:
    """Add what the shape of a spectrum inside pixels gives the bands, as weights of the pixels."""
    to_blue, to_self, to_red = jnp.einsum("kcp,kpb->cpb", tables.slope, moments)
    nothing = jnp.zeros_like(weights[:1])
    blue = jnp.concatenate([to_blue[1:], nothing])
    red = jnp.concatenate([nothing, to_red[:-1]])
    return weights + to_self + blue + red


def _slope_coefficients(edges_aa: np.ndarray) -> np.ndarray:
    """Slope and curvature of pixel averages by central differences, (2, 3, n_wave).

    One-sided slopes and no curvature at the Lyman limit and at Lyman alpha, where spectra break.
    """
    n_wave = edges_aa.size - 1
    shape = np.zeros((2, 3, n_wave))
    shape[0, 0], shape[0, 2] = -0.5, 0.5
    shape[1, 0], shape[1, 1], shape[1, 2] = 1.0, -2.0, 1.0
    first, lya = (int(np.argmin(np.abs(edges_aa - x))) for x in (LYMAN_LIMIT_AA, LY_ALPHA_AA))
    for p in (0, first, lya):
        shape[:, :, p] = [[0.0, -1.0, 1.0], [0.0, 0.0, 0.0]]
    for p in (first - 1, lya - 1, n_wave - 1):
        shape[:, :, p] = [[-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    return shape


def line_weights(
    tables: BandTables, z: Float[Array, ""], log_wave: Float[Array, " n_line"]
) -> Float[Array, "n_line n_band"]:
    """Weights of emission lines in each band at redshift z, at 1 Gpc.

    The flux of a band is line luminosity @ weights / (d_L / Gpc)^2.

    Args:
        tables: tabulated bands.
        z: redshift.
        log_wave: ln of the rest wavelengths in angstrom.
    """
    place = (log_wave + jnp.log1p(z) - tables.log_first) * (N_LINE / LOG_PIXEL)
    place = jnp.clip(place, 0.0, tables.response.shape[0] - 2.0)
    whole = jnp.floor(place)
    part = (place - whole)[:, None]
    index = whole.astype(jnp.int32)
    return (1.0 - part) * tables.response[index] + part * tables.response[index + 1]
