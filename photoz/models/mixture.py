"""Mixtures of Gaussians in z truncated to [0, z_max]: density, CDF, quantiles, samples."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import erf, logsumexp
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models.bisection import invert

_SQRT_HALF = 0.7071067811865476
_LOG_SQRT_2PI = 0.9189385332046727


class MDNParams(NamedTuple):
    """Mixtures of n galaxies, each array (n, n_component).

    Attributes:
        log_weights: normalised log weights of the truncated components.
        means: of the untruncated Gaussians, in z.
        log_widths: ln of their standard deviations in z.
    """

    log_weights: Float[Array, "n n_component"]
    means: Float[Array, "n n_component"]
    log_widths: Float[Array, "n n_component"]


class TruncatedMixture(eqx.Module):
    """p(z) = sum_k w_k N(z; mu_k, sigma_k) / mass_k on [0, z_max], zero outside.

    mass_k is the part of component k inside the support. It is computed as a difference of two
    erf in float32, so means must lie within about three widths of the support; `MDN` sees to it.
    """

    z_max: float = eqx.field(static=True)

    @property
    def kind(self) -> str:
        """Name of the estimator in files and columns."""
        return "mdn"

    def log_prob(self, conditional: MDNParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return ln p(z) per unit z, -inf outside [0, z_max]; z (n,), (n, m) or (1, m)."""
        inside = (z >= 0.0) & (z <= self.z_max)
        z_in = jnp.where(inside, z, 0.5 * self.z_max)[..., None]
        log_w, mean, log_s = _align(conditional, z)
        low, high = _edges(mean, log_s, self.z_max)
        log_mass = jnp.log(0.5 * (high - low))
        t = (z_in - mean) * jnp.exp(-log_s)
        log_p = logsumexp(log_w - log_mass - 0.5 * t * t - log_s - _LOG_SQRT_2PI, axis=-1)
        return jnp.where(inside, log_p, -jnp.inf)

    def cdf(self, conditional: MDNParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return P(z' <= z); z (n,), (n, m) or (1, m)."""
        inside = (z > 0.0) & (z < self.z_max)
        z_in = jnp.where(inside, z, 0.5 * self.z_max)
        log_w, mean, log_s = _align(conditional, z)
        low, high = _edges(mean, log_s, self.z_max)
        slope = jnp.exp(log_w) / (high - low)
        scale = _SQRT_HALF * jnp.exp(-log_s)
        # components one by one: a single loop over (n, m) with one erf each, no (n, m, k) array
        total = -jnp.sum(slope * low, axis=-1)
        for k in range(mean.shape[-1]):
            total = total + slope[..., k] * erf((z_in - mean[..., k]) * scale[..., k])
        total = jnp.clip(total, 0.0, 1.0)
        return jnp.where(inside, total, jnp.where(z >= self.z_max, 1.0, 0.0))

    def quantile(self, conditional: MDNParams, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the redshift where the CDF is q, by bisection; q (n,), (n, m) or (1, m)."""
        n = conditional.means.shape[0]
        q = jnp.broadcast_to(q, (n,) if q.ndim == 1 else (n, q.shape[-1]))
        low, high = jnp.zeros(q.shape), jnp.full(q.shape, self.z_max)
        return invert(lambda z: self.cdf(conditional, z), q, low, high)

    def sample(self, conditional: MDNParams, key: PRNGKeyArray, m: int) -> Float[Array, "n m"]:
        """Return m redshifts for each galaxy: a component, then its truncated Gaussian."""
        key_component, key_z = jax.random.split(key)
        n = conditional.means.shape[0]
        chosen = jax.random.categorical(
            key_component, conditional.log_weights[:, None, :], axis=-1, shape=(n, m)
        )
        mean = jnp.take_along_axis(conditional.means, chosen, axis=-1)
        width = jnp.exp(jnp.take_along_axis(conditional.log_widths, chosen, axis=-1))
        t = jax.random.truncated_normal(key_z, -mean / width, (self.z_max - mean) / width)
        return jnp.clip(mean + width * t, 0.0, self.z_max)


def _align(conditional: MDNParams, z: Array) -> tuple[Array, Array, Array]:
    """Give the parameters an axis for m when z is (n, m)."""
    log_w, mean, log_s = conditional
    if z.ndim == 2:
        return log_w[:, None, :], mean[:, None, :], log_s[:, None, :]
    return log_w, mean, log_s


def _edges(mean: Array, log_s: Array, z_max: float) -> tuple[Array, Array]:
    """Return erf at both ends of the support; half their difference is the mass inside."""
    scale = _SQRT_HALF * jnp.exp(-log_s)
    return erf(-mean * scale), erf((z_max - mean) * scale)
