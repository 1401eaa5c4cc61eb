"""The reference of simulated galaxies that a trained model carries, fitted once per run."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from photoz.atomic import atomic_path
from photoz.noise import NoiseModel, draw_noise
from photoz.states import MISSING
from photoz.train.config import TrainConfig
from photoz.train.observe import LIMIT_SIGMAS, band_loss, lose_bands
from photoz.train.sample import Split
from photoz.trust import Reference, fit_reference

N_COUNTED = 20_000
RARE = 0.001  # share of training galaxies with fewer bands than are called trained


def reference_of(
    config: TrainConfig, noise: NoiseModel, split: Split, group: np.ndarray, file: Path | None
) -> Reference:
    """Fit the reference of a run, or read what the run has fitted before.

    Args:
        config: the run's configuration.
        noise: its noise model.
        split: its galaxies; shapes come from the training part, thresholds from validation.
        group: (n_band,) number of each band's group.
        file: where it is kept between the run's models, or None.
    """
    from safetensors.numpy import load_file, save_file

    if file is not None and file.exists():
        return Reference.from_arrays(len(noise.bands), load_file(file))
    fewest = fewest_bands(config, noise, split, group)
    limits = LIMIT_SIGMAS if config.limit_share > 0.0 else None
    reference = fit_reference(noise, split.train, split.validation, config.seed, fewest, limits)
    if file is not None:
        with atomic_path(file) as temporary:
            save_file(reference.to_arrays(), temporary)
    return reference


def fewest_bands(config: TrainConfig, noise: NoiseModel, split: Split, group: np.ndarray) -> int:
    """Return the number of bands that 99.9 % of training galaxies have at least."""
    drawn = split.train.draw(N_COUNTED, np.random.default_rng([config.seed, 24]))
    key_noise, key_bands = jax.random.split(jax.random.fold_in(jax.random.key(config.seed), 24))
    flux, z = jnp.asarray(drawn.flux_ujy), jnp.asarray(drawn.z)
    state = draw_noise(noise.arrays(), key_noise, flux, z)[3]
    loss = band_loss(config, noise, group)
    lost = np.asarray(lose_bands(loss, int(group.max()) + 1, key_bands, state))
    return int(np.quantile(np.sum(lost != MISSING, axis=1), RARE, method="lower"))
