"""Results in the real layouts of other codes, written by hand and small."""

import numpy as np
import pytest
from scipy import stats

N = 12
Z_GRID = np.round(np.arange(0.0, 3.0001, 0.05), 4)


@pytest.fixture
def truth():
    """Redshifts, a code's points about them, and its Gaussian widths, (12,) each."""
    rng = np.random.default_rng(5)
    z = rng.uniform(0.3, 2.4, N)
    point = z + 0.03 * (1 + z) * rng.standard_normal(N)
    return {"z": z, "point": point, "width": rng.uniform(0.08, 0.2, N)}


@pytest.fixture
def values(truth):
    """Densities of the code at its grid's points, (12, 61)."""
    return stats.norm.pdf(Z_GRID, truth["point"][:, None], truth["width"][:, None])
