"""Composed rational-quadratic splines as a density of z: density, CDF, quantiles, samples."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models import spline
from photoz.models.bisection import invert_pool
from photoz.models.spline import Spline


class FlowParams(NamedTuple):
    """Knots of the splines of n galaxies, each array (n, n_spline, n_bin + 1).

    With an axis for members, (n, n_member, n_spline, n_bin + 1), the density is the mean of those
    of the members, each with splines of its own.

    Attributes:
        x: knot positions in [0, 1].
        y: values there in [0, 1].
        log_slope: ln dy/dx there.
    """

    x: Float[Array, "n *n_member n_spline n_knot"]
    y: Float[Array, "n *n_member n_spline n_knot"]
    log_slope: Float[Array, "n *n_member n_spline n_knot"]


class SplineDensity(eqx.Module):
    """CDF(z) = S_K(... S_1(u)), u = ln(1+z) / ln(1+z_max), each S a monotone spline of [0, 1].

    The base is uniform, so the composed spline is the CDF itself and the density per unit z is
    its derivative times du/dz; zero outside [0, z_max]. Parameters of several members give the
    mean of such densities, one member after the other in a compiled loop: a program holds the
    splines of one.
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
        log_p = _log_mean(self._log_prob_of_one, conditional, z_in)
        return jnp.where(inside, log_p, -jnp.inf)

    def cdf(self, conditional: FlowParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return P(z' <= z); z (n,), (n, m) or (1, m)."""
        inside = (z > 0.0) & (z < self.z_max)
        y = _mean(self._cdf_of_one, conditional, jnp.where(inside, z, 0.5 * self.z_max))
        return jnp.where(inside, y, jnp.where(z >= self.z_max, 1.0, 0.0))

    def quantile(self, conditional: FlowParams, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the redshift where the CDF is q; q (n,), (n, m) or (1, m).

        Exactly for one member, between those of the members for several.
        """
        if not _is_pool(conditional):
            return self._quantile_of_one(conditional, q)
        q = jnp.broadcast_to(q, (conditional.x.shape[0], *q.shape[1:]))
        ends = self._quantiles_of_each(conditional, q)
        return invert_pool(lambda z: self.cdf(conditional, z), q, ends)

    def sample(self, conditional: FlowParams, key: PRNGKeyArray, m: int) -> Float[Array, "n m"]:
        """Return m redshifts for each galaxy: a member, then its quantile of a uniform number."""
        shape = (conditional.x.shape[0], m)
        if not _is_pool(conditional):
            return self._quantile_of_one(conditional, jax.random.uniform(key, shape))
        key_member, key_z = jax.random.split(key)
        member = jax.random.randint(key_member, (1, *shape), 0, conditional.x.shape[1])
        each = self._quantiles_of_each(conditional, jax.random.uniform(key_z, shape))
        return jnp.take_along_axis(each, member, axis=0)[0]

    def _log_prob_of_one(self, conditional: FlowParams, z: Array) -> Array:
        log_range = jnp.log1p(self.z_max)
        y = jnp.log1p(z) / log_range
        log_p = -jnp.log1p(z) - jnp.log(log_range)
        for part in _parts(conditional, z):
            y, log_slope = spline.forward_and_log_slope(part, y)
            log_p = log_p + log_slope
        return log_p

    def _cdf_of_one(self, conditional: FlowParams, z: Array) -> Array:
        y = jnp.log1p(z) / jnp.log1p(self.z_max)
        for part in _parts(conditional, z):
            y = spline.forward(part, y)
        return jnp.clip(y, 0.0, 1.0)

    def _quantile_of_one(self, conditional: FlowParams, q: Array) -> Array:
        y = q
        for part in reversed(_parts(conditional, q)):
            y = spline.inverse(part, y)
        return jnp.clip(jnp.expm1(y * jnp.log1p(self.z_max)), 0.0, self.z_max)

    def _quantiles_of_each(self, conditional: FlowParams, q: Array) -> Array:
        return jax.lax.map(lambda one: self._quantile_of_one(one, q), _members_first(conditional))


def _parts(conditional: FlowParams, z: Array) -> list[Spline]:
    """Return the splines in order, with an axis for m when z is (n, m)."""
    parts = [Spline(*(a[:, k] for a in conditional)) for k in range(conditional.x.shape[1])]
    if z.ndim == 2:
        return [Spline(*(a[:, None, :] for a in part)) for part in parts]
    return parts


def _is_pool(conditional: FlowParams) -> bool:
    return conditional.x.ndim == 4


def _members_first(conditional: FlowParams) -> FlowParams:
    return FlowParams(*(jnp.moveaxis(a, 1, 0) for a in conditional))


def _mean(of_one: Callable[[FlowParams, Array], Array], conditional: FlowParams, z: Array) -> Array:
    """Return the mean over members of what `of_one` gives, (n,) or (n, m)."""
    if not _is_pool(conditional):
        return of_one(conditional, z)
    n, n_member = conditional.x.shape[:2]

    def add(total: Array, member: FlowParams) -> tuple[Array, None]:
        return total + of_one(member, z), None

    total, _ = jax.lax.scan(add, jnp.zeros((n, *z.shape[1:])), _members_first(conditional))
    return total / n_member


def _log_mean(
    log_of_one: Callable[[FlowParams, Array], Array], conditional: FlowParams, z: Array
) -> Array:
    """Return the log of the mean over members of exp(log_of_one), (n,) or (n, m)."""
    if not _is_pool(conditional):
        return log_of_one(conditional, z)
    n, n_member = conditional.x.shape[:2]

    def add(total: Array, member: FlowParams) -> tuple[Array, None]:
        return jnp.logaddexp(total, log_of_one(member, z)), None

    nothing = jnp.full((n, *z.shape[1:]), -jnp.inf)
    total, _ = jax.lax.scan(add, nothing, _members_first(conditional))
    return total - jnp.log(float(n_member))
