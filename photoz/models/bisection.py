"""The inverse of a CDF by halving a bracket, for all galaxies at once."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

HALVINGS = 26  # a bracket of the whole support ends below float32 resolution


def invert(
    cdf: Callable[[Array], Array],
    q: Float[Array, "..."],
    low: Float[Array, "..."],
    high: Float[Array, "..."],
) -> Float[Array, "..."]:
    """Return the redshift in [low, high] where the CDF is q; all of one shape.

    Where rounding leaves q outside the CDF of the bracket, the nearer end is returned.
    """

    def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bracket
        middle = 0.5 * (low + high)
        below = cdf(middle) < q
        return jnp.where(below, middle, low), jnp.where(below, high, middle)

    low, high = jax.lax.fori_loop(0, HALVINGS, halve, (low, high))
    return 0.5 * (low + high)
