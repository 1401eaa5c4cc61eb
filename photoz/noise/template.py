"""How far real galaxies stray from any template, as a fraction of flux, over rest wavelength."""

import jax
import jax.numpy as jnp
import numpy as np

# the shape of the template error function of EAZY (Brammer, van Dokkum & Coppi 2008, section
# 2.5): small in the optical, growing into the far ultraviolet and past 2 micrometres
TEMPLATE_WAVE_AA = (1216.0, 3500.0, 5500.0, 8000.0, 20_000.0, 30_000.0, 40_000.0)
TEMPLATE_FRACTION = (0.05, 0.031, 0.0205, 0.018, 0.026, 0.071, 0.155)


def template_error(rest_wave_aa: jax.Array) -> jax.Array:
    """Return the template error as a fraction of flux, of amplitude one.

    Linear in ln(wavelength) between the nodes and constant beyond them; written as a sum of
    hinges, which costs less than a table search and differentiates.

    Args:
        rest_wave_aa: rest wavelengths in angstrom, any shape.
    """
    node = np.log(np.asarray(TEMPLATE_WAVE_AA))
    slope = np.diff(np.asarray(TEMPLATE_FRACTION)) / np.diff(node)
    change = np.diff(np.concatenate([[0.0], slope, [0.0]]))
    x = jnp.log(rest_wave_aa)
    fraction = jnp.full_like(x, TEMPLATE_FRACTION[0])
    for at, turn in zip(node, change, strict=True):
        fraction = fraction + turn * jnp.maximum(x - at, 0.0)
    return fraction
