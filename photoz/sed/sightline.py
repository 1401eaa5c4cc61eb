"""What one line of sight does to light beyond the mean: more or less intergalactic gas."""

import jax.numpy as jnp
from jaxtyping import Array, Float

SMALLEST = 1e-30  # transmission whose logarithm single precision still holds


def denser_igm(
    transmission: Float[Array, " n"], log_igm: Float[Array, " n_gal"]
) -> Float[Array, "n_gal n"]:
    """Factor on light that already had the mean transmission T: T^(exp(log_igm) - 1).

    The optical depth is exp(log_igm) times the mean's. For the mean of a pixel this is an
    approximation: the mean of T^s over a pixel is not the mean of T, to the power s.

    Args:
        transmission: mean transmission.
        log_igm: ln of the factor on the optical depth of each galaxy's sightline.
    """
    depth = -jnp.log(jnp.maximum(transmission, SMALLEST))
    return jnp.exp(-jnp.expm1(log_igm)[:, None] * depth)
