"""The Milky Way's dust in front of a galaxy: Fitzpatrick (1999), R_V 3.1, as observed."""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from photoz.sed.grid import LOG_PIXEL


def extinction_on_pixels(first_edge_aa: float, n_table: int) -> Float[np.ndarray, " n_table"]:
    """A / E(B-V) at the centres of observed pixels, which continue the rest-frame ones.

    Beyond what the curve covers (910 angstrom to 100 micrometres) its last value holds.

    Args:
        first_edge_aa: blue edge of the first pixel, angstrom.
        n_table: number of pixels.
    """
    from photoz.catalogue.extinction import RANGE_AA, fitzpatrick99

    centre = first_edge_aa * np.exp(LOG_PIXEL * (np.arange(n_table) + 0.5))
    return fitzpatrick99(np.clip(centre, *RANGE_AA))


def pixel_extinction(
    table: Float[Array, " n_table"], z: Float[Array, ""], n_wave: int
) -> Float[Array, " n_wave"]:
    """A / E(B-V) where the rest-frame pixels are observed from redshift z."""
    shift = jnp.log1p(z) / LOG_PIXEL
    whole = jnp.floor(shift)
    part, first = shift - whole, whole.astype(jnp.int32)
    left = lax.dynamic_slice(table, (first,), (n_wave,))
    right = lax.dynamic_slice(table, (first + 1,), (n_wave,))
    return (1.0 - part) * left + part * right


def line_extinction(
    table: Float[Array, " n_table"], log_pixel: Float[Array, " n_line"]
) -> Float[Array, " n_line"]:
    """A / E(B-V) at observed lines, given by their place in pixels from the table's first edge."""
    return jnp.interp(log_pixel - 0.5, jnp.arange(table.shape[0]), table)


def dimming(extinction: Float[Array, " n"], ebv_mw: Float[Array, " n_gal"]) -> Array:
    """Share of the light that the Milky Way lets through, (n_gal, n)."""
    return jnp.exp(-0.4 * np.log(10.0) * ebv_mw[:, None] * extinction)
