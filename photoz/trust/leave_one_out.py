"""What the other bands of a galaxy say of each band, under a mixture of galaxy shapes."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

AMPLITUDE_WIDTH = 3.0  # prior scatter of the brightness, of the brightness itself
LOG_TAIL = -15.0  # of a probability, beyond which the deviate comes from the tail's expansion


class Shapes(NamedTuple):
    """Gaussians of relative fluxes: share, mean and covariance `factor factor^T + diag(own)`.

    Relative fluxes are fluxes in units of `unit_ujy`, divided by their norm over all bands.
    """

    unit_ujy: Float[Array, " n_band"]
    log_share: Float[Array, " k"]
    mean: Float[Array, "k n_band"]
    factor: Float[Array, "k n_band q"]
    own: Float[Array, "k n_band"]


class _Solved(NamedTuple):
    """A galaxy's photometry under one Gaussian, with its brightness unknown; (k, n) or (m, n).

    Attributes:
        evidence: ln of share and density of the photometry.
        amplitude: brightness that scales the Gaussian.
        lower: Cholesky factor of I + F^T V^-1 F, row by row.
        latent: mean of the factors.
    """

    evidence: Array
    amplitude: Array
    lower: list[list[Array]]
    latent: list[Array]


def leave_one_out(
    shapes: Shapes,
    n_kept: int,
    flux_ujy: Float[Array, "n n_band"],
    err_ujy: Float[Array, "n n_band"],
    used: Bool[Array, "n n_band"],
) -> Float[Array, "n n_band"]:
    """Return how far each band is from what the other used bands predict, in deviates.

    For one Gaussian with precision matrix P the prediction of a band from all others has
    variance 1 / P_bb and residual (P d)_b / P_bb (Rasmussen & Williams 2006, eq. 5.12). The
    Gaussians are weighted by the evidence of the other bands alone, and the probability of the
    flux, or of one further out, is put as a standard normal deviate.

    Args:
        shapes: the mixture.
        n_kept: Gaussians of largest evidence whose predictions are mixed.
        flux_ujy: (n, n_band) fluxes, microjansky; any number where not used.
        err_ujy: (n, n_band) scatter of the noise, microjansky.
        used: (n, n_band) bands that take part; no other is read.

    Returns:
        (n, n_band) deviates, positive where the band is too bright; 0 where not used.
    """
    d = jnp.where(used, flux_ujy / shapes.unit_ujy, 0.0)
    noise = jnp.where(used, (err_ujy / shapes.unit_ujy) ** 2, 1.0)
    solved = _solve(shapes, d, noise, used.astype(d.dtype))
    _, best = jax.lax.top_k(solved.evidence.T, n_kept)
    kept, index = _take(solved, best.T), best.T  # (m, n)
    mean, variance = _predictions(shapes, kept, index, d, noise)
    log_density = -0.5 * ((d - mean) ** 2 / variance + jnp.log(2.0 * jnp.pi * variance))
    log_weight = kept.evidence[..., None] - log_density
    log_weight -= jax.nn.logsumexp(log_weight, axis=0)
    deviate = (d - mean) * jax.lax.rsqrt(variance)
    below = jax.nn.logsumexp(log_weight + jax.scipy.stats.norm.logcdf(deviate), axis=0)
    above = jax.nn.logsumexp(log_weight + jax.scipy.stats.norm.logcdf(-deviate), axis=0)
    sign = jnp.where(above < below, 1.0, -1.0)
    return jnp.where(used, sign * _deviate(jnp.minimum(below, above)), 0.0)


def _solve(shapes: Shapes, d: Array, noise: Array, used: Array) -> _Solved:
    """Solve the linear Gaussian model of n galaxies under k Gaussians."""
    precise = used / noise
    power = shapes.mean**2 @ precise.T
    bright = shapes.mean @ (d * precise).T / (power + 1e-12)
    amplitude = jnp.maximum(bright, jax.lax.rsqrt(power + 1e-6))  # (k, n)
    square = amplitude**2
    variance = noise + square[..., None] * shapes.own[:, None]  # (k, n, n_band)
    inverse = used / variance
    whole = _with_brightness(shapes.mean, shapes.factor)  # (k, n_band, q + 1)
    size = whole.shape[-1]
    pairs = [(i, j) for i in range(size) for j in range(i + 1)]
    products = jnp.stack([whole[..., i] * whole[..., j] for i, j in pairs], axis=-1)
    gram = square[..., None] * jnp.einsum("knb,kbp->knp", inverse, products)
    project = amplitude[..., None] * jnp.einsum("knb,kbq->knq", inverse * d, whole)
    lower = _cholesky({pair: gram[..., k] + (pair[0] == pair[1]) for k, pair in enumerate(pairs)})
    latent = _backward(lower, _forward(lower, [project[..., i] for i in range(size)]))
    stacked = jnp.stack(latent, axis=-1)
    # the residual of the solution, not a difference of two large numbers
    left = d - amplitude[..., None] * jnp.einsum("knq,kbq->knb", stacked, whole)
    chi2 = jnp.sum(inverse * left**2, axis=-1) + jnp.sum(stacked**2, axis=-1)
    log_det = jnp.sum(used * jnp.log(variance), axis=-1)
    log_det += 2.0 * sum(jnp.log(row[-1]) for row in lower)
    evidence = shapes.log_share[:, None] - 0.5 * (log_det + chi2)
    return _Solved(evidence, amplitude, lower, latent)


def _take(solved: _Solved, index: Array) -> _Solved:
    """Keep the Gaussians (m, n) of each galaxy."""
    leaves, structure = jax.tree.flatten(solved)
    stacked = jnp.stack(leaves, axis=-1)
    kept = jnp.take_along_axis(stacked, index[..., None], axis=0)
    return jax.tree.unflatten(structure, [kept[..., i] for i in range(len(leaves))])


def _with_brightness(mean: Array, factor: Array) -> Array:
    """Return the factors of a Gaussian with its own mean as the first: (..., n_band, q + 1)."""
    return jnp.concatenate([AMPLITUDE_WIDTH * mean[..., None], factor], axis=-1)


def _predictions(
    shapes: Shapes, kept: _Solved, index: Array, d: Array, noise: Array
) -> tuple[Array, Array]:
    """Mean and variance of each band given the others, (m, n, n_band) each."""
    amplitude = kept.amplitude[..., None]
    whole = _with_brightness(shapes.mean, shapes.factor)[index]
    columns = [amplitude * whole[..., i] for i in range(whole.shape[-1])]
    variance = noise + amplitude**2 * shapes.own[index]
    lower = [[entry[..., None] for entry in row] for row in kept.lower]
    leverage = sum(c**2 for c in _forward(lower, columns)) / variance
    fitted = sum(c * x[..., None] for c, x in zip(columns, kept.latent, strict=True))
    spare = jnp.maximum(1.0 - leverage, 1e-6)
    return d - (d - fitted) / spare, variance / spare


def _cholesky(matrix: dict[tuple[int, int], Array]) -> list[list[Array]]:
    """Cholesky factor entry by entry, so that galaxies and Gaussians stay on vector lanes.

    Args:
        matrix: entries (i, j) with j <= i, in order of rows.
    """
    lower: list[list[Array]] = []
    for (i, j), entry in matrix.items():
        if j == 0:
            lower.append([])
        row, other = lower[i], lower[j]
        rest = entry - sum(a * b for a, b in zip(row, other[:j], strict=True))
        row.append(jnp.sqrt(jnp.maximum(rest, 1e-12)) if i == j else rest / other[j])
    return lower


def _forward(lower: list[list[Array]], right: list[Array]) -> list[Array]:
    found: list[Array] = []
    for row, value in zip(lower, right, strict=True):
        found.append((value - sum(a * x for a, x in zip(row, found, strict=False))) / row[-1])
    return found


def _backward(lower: list[list[Array]], right: list[Array]) -> list[Array]:
    size = len(lower)
    found: list[Array] = [right[0]] * size
    for i in reversed(range(size)):
        rest = right[i] - sum(lower[j][i] * found[j] for j in range(i + 1, size))
        found[i] = rest / lower[i][i]
    return found


def _deviate(log_tail: Array) -> Array:
    """Return the z > 0 with a normal tail of this logarithm (Abramowitz & Stegun 26.2.12)."""
    near = -jax.scipy.special.ndtri(jnp.exp(jnp.maximum(log_tail, LOG_TAIL)))
    t = -2.0 * jnp.minimum(log_tail, LOG_TAIL) - jnp.log(2.0 * jnp.pi)
    square = t - jnp.log(t)
    for _ in range(2):
        square = t - jnp.log(square) - 2.0 / square
    return jnp.where(log_tail < LOG_TAIL, jnp.sqrt(square), near)
