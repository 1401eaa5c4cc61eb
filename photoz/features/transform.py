"""Photometry to features: pure, differentiable in flux, error and limit."""

import jax
import jax.numpy as jnp

from photoz.features.spec import FeatureSpec
from photoz.states import LIMIT, MEASURED, MISSING

# a feature beyond this many standard deviations is compressed, so that an odd galaxy does not
# throw the network far outside what it was trained on
SOFT_BOUND = 10.0
N_GUESS = 4


def features(
    spec: FeatureSpec,
    flux_ujy: jax.Array,
    err_ujy: jax.Array,
    limit_ujy: jax.Array,
    state: jax.Array,
) -> jax.Array:
    """Return the network input of galaxies; unread entries may be NaN and never leak.

    A measured band gives its standardised asinh flux and ln err; a limit gives the asinh of the
    limit and no error; a missing band gives zero to both, and to the whitened fluxes nothing but
    what the other bands say of it. Two flags per band tell the states apart.

    Args:
        spec: the fitted constants.
        flux_ujy: (n, n_band) fluxes in microjansky, read where `state` is 0; may be negative.
        err_ujy: (n, n_band) errors in microjansky, read where `state` is 0.
        limit_ujy: (n, n_band) upper limits in microjansky, read where `state` is 1.
        state: (n, n_band) 0 measured, 1 limit, 2 missing.

    Returns:
        (n, 5 n_band) float32: asinh fluxes, whitened fluxes, ln err, limit flags, missing flags.
    """
    measured, limit, missing = state == MEASURED, state == LIMIT, state == MISSING
    # both branches are replaced before any function of them: a NaN there would spoil the gradient
    value = jnp.where(measured, flux_ujy, jnp.where(limit, limit_ujy, 0.0)).astype(jnp.float32)
    err = jnp.where(measured, err_ujy, 1.0).astype(jnp.float32)
    scaled = jnp.arcsinh(value / spec.softening_ujy)
    standard = jnp.where(missing, 0.0, (scaled - spec.asinh_mean) / spec.asinh_std)
    log_err = (jnp.log(err) - spec.log_err_mean) / spec.log_err_std
    return jnp.concatenate(
        [
            _soft_bound(standard),
            _soft_bound(_guess_missing(spec, standard, missing) @ spec.whitening),
            _soft_bound(jnp.where(measured, log_err, 0.0)),
            limit.astype(jnp.float32),
            missing.astype(jnp.float32),
        ],
        axis=-1,
    )


def _guess_missing(spec: FeatureSpec, standard: jax.Array, missing: jax.Array) -> jax.Array:
    """Fill missing bands from the others by alternating projections on the leading axes.

    A zero there would be an absurd colour, and whitening would magnify it.
    """
    guess = standard
    for _ in range(N_GUESS):
        guess = jnp.where(missing, guess @ spec.projection, standard)
    return guess


def _soft_bound(x: jax.Array) -> jax.Array:
    """Compress smoothly to (-SOFT_BOUND, SOFT_BOUND); the identity near zero."""
    return x * jax.lax.rsqrt(1.0 + (x / SOFT_BOUND) ** 2)
