"""Maximum a posteriori redshifts, each way that has a name.

`components`: every component's mean, clipped to the support, evaluated under the whole
mixture, the highest taken (the original's). `components_refined`: the same after a few guarded
Newton steps up the mixture. `samples`: draws, the densest taken. `grid`: the densest cell.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models import MDNParams, TruncatedMixture

MAP_METHODS = {
    "mdn": ("grid", "components", "components_refined", "samples"),
    "flow": ("grid", "samples"),
    "mixture": ("grid", "samples"),
}
_NEWTON_STEPS = 8


def grid_map(z_grid: np.ndarray, pdf: np.ndarray) -> np.ndarray:
    """Return the grid point of the densest cell, (n,); NaN where the density is NaN."""
    known = np.isfinite(pdf).all(axis=1)
    best = np.argmax(np.where(np.isfinite(pdf), pdf, -np.inf), axis=1)
    return np.where(known, np.asarray(z_grid)[best], np.nan)


def components_map(mixture: TruncatedMixture, params: MDNParams) -> Float[Array, " n"]:
    """Return the densest of the component means clipped to the support, (n,)."""
    means = jnp.clip(params.means, 0.0, mixture.z_max)
    return _densest(mixture, params, means)


def components_refined_map(mixture: TruncatedMixture, params: MDNParams) -> Float[Array, " n"]:
    """Return the densest point after Newton steps from every component's mean, (n,).

    A step is taken only uphill; where the curvature is not that of a peak, or Newton's step does
    not climb, the step is the mean shift of the mixture (Carreira-Perpinan 2000), which always
    climbs.
    """
    z = jnp.clip(params.means, 0.0, mixture.z_max)

    def log_p(z: Array) -> Array:
        return mixture.log_prob(params, z)

    def slope(z: Array) -> Array:
        return jax.grad(lambda v: log_p(v).sum())(z)

    def climb(_: int, z: Array) -> Array:
        first, second = jax.jvp(slope, (z,), (jnp.ones_like(z),))
        newton = z - first / jnp.where(second < 0.0, second, -jnp.inf)
        newton = jnp.clip(newton, 0.0, mixture.z_max)
        shifted = jnp.clip(_mean_shift(params, z), 0.0, mixture.z_max)
        here = log_p(z)
        best = jnp.where(log_p(shifted) > here, shifted, z)
        return jnp.where(log_p(newton) > log_p(best), newton, best)

    return _densest(mixture, params, jax.lax.fori_loop(0, _NEWTON_STEPS, climb, z))


def _mean_shift(params: MDNParams, z: Float[Array, "n m"]) -> Float[Array, "n m"]:
    """Return the fixed-point map whose fixed points are the modes of the mixture."""
    log_w, mean, log_s = (a[:, None, :] for a in params)
    t = (z[..., None] - mean) * jnp.exp(-log_s)
    pull = jax.nn.softmax(log_w - 0.5 * t * t - 3.0 * log_s, axis=-1)
    return jnp.sum(pull * mean, axis=-1)


def samples_map(density: Any, params: Any, key: PRNGKeyArray, m: int = 1000) -> Float[Array, " n"]:
    """Return the densest of m samples of each galaxy, (n,)."""
    return _densest(density, params, density.sample(params, key, m))


def _densest(density: Any, params: Any, z: Float[Array, "n m"]) -> Float[Array, " n"]:
    best = jnp.argmax(density.log_prob(params, z), axis=1)
    return jnp.take_along_axis(z, best[:, None], axis=1)[:, 0]


@partial(jax.jit, static_argnames=("density", "method", "m"))
def conditional_map(
    density: Any, params: Any, key: PRNGKeyArray, method: str, m: int = 1000
) -> Float[Array, " n"]:
    """Return the MAP by a method that needs components or samples, jitted."""
    if method == "components":
        return components_map(density, params)
    if method == "components_refined":
        return components_refined_map(density, params)
    return samples_map(density, params, key, m)
