"""The trained range of photometry, and who is outside it."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from photoz.states import LIMIT, MEASURED, MISSING
from photoz.trust.reference import TrainedRange

# of a band's ln error and of its flux: extremes of a sample are a little inside the true ones
MARGIN = 0.05


def trained_range(
    flux_ujy: np.ndarray,
    err_ujy: np.ndarray,
    limit_ujy: np.ndarray,
    state: np.ndarray,
    n_band_low: int,
) -> TrainedRange:
    """Return the extremes of photometry as training draws it.

    Args:
        flux_ujy: (n, n_band) observed fluxes, microjansky.
        err_ujy: (n, n_band) their errors.
        limit_ujy: (n, n_band) upper limits.
        state: (n, n_band) 0 measured, 1 limit, 2 missing.
        n_band_low: smallest number of bands that training leaves a galaxy.
    """
    measured, limited = state == MEASURED, state == LIMIT
    log_err = np.log(np.where(measured, err_ujy, 1.0))
    log_limit = np.log(np.where(limited, limit_ujy, 1.0))
    ends = [
        *_ends(log_err, measured, MARGIN),
        *_ends(flux_ujy, measured, MARGIN * np.abs(np.where(measured, flux_ujy, 0.0)).max(axis=0)),
        *_ends(log_limit, limited, MARGIN),
    ]
    return TrainedRange(*(jnp.asarray(v, jnp.float32) for v in (*ends, n_band_low)))


def _ends(
    values: np.ndarray, read: np.ndarray, margin: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    low = np.where(read, values, np.inf).min(axis=0) - margin
    high = np.where(read, values, -np.inf).max(axis=0) + margin
    return low, high


def outside(
    trained: TrainedRange,
    flux_ujy: Float[Array, "n n_band"],
    err_ujy: Float[Array, "n n_band"],
    limit_ujy: Float[Array, "n n_band"],
    state: Int[Array, "n n_band"],
) -> tuple[Bool[Array, "n n_band"], Bool[Array, " n"]]:
    """Return the bands outside the trained range, and the galaxies with too few bands.

    Args:
        trained: the range.
        flux_ujy: (n, n_band) fluxes, microjansky, read where `state` is 0.
        err_ujy: (n, n_band) errors, read where `state` is 0.
        limit_ujy: (n, n_band) upper limits, read where `state` is 1.
        state: (n, n_band) 0 measured, 1 limit, 2 missing.
    """
    measured, limited = state == MEASURED, state == LIMIT
    log_err = jnp.log(jnp.where(measured, err_ujy, 1.0))
    log_limit = jnp.log(jnp.where(limited, limit_ujy, 1.0))
    out = measured & (
        _beyond(log_err, trained.log_err_low, trained.log_err_high)
        | _beyond(flux_ujy, trained.flux_low, trained.flux_high)
    )
    out |= limited & _beyond(log_limit, trained.log_limit_low, trained.log_limit_high)
    return out, jnp.sum(state != MISSING, axis=1) < trained.n_band_low


def _beyond(values: Array, low: Array, high: Array) -> Array:
    return (values < low) | (values > high)
