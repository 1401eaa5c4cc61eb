"""Bounded minimisation over pytrees: the one module that knows jaxopt.

jaxopt's ScipyBoundedMinimize is given an already compiled value-and-gradient function
(`value_and_grad=True, jit=False`), so that neither a new start nor new data compiles again.
Where jaxopt cannot be imported, scipy's L-BFGS-B runs on the raveled parameters: the same
algorithm, the same result.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

ValueAndGrad = Callable[[Any], tuple[Any, Any]]

# float32 losses carry about 1e-7 of rounding: tighter tolerances only fail the line search
FTOL = 1e-7
GTOL = 1e-5


class Minimum(NamedTuple):
    """Where a bounded minimisation ended.

    Attributes:
        parameters: the pytree at the minimum.
        value: the function there.
        iterations: how many L-BFGS-B took.
        converged: whether a tolerance was met before `max_iterations`.
    """

    parameters: Any
    value: float
    iterations: int
    converged: bool


def minimise(
    value_and_grad: ValueAndGrad,
    start: Any,
    lower: Any,
    upper: Any,
    max_iterations: int = 200,
) -> Minimum:
    """Minimise a function of a pytree within bounds; equal bounds freeze a parameter.

    Args:
        value_and_grad: maps parameters to (value, gradient); compiled by the caller.
        start: parameters to start from, clipped into the bounds.
        lower: pytree like `start`.
        upper: pytree like `start`.
        max_iterations: of L-BFGS-B.
    """
    start = jax.tree.map(jnp.clip, start, lower, upper)
    try:
        from jaxopt import ScipyBoundedMinimize
    except ImportError:
        return _minimise_scipy(value_and_grad, start, lower, upper, max_iterations)
    solver = ScipyBoundedMinimize(
        fun=value_and_grad,
        value_and_grad=True,
        jit=False,
        method="L-BFGS-B",
        maxiter=max_iterations,
        options={"ftol": FTOL, "gtol": GTOL},
    )
    parameters, state = solver.run(start, (lower, upper))
    return Minimum(parameters, float(state.fun_val), int(state.iter_num), bool(state.success))


def _minimise_scipy(
    value_and_grad: ValueAndGrad, start: Any, lower: Any, upper: Any, max_iterations: int
) -> Minimum:
    """Run scipy's L-BFGS-B on the raveled pytree."""
    from scipy.optimize import minimize

    flat_start, unravel = ravel_pytree(start)
    low, high = (np.asarray(ravel_pytree(tree)[0], float) for tree in (lower, upper))

    def flat(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = value_and_grad(unravel(jnp.asarray(x, flat_start.dtype)))
        return float(value), np.asarray(ravel_pytree(gradient)[0], float)

    result = minimize(
        flat,
        np.asarray(flat_start, float),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(low, high, strict=True)),
        options={"ftol": FTOL, "gtol": GTOL, "maxiter": max_iterations},
    )
    parameters = unravel(jnp.asarray(result.x, flat_start.dtype))
    return Minimum(parameters, float(result.fun), int(result.nit), bool(result.success))
