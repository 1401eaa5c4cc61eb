"""Mixtures of Gaussians with full covariances, n of them at once, by their Cholesky factors."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp, ndtr
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models.bisection import invert

_LOG_SQRT_2PI = 0.9189385332046727
_FAR_SIGMAS = 7.0  # beyond it a component has less mass than float32 can tell from none


class JointParams(NamedTuple):
    """Mixtures of n galaxies in d standardised coordinates.

    Attributes:
        log_weights: normalised, (n, n_component).
        means: (n, n_component, d).
        factors: lower triangles L with positive diagonals; covariances are L L^T,
            (n, n_component, d, d).
    """

    log_weights: Float[Array, "n n_component"]
    means: Float[Array, "n n_component d"]
    factors: Float[Array, "n n_component d d"]


def log_density(mixture: JointParams, u: Float[Array, "... d"]) -> Float[Array, "..."]:
    """Return ln of the density at points (n, d) or (n, m, d), as (n,) or (n, m)."""
    log_w, mean, factor = mixture
    if u.ndim == 3:
        log_w, mean, factor = log_w[:, None], mean[:, None], factor[:, None]
    away = u[..., None, :] - mean
    log_p, solved = log_w, []
    for i in range(u.shape[-1]):  # L t = u - mean, row by row
        left = away[..., i]
        for j, t in enumerate(solved):
            left = left - factor[..., i, j] * t
        solved.append(left / factor[..., i, i])
        log_p = log_p - 0.5 * solved[-1] ** 2 - jnp.log(factor[..., i, i]) - _LOG_SQRT_2PI
    return logsumexp(log_p, axis=-1)


def marginal(mixture: JointParams, index: Sequence[int]) -> JointParams:
    """Return the mixtures of some coordinates, in the order given: an analytic marginal.

    The rows of L of these coordinates are a factor of their covariance, made triangular again by
    a QR decomposition, which never squares a small width.
    """
    index = list(index)
    rows = mixture.factors[:, :, index, :]
    if index == list(range(len(index))):
        factor = rows[..., : len(index)]
    else:
        upper = jnp.linalg.qr(jnp.swapaxes(rows, -1, -2), mode="r")
        sign = jnp.where(jnp.diagonal(upper, axis1=-2, axis2=-1) < 0.0, -1.0, 1.0)
        factor = jnp.swapaxes(sign[..., None] * upper, -1, -2)
    return JointParams(mixture.log_weights, mixture.means[:, :, index], factor)


def given_first(mixture: JointParams, u: Float[Array, " n"]) -> JointParams:
    """Return the mixtures of all other coordinates where the first is known, (n,)."""
    log_w, mean, factor = mixture
    t = (u[:, None] - mean[..., 0]) / factor[..., 0, 0]
    log_w = jax.nn.log_softmax(log_w - 0.5 * t**2 - jnp.log(factor[..., 0, 0]), axis=-1)
    return JointParams(
        log_w, mean[..., 1:] + factor[..., 1:, 0] * t[..., None], factor[..., 1:, 1:]
    )


def sample(mixture: JointParams, key: PRNGKeyArray, m: int) -> Float[Array, "n m d"]:
    """Return m points of each mixture: a component, then its Gaussian."""
    key_component, key_point = jax.random.split(key)
    n, _, d = mixture.means.shape
    log_w = mixture.log_weights[:, None, :]
    chosen = jax.random.categorical(key_component, log_w, axis=-1, shape=(n, m))
    row = jnp.arange(n)[:, None]
    normal = jax.random.normal(key_point, (n, m, d))
    spread = jnp.sum(mixture.factors[row, chosen] * normal[:, :, None, :], axis=-1)
    return mixture.means[row, chosen] + spread


def cdf(mixture: JointParams, u: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return the CDF of mixtures of one coordinate at u, (n,), (n, m) or (1, m)."""
    weight = jnp.exp(mixture.log_weights)
    mean, width = mixture.means[..., 0], mixture.factors[..., 0, 0]
    if u.ndim == 2:
        weight, mean, width = (a[:, None, :] for a in (weight, mean, width))
    return jnp.clip(jnp.sum(weight * ndtr((u[..., None] - mean) / width), axis=-1), 0.0, 1.0)


def quantile(mixture: JointParams, q: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return where the CDF of mixtures of one coordinate is q, by bisection; q as in `cdf`."""
    n = mixture.means.shape[0]
    q = jnp.broadcast_to(q, (n,) if q.ndim == 1 else (n, q.shape[-1]))
    mean, far = mixture.means[..., 0], _FAR_SIGMAS * mixture.factors[..., 0, 0]
    low, high = jnp.min(mean - far, axis=-1), jnp.max(mean + far, axis=-1)
    if q.ndim == 2:
        low, high = low[:, None], high[:, None]
    low, high = jnp.broadcast_to(low, q.shape), jnp.broadcast_to(high, q.shape)
    return invert(lambda u: cdf(mixture, u), q, low, high)
