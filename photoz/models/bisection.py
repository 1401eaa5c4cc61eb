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


def invert_pool(
    cdf: Callable[[Array], Array], q: Float[Array, "..."], of_members: Float[Array, "n_member ..."]
) -> Float[Array, "..."]:
    """Return the quantiles of a linear pool, whose CDF is a weighted mean, from its members'.

    Below all of them each CDF is at most q and above all at least q, and so is their mean: the
    pool's quantile lies between.
    """
    return invert(cdf, q, jnp.min(of_members, axis=0), jnp.max(of_members, axis=0))
