"""Mixture density network (Bishop 1994): Gaussians in z, truncated to [0, z_max]."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models.mixture import MDNParams, TruncatedMixture
from photoz.models.trunk import Trunk, scaled_linear

WIDTH_FLOOR = 5e-4  # of a component, in units of 1 + mean
_MARGIN = 0.02  # how far a mean may leave the support, in ln(1+z) / ln(1+z_max)
_OUTSIDE_SIGMAS = 3.0  # and in widths: keeps the truncated mass well above float32 rounding


class MDN(TruncatedMixture):
    """p(z | features) as a `TruncatedMixture` whose parameters a residual network gives.

    The network predicts means in ln(1+z) and widths in units of 1+z; the Gaussians live in z.
    """

    trunk: Trunk
    head: eqx.nn.Linear
    n_feature: int = eqx.field(static=True)
    n_component: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)

    def __init__(
        self,
        key: PRNGKeyArray,
        n_feature: int,
        z_max: float,
        n_component: int = 10,
        width: int = 256,
        depth: int = 3,
    ):
        self.n_feature, self.z_max, self.n_component = n_feature, float(z_max), n_component
        self.width, self.depth = width, depth
        key_trunk, key_head = jax.random.split(key)
        self.trunk = Trunk(n_feature, width, depth, key=key_trunk)
        head = scaled_linear(width, 3 * n_component, 0.1, key=key_head)
        spread = (jnp.arange(n_component) + 0.5) / n_component
        bias = jnp.concatenate(
            [
                jnp.zeros(n_component),
                jnp.log(spread) - jnp.log1p(-spread),
                jnp.full(n_component, -2.0),
            ]
        )
        self.head = eqx.tree_at(lambda m: m.bias, head, bias)

    def conditional(self, features: Float[Array, "n n_feature"]) -> MDNParams:
        """Return the mixtures of n galaxies."""
        raw = jax.vmap(lambda x: self.head(self.trunk(x)))(features)
        logits, position, size = jnp.split(raw, 3, axis=-1)
        u = -_MARGIN + (1.0 + 2.0 * _MARGIN) * jax.nn.sigmoid(position)
        means = jnp.expm1(jnp.log1p(self.z_max) * u)
        widths = (WIDTH_FLOOR + jax.nn.sigmoid(size)) * (1.0 + means)
        means = jnp.clip(means, -_OUTSIDE_SIGMAS * widths, self.z_max + _OUTSIDE_SIGMAS * widths)
        return MDNParams(jax.nn.log_softmax(logits, axis=-1), means, jnp.log(widths))

    def hyperparameters(self) -> dict[str, Any]:
        """Return what the constructor needs to rebuild the same shapes."""
        names = ("n_feature", "z_max", "n_component", "width", "depth")
        return {name: getattr(self, name) for name in names}
