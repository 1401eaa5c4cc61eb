"""A few spectra from which those of all old populations are mixed."""

import numpy as np
from jaxtyping import Float

from photoz.sed.constants import LYMAN_LIMIT_AA

N_BASIS = 128
FLOOR = 0.01  # of a population's brightest f_nu: fainter light need not be relatively exact


def compressed(
    rows: Float[np.ndarray, "n_row n_wave"],
    wave_aa: Float[np.ndarray, " n_wave"],
    rank: int = N_BASIS,
) -> tuple[Float[np.ndarray, "n_row rank"], Float[np.ndarray, "rank n_wave"]]:
    """Factor spectra into coefficients and a basis, by singular values.

    Every spectrum counts alike, whatever its luminosity, and every pixel in units of the f_nu
    that a faint population has there, so that the ultraviolet of old populations is kept.

    Args:
        rows: luminosities per angstrom.
        wave_aa: wavelengths.
        rank: rows of the basis.

    Returns:
        Coefficients and basis, whose product is `rows` nearly.
    """
    f_nu = np.asarray(rows, float) * wave_aa**2
    norm = f_nu[:, wave_aa > LYMAN_LIMIT_AA].max(axis=1, keepdims=True)
    unit = np.maximum(np.quantile(f_nu / norm, 0.2, axis=0), FLOOR)
    scaled = f_nu / norm / unit
    # the singular vectors of the short side, from its Gram matrix
    value, vector = np.linalg.eigh(scaled @ scaled.T)
    left = vector[:, ::-1][:, : min(rank, len(value))]
    return left * norm, (left.T @ scaled) * unit / wave_aa**2
