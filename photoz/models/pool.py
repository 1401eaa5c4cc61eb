"""The linear opinion pool of both estimators, which files and pages call `mixture`.

p(z) = w p_mdn(z) + (1 - w) p_flow(z) (Stone 1961, Ann. Math. Statist. 32, 1339; Genest & Zidek
1986, Statist. Sci. 1, 114). The logarithm is concave, so for every galaxy

    ln p(z) >= w ln p_mdn(z) + (1 - w) ln p_flow(z):

the log score of the pool is at least the mean of the two. Where one estimator is sure and wrong,
the other keeps mass at the truth: with equal weights the pool loses at most ln 2 against the
better of the two. The price: a pool of two calibrated densities is somewhat too wide (Gneiting &
Ranjan 2013, Electron. J. Statist. 7, 1747).
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models.bisection import invert_pool
from photoz.models.mixture import MDNParams, TruncatedMixture
from photoz.models.spline_density import FlowParams, SplineDensity

MDN_WEIGHT = 0.5


class PoolWeight(NamedTuple):
    """All that the pool of n galaxies adds to the parameters of its two members.

    Attributes:
        mdn: weight of the mixture density network in [0, 1]; the flow has the rest.
    """

    mdn: Float[Array, " n"]


class PoolParams(NamedTuple):
    """Pools of n galaxies.

    Attributes:
        weight: of the mixture density network, (n,).
        mdn: its parameters.
        flow: the flow's.
    """

    weight: Float[Array, " n"]
    mdn: MDNParams
    flow: FlowParams


class LinearPool(eqx.Module):
    """p(z) = w p_mdn(z) + (1 - w) p_flow(z) on [0, z_max], zero outside."""

    z_max: float = eqx.field(static=True)

    @property
    def kind(self) -> str:
        """Name of the estimator in files and columns."""
        return "mixture"

    @property
    def members(self) -> tuple[TruncatedMixture, SplineDensity]:
        """The densities that are pooled."""
        return TruncatedMixture(self.z_max), SplineDensity(self.z_max)

    def log_prob(self, conditional: PoolParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return ln p(z) per unit z, -inf outside [0, z_max]; z (n,), (n, m) or (1, m)."""
        inside = (z >= 0.0) & (z <= self.z_max)
        z_in = jnp.where(inside, z, 0.5 * self.z_max)  # keeps gradients finite outside
        mdn, flow = self.members
        weight = _align(conditional.weight, z)
        log_p = jnp.logaddexp(
            jnp.log(weight) + mdn.log_prob(conditional.mdn, z_in),
            jnp.log1p(-weight) + flow.log_prob(conditional.flow, z_in),
        )
        return jnp.where(inside, log_p, -jnp.inf)

    def cdf(self, conditional: PoolParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return P(z' <= z); z (n,), (n, m) or (1, m)."""
        mdn, flow = self.members
        of_mdn, of_flow = mdn.cdf(conditional.mdn, z), flow.cdf(conditional.flow, z)
        return pooled(conditional.weight, of_mdn, of_flow)

    def quantile(self, conditional: PoolParams, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the redshift where the CDF is q; q (n,), (n, m) or (1, m)."""
        mdn, flow = self.members
        q = jnp.broadcast_to(q, (*conditional.weight.shape, *q.shape[1:]))
        ends = mdn.quantile(conditional.mdn, q), flow.quantile(conditional.flow, q)
        return self.quantile_between(conditional, q, *ends)

    def quantile_between(
        self,
        conditional: PoolParams,
        q: Float[Array, "..."],
        of_mdn: Float[Array, "..."],
        of_flow: Float[Array, "..."],
    ) -> Float[Array, "..."]:
        """Return quantiles from those of the members, all of shape (n,) or (n, m)."""
        ends = jnp.stack([of_mdn, of_flow])
        return invert_pool(lambda z: self.cdf(conditional, z), q, ends)

    def sample(self, conditional: PoolParams, key: PRNGKeyArray, m: int) -> Float[Array, "n m"]:
        """Return m redshifts for each galaxy: a member, then its sample."""
        key_member, key_mdn, key_flow = jax.random.split(key, 3)
        mdn, flow = self.members
        weight = conditional.weight
        of_mdn = jax.random.uniform(key_member, (weight.shape[0], m)) < weight[:, None]
        return jnp.where(
            of_mdn,
            mdn.sample(conditional.mdn, key_mdn, m),
            flow.sample(conditional.flow, key_flow, m),
        )


def pooled(
    weight: Float[Array, " n"], of_mdn: Float[Array, "..."], of_flow: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Return the weighted mean of CDFs or densities (n,) or (n, m) of both members."""
    weight = _align(weight, of_mdn)
    return weight * of_mdn + (1.0 - weight) * of_flow


def _align(weight: Array, z: Array) -> Array:
    """Give the weights an axis for m when z is (n, m)."""
    return weight[:, None] if z.ndim == 2 else weight
