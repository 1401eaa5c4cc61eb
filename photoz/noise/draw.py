"""Draw a survey's errors, fluxes, limits and missing bands: pure JAX, fresh at every step."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from photoz.noise.model import NoiseArrays
from photoz.noise.template import smooth_error, template_error
from photoz.states import LIMIT, MEASURED, MISSING, Photometry


def draw_noise(
    arrays: NoiseArrays,
    key: Array,
    flux_ujy: Float[Array, "n n_band"],
    z: Float[Array, " n"],
) -> Photometry:
    """Observe true fluxes as the survey would.

    Args:
        arrays: from `NoiseModel.arrays()`.
        key: random key; the same key and fluxes give the same draw.
        flux_ujy: (n, n_band) true fluxes, microjansky.
        z: (n,) true redshifts, which place the template error in the rest frame.

    Returns:
        Observed flux, quoted error and limit, (n, n_band) microjansky, NaN where not to be read;
        and the state: 0 measured, 1 limit, 2 missing.
    """
    key_error, key_flux, key_pattern = jax.random.split(key, 3)
    flux = flux_ujy.astype(jnp.float32)
    err = draw_error(arrays, key_error, flux)
    pick = jax.random.uniform(key_pattern, (flux.shape[0],))
    last = arrays.pattern_cdf.shape[0] - 1
    pattern = jnp.minimum(jnp.searchsorted(arrays.pattern_cdf, pick, side="right"), last)
    return observe(arrays, key_flux, flux, z, err, arrays.pattern_missing[pattern] > 0.5)


def observe(
    arrays: NoiseArrays,
    key: Array,
    flux_ujy: Float[Array, "n n_band"],
    z: Float[Array, " n"],
    err_ujy: Float[Array, "n n_band"],
    missing: Bool[Array, "n n_band"],
) -> Photometry:
    """Observe true fluxes with quoted errors and missing bands that are known already.

    Args:
        arrays: from `NoiseModel.arrays()`.
        key: random key of the flux noise.
        flux_ujy: (n, n_band) true fluxes, microjansky.
        z: (n,) true redshifts.
        err_ujy: (n, n_band) quoted errors, microjansky.
        missing: (n, n_band) True where the band was not observed.

    Returns:
        As `draw_noise`.
    """
    flux, err = flux_ujy, err_ujy
    deviate = _student_t(key, arrays.student_nu, flux.shape)
    smooth = arrays.template_length > 0.0
    own = jnp.where(smooth, 0.0, arrays.template_amplitude)
    observed = flux + noise_scale(arrays._replace(template_amplitude=own), err, flux, z) * deviate
    rest = arrays.wave_aa / (1.0 + z[:, None])
    length = jnp.where(smooth, arrays.template_length, 1.0)
    shared = arrays.template_amplitude * template_error(rest) * flux
    shared = shared * smooth_error(jax.random.fold_in(key, 1), rest, length)
    observed = observed + jnp.where(smooth, shared, 0.0)
    is_limit = ~missing & (observed <= arrays.censor_snr * err)
    state = jnp.where(missing, MISSING, jnp.where(is_limit, LIMIT, MEASURED))
    measured = state == MEASURED
    return Photometry(
        jnp.where(measured, observed, jnp.nan),
        jnp.where(measured, err, jnp.nan),
        jnp.where(is_limit, arrays.limit_n_sigma * err, jnp.nan),
        state,
    )


def noise_scale(
    arrays: NoiseArrays,
    err_ujy: Float[Array, "n n_band"],
    flux_ujy: Float[Array, "n n_band"],
    z: Float[Array, " n"],
) -> Float[Array, "n n_band"]:
    """Scale of the flux noise, microjansky: quoted error, floor and template error together."""
    template = arrays.template_amplitude * template_error(arrays.wave_aa / (1.0 + z[:, None]))
    left_out = jnp.sqrt(arrays.floor**2 + template**2) * flux_ujy
    # in units of the error: the square of a bright flux in microjansky loses float32 digits
    return err_ujy * jnp.sqrt(1.0 + (left_out / err_ujy) ** 2)


def draw_error(
    arrays: NoiseArrays, key: Array, flux: Float[Array, "n n_band"]
) -> Float[Array, "n n_band"]:
    """Draw quoted errors: log-normal about the curve, correlated, with jitter of depth."""
    key_scatter, key_depth, key_band = jax.random.split(key, 3)
    log_sigma = log_curve(arrays, flux)
    scatter = jax.random.normal(key_scatter, flux.shape) @ arrays.scatter.T
    depth = arrays.depth_jitter * jax.random.normal(key_depth, (flux.shape[0], 1))
    band = arrays.band_jitter * jax.random.normal(key_band, flux.shape)
    return jnp.exp(log_sigma + scatter + depth + band)


def log_curve(arrays: NoiseArrays, flux: Float[Array, "n n_band"]) -> Float[Array, "n n_band"]:
    """Return ln of the median quoted error in microjansky; negative flux counts as zero."""
    ratio = jnp.maximum(flux, 0.0) / arrays.sigma0_ujy
    variance = 1.0 + arrays.photon_ujy / arrays.sigma0_ujy * ratio + (arrays.fraction * ratio) ** 2
    return jnp.log(arrays.sigma0_ujy) + 0.5 * jnp.log(variance)


def _student_t(key: Array, nu: Array, shape: tuple[int, ...]) -> Array:
    """Student t deviates from two uniforms (Bailey 1994, Math. Comp. 62, 779): no rejection."""
    u, v = jax.random.uniform(key, (2, *shape), minval=jnp.finfo(jnp.float32).tiny)
    radius = jnp.sqrt(nu * jnp.expm1(-2.0 / nu * jnp.log(u)))
    return radius * jnp.cos(2.0 * jnp.pi * v)
