"""The separate peaks of a posterior, largest probability first."""

import itertools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.signal import find_peaks

PROMINENCE = 0.05  # of the highest peak
MIN_SHARE = 0.02  # of the probability


class Peak(NamedTuple):
    """One peak: its redshift and the probability between the minima on either side."""

    z: float
    probability: float


def posterior_peaks(
    z_grid: Float[np.ndarray, " m"], pdf: Float[np.ndarray, " m"], n_max: int = 3
) -> list[Peak]:
    """Find the peaks of a density.

    Args:
        z_grid: redshifts, increasing.
        pdf: density per unit z at them.
        n_max: how many to return at most.

    Returns:
        Peaks that stand out by a twentieth of the highest and hold 2 % of the probability, in
        order of probability; the highest point at least.
    """
    density = np.nan_to_num(np.asarray(pdf, float))
    # a peak may sit at an end of the grid
    padded = np.concatenate([[0.0], density, [0.0]])
    found = find_peaks(padded, prominence=PROMINENCE * density.max())[0] - 1
    if not len(found):
        return [Peak(float(z_grid[int(np.argmax(density))]), 1.0)]
    step = np.gradient(z_grid)
    valleys = [a + int(np.argmin(density[a : b + 1])) for a, b in itertools.pairwise(found)]
    edges = [0, *valleys, len(density)]
    share = np.array([(density * step)[a:b].sum() for a, b in itertools.pairwise(edges)])
    share = share / share.sum()
    peaks = [Peak(float(z_grid[i]), float(p)) for i, p in zip(found, share, strict=True)]
    peaks.sort(key=lambda peak: -peak.probability)
    return [peaks[0], *(p for p in peaks[1:n_max] if p.probability >= MIN_SHARE)]
