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

from photoz.sed.constants import (
    C_AA_S,
    CGS_TO_UJY,
    L_SUN_ERG_S,
    MPC_CM,
)
from photoz.sed.filters import Band
from photoz.sed.grid import LOG_PIXEL, N_FOREST
from photoz.sed.milkyway import extinction_on_pixels

N_SUB = 8
_PLACE = (np.arange(N_SUB) + 0.5) / N_SUB - 0.5  # of the sub-pixels in their pixel
# A parabola through three pixel averages: average + slope x + curvature (x^2 - 1/12) / 2.
SHAPES = np.stack([_PLACE, 0.5 * (_PLACE**2 - np.mean(_PLACE**2))])
# Slope and curvature from the blue neighbour, the pixel and the red neighbour ...
CENTRAL = np.array([[-0.5, 0.0, 0.5], [1.0, -2.0, 1.0]])
# ... and on one side only where spectra break, at the Lyman limit and at Lyman alpha.
TO_RED = np.array([[0.0, -1.0, 1.0], [0.0, 0.0, 0.0]])
TO_BLUE = np.array([[-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
ROWS = 8
N_LINE = 32  # samples per pixel of the response to lines: filter edges are steep
# Keep float32 in range: luminosities come in 1e10 L_sun, distances in Gpc.
LUMINOSITY_UNIT = 1e10
DISTANCE_UNIT_CM = 1e3 * MPC_CM


class Transmission(NamedTuple):
    """What the IGM lets through at one redshift.

    Attributes:
        continuum: of the pixels below the Lyman limit, (n_blue,).
        forest: of the sub-pixels from the limit to Lyman alpha, (N_FOREST * N_SUB,).
    """

    continuum: Float[Array, " n_blue"]
    forest: Float[Array, " n_forest_sub"]


class BandTables(NamedTuple):
    """Tabulated band integrals, in microjansky per (1e10 L_sun / angstrom) at 1 Gpc.

    Bands lead, so that the slices a redshift takes are contiguous; there are `n_row` rows, the
    bands and zeros up to a multiple of `ROWS`, which makes the matrix products quicker.

    Attributes:
        pixel: integral of lambda T over each pixel at each sub-pixel shift, with what the
            parabola through a pixel and its neighbours adds, (N_SUB, n_row, n_table).
        moment: the integral weighted by `SHAPES` of the place in the pixel, (N_SUB, 2, n_row,
            n_table).
        fine: the integral over each sub-pixel, (n_row, n_table * N_SUB).
        response: lambda T at `N_LINE` samples a pixel, for lines, microjansky per 1e10 L_sun at
            1 Gpc, (n_table * N_LINE, n_band).
        log_first: ln of the first rest-frame pixel edge, ().
        forest: how the average of a pixel between the Lyman limit and Lyman alpha, and of its
            blue and red neighbours, make the light of its sub-pixels, (3, n_forest, N_SUB).
        extinction: the Milky Way's A / E(B-V) at observed pixels, (n_table,).
    """

    pixel: Float[Array, "n_sub n_row n_table"]
    moment: Float[Array, "n_sub 2 n_row n_table"]
    fine: Float[Array, "n_row n_fine"]
    response: Float[Array, "n_line_sample n_band"]
    log_first: Float[Array, ""]
    forest: Float[Array, "3 n_forest n_sub"]
    extinction: Float[Array, " n_table"]


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
    """Tabulate the bands for a rest-frame pixel grid that `check_bands` found to hold them.

    Args:
        bands: the bands.
        edges_aa: rest-frame pixel edges, uniform in log, (n_wave + 1,).
        z_max: largest redshift.
    """
    n_wave = edges_aa.size - 1
    n_table = n_wave + int(np.ceil(np.log1p(z_max) / LOG_PIXEL)) + 3
    n_row = ROWS * -(-len(bands) // ROWS)
    fine = edges_aa[0] * np.exp(LOG_PIXEL / N_SUB * np.arange((n_table + 1) * N_SUB + 1))
    sample = edges_aa[0] * np.exp(LOG_PIXEL / N_LINE * np.arange(n_table * N_LINE))
    unit = LUMINOSITY_UNIT * L_SUN_ERG_S / (4 * np.pi * DISTANCE_UNIT_CM**2) * CGS_TO_UJY
    part = np.zeros((n_row, fine.size - 1))
    response = np.empty((sample.size, len(bands)))
    for b, band in enumerate(bands):
        norm = np.trapezoid(band.transmission / band.wave_aa, band.wave_aa) * C_AA_S
        part[b] = np.diff(_cumulative(band, fine)) * (unit / norm)
        trans = np.interp(sample, band.wave_aa, band.transmission, left=0.0, right=0.0)
        response[:, b] = sample * trans * (unit / norm)
    pixel = np.empty((N_SUB, n_row, n_table))
    moment = np.empty((N_SUB, 2, n_row, n_table))
    for s in range(N_SUB):
        sub = part[:, s : s + n_table * N_SUB].reshape(n_row, n_table, N_SUB)
        moment[s] = np.moveaxis(sub @ SHAPES.T, -1, 0)
        to_blue, to_self, to_red = np.einsum("kc,kbp->cbp", CENTRAL, moment[s])
        pixel[s] = sub.sum(axis=-1) + to_self
        pixel[s, :, :-1] += to_blue[:, 1:]
        pixel[s, :, 1:] += to_red[:, :-1]
    f32 = lambda a: jnp.asarray(a, jnp.float32)  # noqa: E731
    return BandTables(
        f32(pixel),
        f32(moment),
        f32(part),
        f32(response),
        f32(np.log(edges_aa[0])),
        f32(_forest()),
        f32(extinction_on_pixels(edges_aa[0], n_table)),
    )


def _forest() -> np.ndarray:
    """Return `BandTables.forest`."""
    shape = np.repeat(CENTRAL[None], N_FOREST, axis=0)
    shape[0], shape[-1] = TO_RED, TO_BLUE
    light = np.einsum("pkc,ks->cps", shape, SHAPES)
    light[1] += 1.0
    return light


def pixel_weights(
    tables: BandTables, z: Float[Array, ""], igm: Transmission, n_wave: int
) -> Float[Array, "n_row n_wave"]:
    """Weights of the rest-frame pixels in each band at redshift z, at 1 Gpc.

    The flux of a band is weights @ luminosity per angstrom / (1 + z) / (d_L / Gpc)^2.

    Args:
        tables: tabulated bands.
        z: redshift.
        igm: transmission below Lyman alpha.
        n_wave: number of rest-frame pixels.
    """
    shift = jnp.log1p(z) * (N_SUB / LOG_PIXEL)
    whole = jnp.floor(shift)
    part = shift - whole
    whole = whole.astype(jnp.int32)
    n_row, n_blue = tables.pixel.shape[1], igm.continuum.shape[0]
    n_red = n_blue + N_FOREST

    def between(at):
        return (1.0 - part) * at(whole) + part * at(whole + 1)

    def pixels(first, size):
        at = lambda i: (i % N_SUB, 0, i // N_SUB + first)  # noqa: E731
        return between(lambda i: lax.dynamic_slice(tables.pixel, at(i), (1, n_row, size))[0])

    def moments(first):
        at = lambda i: (i % N_SUB, 0, 0, i // N_SUB + first)  # noqa: E731
        return between(lambda i: lax.dynamic_slice(tables.moment, at(i), (1, 2, n_row, 2))[0])

    sub = between(
        lambda i: lax.dynamic_slice(tables.fine, (0, i + n_blue * N_SUB), (n_row, N_FOREST * N_SUB))
    )
    sub = (sub * igm.forest).reshape(n_row, N_FOREST, N_SUB)
    to_blue, forest, to_red = jnp.einsum("bps,cps->cbp", sub, tables.forest)
    forest = forest + jnp.pad(to_blue[:, 1:], ((0, 0), (0, 1)))
    forest = forest + jnp.pad(to_red[:, :-1], ((0, 0), (1, 0)))
    blue = pixels(0, n_blue).at[:, -2:].add(_mend_blue(moments(n_blue - 1)))
    red = pixels(n_red, n_wave - n_red).at[:, :2].add(_mend_red(moments(n_red - 1)))
    return jnp.concatenate([blue * igm.continuum, forest, red], axis=1)


def _mend_blue(moments: Float[Array, "2 n_row 2"]) -> Float[Array, "n_row 2"]:
    """What the two pixels before a break get, to undo a parabola across it.

    `moments` are those of the pixels on the two sides of the break.
    """
    before, after = moments[..., 0], moments[..., 1]
    change = TO_BLUE - CENTRAL
    last = change[:, 1] @ before - CENTRAL[:, 0] @ after
    return jnp.stack([change[:, 0] @ before, last], axis=-1)


def _mend_red(moments: Float[Array, "2 n_row 2"]) -> Float[Array, "n_row 2"]:
    """What the two pixels after a break get; see `_mend_blue`."""
    before, after = moments[..., 0], moments[..., 1]
    change = TO_RED - CENTRAL
    first = change[:, 1] @ after - CENTRAL[:, 2] @ before
    return jnp.stack([first, change[:, 2] @ after], axis=-1)


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
