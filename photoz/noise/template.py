"""How far real galaxies stray from any template, as a fraction of flux, over rest wavelength."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

# the shape of the template error function of EAZY (Brammer, van Dokkum & Coppi 2008, section
# 2.5): small in the optical, growing into the far ultraviolet and past 2 micrometres
TEMPLATE_WAVE_AA = (1216.0, 3500.0, 5500.0, 8000.0, 20_000.0, 30_000.0, 40_000.0)
TEMPLATE_FRACTION = (0.05, 0.031, 0.0205, 0.018, 0.026, 0.071, 0.155)
N_WAVE = 8  # cosines of a smooth error; the sum of eight is near enough to normal


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


def smooth_error(
    key: Array, rest_wave_aa: Float[Array, "n n_band"], length: Float[Array, ""]
) -> Float[Array, "n n_band"]:
    """Draw errors of unit variance that neighbouring wavelengths of a galaxy share.

    A Gaussian process in ln(rest wavelength), one function for each galaxy: the correlation of
    two bands is exp(-d^2 / 2 length^2) at a distance d. Drawn from random Fourier features
    (Rahimi & Recht 2007, Advances in Neural Information Processing Systems 20).

    Args:
        key: random key.
        rest_wave_aa: (n, n_band) rest wavelengths, angstrom.
        length: correlation length in ln(wavelength), above 0.
    """
    key_wave, key_phase = jax.random.split(key)
    shape = (rest_wave_aa.shape[0], 1, N_WAVE)
    wave = jax.random.normal(key_wave, shape) / length
    phase = 2.0 * math.pi * jax.random.uniform(key_phase, shape)
    x = jnp.log(rest_wave_aa / TEMPLATE_WAVE_AA[2])[..., None]
    return math.sqrt(2.0 / N_WAVE) * jnp.sum(jnp.cos(wave * x + phase), axis=-1)
