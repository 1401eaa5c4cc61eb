"""Results whose truth is known: Gaussian posteriors, true redshifts drawn from them."""

import numpy as np
from scipy import stats

from photoz.infer import Posterior
from photoz.infer.grid import cell_edges

GRID = np.linspace(0.0, 4.0, 401)
EDGES = cell_edges(GRID)
SIGMA = 0.1


def gaussians(n, *, name="mdn", shift=0.0, z_range=(0.5, 2.5), seed=2):
    """n galaxies with posteriors of width 0.1, right when `shift` is zero; ids 0 to n - 1."""
    rng = np.random.default_rng(seed)
    peak = rng.uniform(*z_range, n)
    z_spec = peak + SIGMA * rng.standard_normal(n)
    cdf = stats.norm.cdf((EDGES - (peak + shift)[:, None]) / SIGMA)
    pdf = (np.diff(cdf, axis=1) / np.diff(EDGES)).astype(np.float32)
    return Posterior(np.arange(n), GRID, {name: pdf}, 4.0, z_spec=z_spec)
