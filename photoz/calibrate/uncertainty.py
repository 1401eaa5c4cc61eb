"""Uncertainties of fitted parameters: the sandwich, for a loss that is not the true likelihood."""

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from photoz.calibrate.objective import Problem, SpecSample, Theta, galaxy_losses, summed_loss

CHUNK = 512  # galaxies differentiated at once
_HESSIAN_ROWS_AT_ONCE = 4  # each row is a forward over a backward pass: memory grows with it


def sandwich_covariance(
    hessian: Float[np.ndarray, "p p"], scores: Float[np.ndarray, "n p"]
) -> Float[np.ndarray, "p p"]:
    """Return A^-1 B A^-1 / n, with A the Hessian of the mean loss and B the scores' covariance.

    White (1982), "Maximum likelihood estimation of misspecified models", eq. 3.2. The scores
    are centred: with a ridge their mean is not zero at the minimum. Directions in which the
    Hessian is not positive beyond float32 rounding (1e-5 of its largest eigenvalue) carry no
    information and get an infinite variance.

    Args:
        hessian: of the mean loss (ridge included) at the minimum.
        scores: gradient of each galaxy's loss there.
    """
    n = scores.shape[0]
    symmetric = 0.5 * (hessian + hessian.T).astype(float)
    values, vectors = np.linalg.eigh(symmetric)
    usable = values > 1e-5 * values.max(initial=0.0)
    inverse = (vectors[:, usable] / values[usable]) @ vectors[:, usable].T
    centred = scores.astype(float) - scores.mean(axis=0, dtype=float)
    covariance = inverse @ (centred.T @ centred / n) @ inverse / n
    lost = (vectors[:, ~usable] ** 2).sum(axis=1) > 0.01
    covariance[lost, lost] = np.inf
    return covariance


def parameter_covariance(
    theta: Theta, problem: Problem, free: dict[str, np.ndarray]
) -> Float[np.ndarray, "p p"]:
    """Return the sandwich covariance of the free parameters, in the order of `free_names`.

    float32: the Hessian is good to about 1e-3 of its diagonal, uncertainties to a few per cent;
    a minimum found at float32 tolerance leaves a gradient of about 1e-5, far below the scores.

    Args:
        theta: the fitted parameters.
        problem: sample and densities of the fit.
        free: (n_band,) bool for each group.
    """
    mask = np.asarray(ravel_pytree({k: jnp.asarray(v) for k, v in free.items()})[0]).astype(bool)
    index = jnp.asarray(np.flatnonzero(mask))
    hessian = _ridge_hessian(theta, problem)[np.ix_(mask, mask)] / float(problem.weight.sum())
    scores = []
    for part, real in _chunks(problem):
        hessian += np.asarray(_hessian(theta, part, index), float) / float(problem.weight.sum())
        scores.append(np.asarray(_scores(theta, part))[real][:, mask])
    return sandwich_covariance(hessian, np.concatenate(scores))


def _chunks(problem: Problem) -> Iterator[tuple[Problem, np.ndarray]]:
    """Yield the problem in pieces of one size, and which rows of each are in the fit.

    Memory is that of a piece, whatever the sample. The last one is filled with copies of a
    galaxy at weight 0, so that one compiled program serves all.
    """
    n = problem.sample.z_spec.shape[0]
    size = min(CHUNK, n)
    weight = np.asarray(problem.weight)
    for first in range(0, n, size):
        rows = np.arange(first, first + size)
        inside = rows < n
        rows = np.minimum(rows, n - 1)
        whole = problem.sample
        sample = SpecSample(
            flux_ujy=whole.flux_ujy[rows],
            err_ujy=whole.err_ujy[rows],
            limit_ujy=whole.limit_ujy[rows],
            state=whole.state[rows],
            z_spec=whole.z_spec[rows],
            offset_unit_ujy=whole.offset_unit_ujy,
        )
        part_weight = jnp.asarray(np.where(inside, weight[rows], 0.0).astype(weight.dtype))
        yield (
            problem._replace(sample=sample, weight=part_weight),
            inside & (weight[rows] > 0),
        )


def _ridge_hessian(theta: Theta, problem: Problem) -> Float[np.ndarray, "q q"]:
    """Return the Hessian of the ridge over all raveled parameters."""
    per_group = {k: jnp.full_like(v, problem.precision[k]) for k, v in theta.items()}
    return np.diag(np.asarray(ravel_pytree(per_group)[0], float))


@eqx.filter_jit
def _hessian(theta: Theta, problem: Problem, index: Array) -> Float[Array, "p p"]:
    """Return the Hessian of the summed loss over the raveled parameters in `index`."""
    flat, unravel = ravel_pytree(theta)

    def gradient(x: Array) -> Array:
        return jax.grad(lambda v: summed_loss(unravel(v), problem))(x)

    def row(i: Array) -> Array:
        direction = jnp.zeros_like(flat).at[i].set(1.0)
        return jax.jvp(gradient, (flat,), (direction,))[1][index]

    return jax.lax.map(row, index, batch_size=_HESSIAN_ROWS_AT_ONCE)


@eqx.filter_jit
def _scores(theta: Theta, problem: Problem) -> Float[Array, "n p"]:
    """Return the gradient of every galaxy's loss from one backward pass.

    Each galaxy gets its own copy of theta, so the gradient of the summed loss with respect to
    the copies is the matrix of single gradients.
    """
    n = problem.sample.z_spec.shape[0]
    copies = {k: jnp.broadcast_to(v, (n, v.shape[0])) for k, v in theta.items()}
    gradient = jax.grad(lambda t: jnp.sum(galaxy_losses(t, problem)))(copies)
    return jax.vmap(lambda t: ravel_pytree(t)[0])(gradient)
