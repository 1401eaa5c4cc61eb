"""Relative fluxes of simulated galaxies as a mixture of low-rank Gaussians."""

import jax.numpy as jnp
import numpy as np

from photoz.noise import NoiseModel, template_error
from photoz.trust.leave_one_out import Shapes
from photoz.trust.mixture import Mixture, fit_mixture

N_GAUSSIAN = 96
N_PER_GAUSSIAN = 150  # galaxies that a Gaussian should have at least
N_FACTOR = 6
N_FACTOR_ROUND = 20
SMALLEST_OWN = 1e-3  # of a band's variance, so that no band is a function of the others
TINY = 1e-9


def fit_shapes(
    noise: NoiseModel, flux_ujy: np.ndarray, z: np.ndarray, weight: np.ndarray, seed: int
) -> Shapes:
    """Fit the mixture on true fluxes; what quoted errors leave out goes into its covariances.

    Args:
        noise: the noise model, in the order of the bands.
        flux_ujy: (n, n_band) true fluxes, microjansky.
        z: (n,) true redshifts, which place the template error.
        weight: (n,) weights of the galaxies.
        seed: of the first groups of galaxies.
    """
    unit = noise.sigma0_ujy
    scaled = np.asarray(flux_ujy, np.float64) / unit
    norm = np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-30)
    relative = scaled / norm
    rest_aa = noise.wave_aa / (1.0 + np.asarray(z, np.float64)[:, None])
    template = noise.template_amplitude * np.asarray(template_error(jnp.asarray(rest_aa)))
    left_out = (noise.floor**2 + template**2) * relative**2 + TINY
    k = int(np.clip(len(z) // N_PER_GAUSSIAN, 1, N_GAUSSIAN))
    mixture = fit_mixture(relative, weight, k, left_out.astype(np.float32), seed)
    factor, own = _low_rank(mixture, noise.floor, float(np.median(norm)))
    parts = (unit, np.log(mixture.share), mixture.mean, factor, own)
    return Shapes(*(jnp.asarray(a, jnp.float32) for a in parts))


def _low_rank(
    mixture: Mixture, floor: np.ndarray, amplitude: float
) -> tuple[np.ndarray, np.ndarray]:
    """Split each covariance into common factors and own variances (iterated principal factors).

    Bands are weighed by the noise of a galaxy of median brightness, since errors of the
    covariance below the noise do not matter.
    """
    n_band = mixture.mean.shape[1]
    q = min(N_FACTOR, n_band - 1)
    scale = np.sqrt(amplitude**-2 + (floor * mixture.mean) ** 2 + TINY)
    target = mixture.covariance / scale[:, :, None] / scale[:, None, :]
    total = np.diagonal(target, axis1=1, axis2=2)
    own = np.zeros_like(total)
    factor = np.zeros((*total.shape, q))
    for _ in range(N_FACTOR_ROUND):
        value, vector = np.linalg.eigh(target - own[:, :, None] * np.eye(n_band))
        value, vector = value[:, n_band - q :], vector[:, :, n_band - q :]
        factor = vector * np.sqrt(np.maximum(value, 0.0))[:, None, :]
        own = np.maximum(total - (factor**2).sum(axis=2), SMALLEST_OWN * total)
    return factor * scale[:, :, None], own * scale**2
