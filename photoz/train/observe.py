"""What the network sees of true fluxes: fresh noise, bands lost at random, features."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from photoz.features import FeatureSpec, features, fit_features
from photoz.noise import NoiseArrays, draw_noise
from photoz.states import MISSING

N_FIT_FEATURES = 30_000
MIN_BANDS = 2


class BandLoss(NamedTuple):
    """How often training galaxies lose bands.

    Attributes:
        group: (n_band,) number of each band's group.
        share: of galaxies that lose single bands.
        rate: largest probability of one band in those.
        group_rate: probability of a whole group.
    """

    group: Int[Array, " n_band"]
    share: Float[Array, ""]
    rate: Float[Array, ""]
    group_rate: Float[Array, ""]


def lose_bands(
    loss: BandLoss, n_group: int, key: PRNGKeyArray, state: Int[Array, "n n_band"]
) -> Int[Array, "n n_band"]:
    """Turn bands to missing at random, singly and by group; two bands at least stay.

    Args:
        loss: how often.
        n_group: number of groups; a single group is never lost.
        key: random key.
        state: (n, n_band) 0 measured, 1 limit, 2 missing.
    """
    n, n_band = state.shape
    u = jax.random.uniform(key, (n, n_band + n_group + 2))
    rate = jnp.where(u[:, :1] < loss.share, loss.rate * u[:, 1:2], 0.0)
    lost = u[:, 2 : n_band + 2] < rate
    if n_group > 1:
        lost |= (u[:, n_band + 2 :] < loss.group_rate)[:, loss.group]
    masked = jnp.where(lost, MISSING, state)
    enough = jnp.sum(masked != MISSING, axis=1, keepdims=True) >= MIN_BANDS
    return jnp.where(enough, masked, state)


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
    """Return features after fresh noise and random loss of bands."""
    key_noise, key_bands = jax.random.split(key)
    flux, err, limit, state = draw_noise(noise, key_noise, flux_ujy, z)
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
