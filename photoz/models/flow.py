"""One-dimensional conditional neural spline flow (Durkan et al. 2019, arXiv:1906.04032)."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models import spline
from photoz.models.spline_density import FlowParams, SplineDensity
from photoz.models.trunk import Trunk, scaled_linear


class Head(eqx.Module):
    """Conditioner of one spline: trunk output and the features again -> its raw numbers."""

    hidden: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, width: int, n_feature: int, n_raw: int, *, key: PRNGKeyArray):
        key1, key2 = jax.random.split(key)
        self.hidden = scaled_linear(width + n_feature, width, 1.0, key=key1)
        self.out = scaled_linear(width, n_raw, 0.1, key=key2)

    def __call__(
        self, context: Float[Array, " width"], features: Float[Array, " n_feature"]
    ) -> Float[Array, " n_raw"]:
        """Return the raw spline parameters of one galaxy."""
        return self.out(jax.nn.silu(self.hidden(jnp.concatenate([context, features]))))


class Flow(SplineDensity):
    """p(z | features) as a `SplineDensity` whose knots a network gives, one head per spline.

    Conditioners see photometry only: the knots are computed once
    per galaxy and serve any number of redshifts. An untrained flow is flat in ln(1+z).
    """

    trunk: Trunk
    heads: tuple[Head, ...]
    n_feature: int = eqx.field(static=True)
    n_bin: int = eqx.field(static=True)
    n_spline: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)

    def __init__(
        self,
        key: PRNGKeyArray,
        n_feature: int,
        z_max: float,
        n_bin: int = 24,
        n_spline: int = 2,
        width: int = 256,
        depth: int = 3,
    ):
        self.n_feature, self.z_max, self.n_bin = n_feature, float(z_max), n_bin
        self.n_spline, self.width, self.depth = n_spline, width, depth
        key_trunk, *keys = jax.random.split(key, n_spline + 1)
        self.trunk = Trunk(n_feature, width, depth, key=key_trunk)
        self.heads = tuple(Head(width, n_feature, 3 * n_bin + 1, key=k) for k in keys)

    def conditional(self, features: Float[Array, "n n_feature"]) -> FlowParams:
        """Return the knots of n galaxies."""

        def raw(x: Array) -> Array:
            context = self.trunk(x)
            return jnp.stack([head(context, x) for head in self.heads])

        return FlowParams(*spline.knots(jax.vmap(raw)(features), self.n_bin))

    def hyperparameters(self) -> dict[str, Any]:
        """Return what the constructor needs to rebuild the same shapes."""
        names = ("n_feature", "z_max", "n_bin", "n_spline", "width", "depth")
        return {name: getattr(self, name) for name in names}
