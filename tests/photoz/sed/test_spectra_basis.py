"""The mixed basis of old populations is as good as the populations themselves."""

import numpy as np
import pytest

from photoz.sed.grid import load_grid
from photoz.sed.spectrabasis import compressed


@pytest.fixture(scope="module")
def old():
    grid = load_grid()
    return grid.wave_aa, grid.stellar[:, grid.n_young :].reshape(-1, grid.wave_aa.size)


def test_a_full_basis_is_exact(old):
    wave, rows = old
    coefficients, basis = compressed(rows, wave, rank=len(rows))
    scale = np.abs(rows).max(axis=1, keepdims=True)
    assert np.abs(coefficients @ basis - rows).max() < 1e-4 * scale.max()


def test_every_single_population_is_kept(old):
    """The hardest case, a galaxy of one age and metallicity, in bands ten pixels wide."""
    wave, rows = old
    coefficients, basis = compressed(rows, wave)
    redward = wave > 911.75

    def bands(light):
        f_nu = (light * wave**2)[:, redward]
        n = f_nu.shape[1] // 10 * 10
        return f_nu[:, :n].reshape(len(light), -1, 10).mean(axis=-1)

    exact, mixed = bands(np.asarray(rows, float)), bands(coefficients @ basis)
    brightest = exact.max(axis=1, keepdims=True)
    bright = exact >= 1e-3 * brightest
    dmag = 2.5 * np.log10(np.where(bright, mixed, 1.0) / np.where(bright, exact, 1.0))
    assert np.abs(dmag).max() < 0.03
    assert np.median(np.abs(dmag[bright])) < 5e-4
    assert (np.abs(mixed - exact) / brightest)[~bright].max() < 3e-5
