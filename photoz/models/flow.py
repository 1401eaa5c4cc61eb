"""One-dimensional conditional neural spline flow (Durkan et al. 2019, arXiv:1906.04032)."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models import spline
from photoz.models.spline import Spline
from photoz.models.trunk import Trunk, scaled_linear


class FlowParams(NamedTuple):
    """Knots of the splines of n galaxies, each array (n, n_spline, n_bin + 1).

    Attributes:
        x: knot positions in [0, 1].
        y: values there in [0, 1].
        log_slope: ln dy/dx there.
    """

    x: Float[Array, "n n_spline n_knot"]
    y: Float[Array, "n n_spline n_knot"]
    log_slope: Float[Array, "n n_spline n_knot"]


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


class Flow(eqx.Module):
    """CDF(z) = S_K(... S_1(u)), u = ln(1+z) / ln(1+z_max), each S a monotone spline of [0, 1].

    The base is uniform, so the composed spline is the CDF itself and the density per unit z is
    its derivative times du/dz. Conditioners see photometry only: the knots are computed once
    per galaxy and serve any number of redshifts. An untrained flow is flat in ln(1+z).
    """

    trunk: Trunk
    heads: tuple[Head, ...]
    n_feature: int = eqx.field(static=True)
    z_max: float = eqx.field(static=True)
    n_bin: int = eqx.field(static=True)
    n_spline: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    kind: str = eqx.field(static=True, default="flow")

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
        self.n_spline, self.width, self.depth, self.kind = n_spline, width, depth, "flow"
        key_trunk, *keys = jax.random.split(key, n_spline + 1)
        self.trunk = Trunk(n_feature, width, depth, key=key_trunk)
        self.heads = tuple(Head(width, n_feature, 3 * n_bin + 1, key=k) for k in keys)

    def conditional(self, features: Float[Array, "n n_feature"]) -> FlowParams:
        """Return the knots of n galaxies."""

        def raw(x: Array) -> Array:
            context = self.trunk(x)
            return jnp.stack([head(context, x) for head in self.heads])

        return FlowParams(*spline.knots(jax.vmap(raw)(features), self.n_bin))

    def log_prob(self, conditional: FlowParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return ln p(z) per unit z, -inf outside [0, z_max]; z (n,), (n, m) or (1, m)."""
        inside = (z >= 0.0) & (z <= self.z_max)
        z_in = jnp.where(inside, z, 0.5 * self.z_max)
        log_range = jnp.log1p(self.z_max)
        y = jnp.log1p(z_in) / log_range
        log_p = -jnp.log1p(z_in) - jnp.log(log_range)
        for part in _parts(conditional, z):
            y, log_slope = spline.forward_and_log_slope(part, y)
            log_p = log_p + log_slope
        return jnp.where(inside, log_p, -jnp.inf)

    def cdf(self, conditional: FlowParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return P(z' <= z); z (n,), (n, m) or (1, m)."""
        inside = (z > 0.0) & (z < self.z_max)
        y = jnp.log1p(jnp.where(inside, z, 0.5 * self.z_max)) / jnp.log1p(self.z_max)
        for part in _parts(conditional, z):
            y = spline.forward(part, y)
        return jnp.where(inside, y, jnp.where(z >= self.z_max, 1.0, 0.0))

    def quantile(self, conditional: FlowParams, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the redshift where the CDF is q, exactly; q (n,), (n, m) or (1, m)."""
        y = q
        for part in reversed(_parts(conditional, q)):
            y = spline.inverse(part, y)
        return jnp.clip(jnp.expm1(y * jnp.log1p(self.z_max)), 0.0, self.z_max)

    def sample(self, conditional: FlowParams, key: PRNGKeyArray, m: int) -> Float[Array, "n m"]:
        """Return m redshifts for each galaxy: quantiles of uniform numbers."""
        q = jax.random.uniform(key, (conditional.x.shape[0], m))
        return self.quantile(conditional, q)

    def hyperparameters(self) -> dict[str, Any]:
        """Return what the constructor needs to rebuild the same shapes."""
        names = ("n_feature", "z_max", "n_bin", "n_spline", "width", "depth")
        return {name: getattr(self, name) for name in names}


def _parts(conditional: FlowParams, z: Array) -> list[Spline]:
    """Return the splines in order, with an axis for m when z is (n, m)."""
    parts = [Spline(*(a[:, k] for a in conditional)) for k in range(conditional.x.shape[1])]
    if z.ndim == 2:
        return [Spline(*(a[:, None, :] for a in part)) for part in parts]
    return parts
