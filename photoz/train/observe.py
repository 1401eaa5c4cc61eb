"""What the network sees of true fluxes: fresh noise, bands lost, faint ones limits, features."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from photoz.features import FeatureSpec, features, fit_features
from photoz.noise import NoiseArrays, NoiseModel, draw_noise
from photoz.states import LIMIT, MEASURED, MISSING, Photometry
from photoz.train.config import TrainConfig

N_FIT_FEATURES = 30_000
MIN_BANDS = 2
WIDEST_WINDOW = 1.2  # of lost bands, in ln wavelength: Y to Ks is 0.8
LIMIT_SIGMAS = (2.0, 5.0)  # catalogues quote limits of 2 to 5 sigma


class BandLoss(NamedTuple):
    """What is taken from training galaxies, so that one network knows other photometry too.

    Attributes:
        group: (n_band,) number of each band's group.
        share: of galaxies that lose single bands.
        rate: largest probability of one band in those.
        group_rate: probability of a whole group.
        log_wave: (n_band,) ln of the pivot wavelengths.
        window_rate: probability to lose all bands within a window of wavelength.
        limit_share: of galaxies whose faint fluxes become upper limits.
    """

    group: Int[Array, " n_band"]
    share: Float[Array, ""]
    rate: Float[Array, ""]
    group_rate: Float[Array, ""]
    log_wave: Float[Array, " n_band"]
    window_rate: Float[Array, ""]
    limit_share: Float[Array, ""]


def band_loss(config: TrainConfig, noise: NoiseModel, group: np.ndarray) -> BandLoss:
    """Return what a configuration takes from training galaxies.

    Args:
        config: the configuration.
        noise: the noise model, for its wavelengths.
        group: (n_band,) number of each band's group.
    """
    return BandLoss(
        group=jnp.asarray(group),
        share=jnp.float32(config.mask_share),
        rate=jnp.float32(config.mask_rate),
        group_rate=jnp.float32(config.mask_group),
        log_wave=jnp.asarray(np.log(noise.wave_aa), jnp.float32),
        window_rate=jnp.float32(config.mask_window),
        limit_share=jnp.float32(config.limit_share),
    )


def lose_bands(
    loss: BandLoss, n_group: int, key: PRNGKeyArray, state: Int[Array, "n n_band"]
) -> Int[Array, "n n_band"]:
    """Turn bands to missing at random: singly, by group, by wavelength; two bands at least stay.

    Args:
        loss: how often.
        n_group: number of groups; a single group is never lost.
        key: random key.
        state: (n, n_band) 0 measured, 1 limit, 2 missing.
    """
    n, n_band = state.shape
    key, key_window = jax.random.split(key)
    u = jax.random.uniform(key, (n, n_band + n_group + 2))
    rate = jnp.where(u[:, :1] < loss.share, loss.rate * u[:, 1:2], 0.0)
    lost = u[:, 2 : n_band + 2] < rate
    if n_group > 1:
        lost |= (u[:, n_band + 2 :] < loss.group_rate)[:, loss.group]
    lost |= _in_window(loss, key_window, n)
    masked = jnp.where(lost, MISSING, state)
    enough = jnp.sum(masked != MISSING, axis=1, keepdims=True) >= MIN_BANDS
    return jnp.where(enough, masked, state)


def _in_window(loss: BandLoss, key: PRNGKeyArray, n: int) -> Bool[Array, "n n_band"]:
    """Return the bands within a window of random place and width, in some galaxies."""
    u = jax.random.uniform(key, (n, 3))
    low, high = jnp.min(loss.log_wave), jnp.max(loss.log_wave)
    centre = low + (high - low) * u[:, :1]
    inside = jnp.abs(loss.log_wave - centre) < 0.5 * WIDEST_WINDOW * u[:, 1:2]
    return inside & (u[:, 2:] < loss.window_rate)


def limit_faint(share: Float[Array, ""], key: PRNGKeyArray, seen: Photometry) -> Photometry:
    """Turn the fluxes below k sigma into limits of k sigma, in a share of galaxies.

    Each of these galaxies has its own k, uniform in `LIMIT_SIGMAS`: catalogues differ.

    Args:
        share: of the galaxies.
        key: random key.
        seen: photometry; limits that there are stay.
    """
    u = jax.random.uniform(key, (seen.flux.shape[0], 2))
    low, high = LIMIT_SIGMAS
    return as_limits(seen, low + (high - low) * u[:, :1], u[:, 1:] < share)


def as_limits(
    seen: Photometry,
    n_sigma: Float[Array, "n 1"] | float,
    chosen: Bool[Array, "n 1"] | bool = True,
) -> Photometry:
    """Turn the fluxes below so many sigma into limits there, in the galaxies that are chosen."""
    faint = (seen.state == MEASURED) & (seen.flux < n_sigma * seen.err) & chosen
    return Photometry(
        jnp.where(faint, jnp.nan, seen.flux),
        jnp.where(faint, jnp.nan, seen.err),
        jnp.where(faint, n_sigma * seen.err, seen.limit),
        jnp.where(faint, LIMIT, seen.state),
    )


def observed_features(
    spec: FeatureSpec,
    noise: NoiseArrays,
    key: PRNGKeyArray,
    flux_ujy: Float[Array, "n n_band"],
    z: Float[Array, " n"],
) -> Float[Array, "n n_feature"]:
    """Return the features of galaxies observed once through the noise model."""
    flux, err, limit, state = draw_noise(noise, key, flux_ujy, z)
    return features(spec, flux, err, limit, state)


def training_features(
    spec: FeatureSpec,
    noise: NoiseArrays,
    loss: BandLoss,
    n_group: int,
    key: PRNGKeyArray,
    flux_ujy: Float[Array, "n n_band"],
    z: Float[Array, " n"],
) -> Float[Array, "n n_feature"]:
    """Return features after fresh noise, random loss of bands, and limits."""
    key_noise, key_bands, key_limit = jax.random.split(key, 3)
    seen = draw_noise(noise, key_noise, flux_ujy, z)
    flux, err, limit, state = limit_faint(loss.limit_share, key_limit, seen)
    return features(spec, flux, err, limit, lose_bands(loss, n_group, key_bands, state))


def fit_feature_spec(
    bands: tuple[str, ...], noise: NoiseArrays, flux_ujy: np.ndarray, z: np.ndarray, seed: int
) -> FeatureSpec:
    """Fit the feature constants on up to 30,000 galaxies observed once.

    Args:
        bands: names of the bands.
        noise: the noise model.
        flux_ujy: (n, n_band) true fluxes in microjansky.
        z: (n,) redshifts.
        seed: of the choice of galaxies and of the noise.
    """
    chosen = np.random.default_rng([seed, 2]).permutation(len(z))[:N_FIT_FEATURES]
    drawn = jax.jit(draw_noise)(noise, jax.random.key(seed), flux_ujy[chosen], z[chosen])
    return fit_features(bands, *(np.asarray(a) for a in drawn))
