"""Composed rational-quadratic splines as a density of z: density, CDF, quantiles, samples."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models import spline
from photoz.models.spline import Spline


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


class SplineDensity(eqx.Module):
    """CDF(z) = S_K(... S_1(u)), u = ln(1+z) / ln(1+z_max), each S a monotone spline of [0, 1].

    The base is uniform, so the composed spline is the CDF itself and the density per unit z is
    its derivative times du/dz; zero outside [0, z_max].
    """

    z_max: float = eqx.field(static=True)

    @property
    def kind(self) -> str:
        """Name of the estimator in files and columns."""
        return "flow"

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
        y = jnp.clip(y, 0.0, 1.0)
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


def _parts(conditional: FlowParams, z: Array) -> list[Spline]:
    """Return the splines in order, with an axis for m when z is (n, m)."""
    parts = [Spline(*(a[:, k] for a in conditional)) for k in range(conditional.x.shape[1])]
    if z.ndim == 2:
        return [Spline(*(a[:, None, :] for a in part)) for part in parts]
    return parts
