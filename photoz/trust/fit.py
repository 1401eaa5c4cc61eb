"""Fit the reference of a model on the simulation and the noise that it is trained with."""

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from photoz.noise import NoiseModel, draw_noise
from photoz.trust.judge import judge
from photoz.trust.ranges import trained_range
from photoz.trust.reference import Reference, TrainedRange
from photoz.trust.shapes import fit_shapes

if TYPE_CHECKING:
    from photoz.train.sample import Part

FALSE_ALARMS = 0.01
N_SHAPES, N_RANGE, N_THRESHOLD = 60_000, 60_000, 40_000
MAX_DRAWS = 20  # of the noise of one galaxy
N_BISECTION = 40
LARGEST_SHARE = 0.05


def fit_reference(
    noise: NoiseModel,
    train: "Part",
    held_out: "Part",
    seed: int,
    n_band_low: int = 1,
    limit_sigmas: tuple[float, float] | None = None,
) -> Reference:
    """Fit shapes and range on training galaxies, thresholds on others.

    Args:
        noise: the noise model; its bands are those of the parts.
        train: galaxies that the model is trained on.
        held_out: galaxies of other batches, on which 1 % pass the thresholds.
        seed: of the choice of galaxies and of the noise.
        n_band_low: smallest number of bands that training leaves a galaxy.
        limit_sigmas: lowest and highest limit, in errors, that training makes of faint fluxes;
            None where it makes none.
    """
    drawn = train.draw(N_SHAPES, np.random.default_rng([seed, 21]))
    shapes = fit_shapes(noise, drawn.flux_ujy, drawn.z, drawn.weight, seed)
    n_band = len(noise.bands)
    reference = Reference(
        shapes=shapes,
        threshold=jnp.ones(n_band, jnp.float32),
        noise_width=jnp.float32(np.sqrt(noise.student_nu / (noise.student_nu - 2.0))),
        trained=_fit_range(noise, train, seed, n_band_low, limit_sigmas),
    )
    deviate = np.abs(_held_out_deviates(noise, reference, held_out, seed))
    return reference._replace(threshold=jnp.asarray(thresholds(deviate), jnp.float32))


def thresholds(deviate: np.ndarray, false_alarms: float = FALSE_ALARMS) -> np.ndarray:
    """Return (n_band,) thresholds that a share of galaxies pass in some band.

    Every band is passed equally often, so that a band the mixture describes badly does not
    spend the false alarms of the others.

    Args:
        deviate: (n, n_band) absolute deviates, NaN where not measured.
        false_alarms: share of the galaxies.
    """
    measured = np.isfinite(deviate).any(axis=0)
    ordered = np.sort(deviate[:, measured], axis=0)  # NaN last
    n_seen = np.isfinite(ordered).sum(axis=0)

    def at(share: float) -> np.ndarray:
        place = (1.0 - share) * (n_seen - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, n_seen - 1)
        column = np.arange(ordered.shape[1])
        return ordered[low, column] + (place - low) * (ordered[high, column] - ordered[low, column])

    low, high = 0.0, LARGEST_SHARE
    for _ in range(N_BISECTION):
        middle = 0.5 * (low + high)
        passed = (np.nan_to_num(deviate[:, measured]) > at(middle)).any(axis=1).mean()
        low, high = (middle, high) if passed < false_alarms else (low, middle)
    found = np.ones(deviate.shape[1])
    found[measured] = np.maximum(at(low), 1e-3)
    # a band that was never measured is held to the strictest of the others
    found[~measured] = found[measured].max(initial=1.0)
    return found


def _fit_range(
    noise: NoiseModel,
    train: "Part",
    seed: int,
    n_band_low: int,
    limit_sigmas: tuple[float, float] | None,
) -> TrainedRange:
    drawn = train.draw(N_RANGE, np.random.default_rng([seed, 22]))
    key = jax.random.fold_in(jax.random.key(seed), 22)
    seen = jax.jit(draw_noise)(noise.arrays(), key, drawn.flux_ujy, drawn.z)
    flux, err, limit, state = map(np.asarray, seen)
    found = trained_range(flux, err, limit, state, n_band_low)
    if limit_sigmas is None:
        return found
    low, high = (float(np.log(n_sigma)) for n_sigma in limit_sigmas)
    return found._replace(
        log_limit_low=jnp.minimum(found.log_limit_low, found.log_err_low + low),
        log_limit_high=jnp.maximum(found.log_limit_high, found.log_err_high + high),
    )


def _held_out_deviates(
    noise: NoiseModel, reference: Reference, held_out: "Part", seed: int
) -> np.ndarray:
    """Observe held-out galaxies, each up to 20 times; (n, n_band) deviates, NaN not measured."""
    from photoz.infer.photometry import Photometry

    n = min(N_THRESHOLD, MAX_DRAWS * held_out.n)
    share = np.asarray(held_out.weight, np.float64)
    pick = np.random.default_rng([seed, 23]).choice(held_out.n, n, p=share / share.sum())
    key = jax.random.fold_in(jax.random.key(seed), 23)
    flux, z = held_out.flux_ujy[pick], held_out.z[pick]
    seen = jax.jit(draw_noise)(noise.arrays(depth_jitter=0.0), key, flux, z)
    return judge(reference, Photometry(*(np.asarray(a) for a in seen))).band_share
