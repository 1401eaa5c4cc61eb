"""How fast this machine is right now: what every benchmark prints beside its own figures.

Both rates are measured through JAX on the CPU, in the run whose figures they scale, so that a
busy or a small machine does not pass for slow code.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

REFERENCE_GFLOPS = 200.0  # two idle cores of the machine that the targets are written for
_MATRIX, _N_EXP, _REPEATS = 2048, 10_000_000, 7


def best_seconds(call: Callable[[], Any], repeats: int) -> float:
    """Return the shortest wall time of a call after one warm-up."""
    return float(min(_times(call, repeats)))


def median_seconds(call: Callable[[], Any], repeats: int) -> float:
    """Return the median wall time of a call after one warm-up."""
    return float(np.median(_times(call, repeats)))


def machine_figures() -> dict[str, float]:
    """Return `sgemm_gflops`, `exp_per_s` (float32, all cores, best of several) and `load`.

    `load` is the one-minute load average before measuring: above the number of cores in use by
    others, figures of this run are lower limits.
    """
    load = os.getloadavg()[0]
    matrix = jax.random.normal(jax.random.key(0), (_MATRIX, _MATRIX), jnp.float32)
    matmul = jax.jit(lambda a: a @ a)
    x = jnp.linspace(-8.0, 8.0, _N_EXP, dtype=jnp.float32)
    # summed, so that arithmetic is timed and not the writing of 40 MB
    exponential = jax.jit(lambda v: jnp.exp(v).sum())
    return {
        "sgemm_gflops": 2e-9 * _MATRIX**3 / best_seconds(lambda: matmul(matrix), _REPEATS),
        "exp_per_s": _N_EXP / best_seconds(lambda: exponential(x), _REPEATS),
        "load": load,
    }


def scaled(rate: float, machine: dict[str, float]) -> float:
    """Return a rate as a machine of 200 GFLOP/s would reach it."""
    return rate * REFERENCE_GFLOPS / machine["sgemm_gflops"]


def _times(call: Callable[[], Any], repeats: int) -> list[float]:
    jax.block_until_ready(call())
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        jax.block_until_ready(call())
        times.append(time.perf_counter() - started)
    return times
