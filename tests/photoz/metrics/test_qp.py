"""Stored densities mean to qp, the field's own library, what they mean to us."""

import numpy as np
import pytest

qp = pytest.importorskip("qp", reason="qp-prob is not installed")

from photoz.infer import Posterior  # noqa: E402
from photoz.infer.grid import cell_edges  # noqa: E402

Z_GRID = np.linspace(0.0, 3.0, 301)


@pytest.fixture(scope="module")
def posterior():
    rng = np.random.default_rng(3)
    z = rng.uniform(0.2, 2.5, 60)
    width = rng.uniform(0.03, 0.3, 60)
    edges = cell_edges(Z_GRID)
    density = np.exp(-0.5 * ((Z_GRID - z[:, None]) / width[:, None]) ** 2) + 0.02
    mass = density * np.diff(edges)
    pdf = (mass / mass.sum(axis=1, keepdims=True) / np.diff(edges)).astype(np.float32)
    return Posterior(np.arange(60), Z_GRID, {"flow": pdf}, 3.0, z_spec=z + 0.05)


@pytest.fixture(scope="module")
def ensemble(posterior):
    edges = cell_edges(Z_GRID)
    return qp.Ensemble(qp.hist, data={"bins": edges, "pdfs": posterior.pdf["flow"]})


def test_pit(posterior, ensemble):
    theirs = ensemble.cdf(posterior.z_spec[:, None])
    theirs = np.diagonal(theirs) if theirs.shape == (60, 60) else theirs[:, 0]
    np.testing.assert_allclose(posterior.pit("flow"), theirs, atol=2e-5)


def test_quantiles(posterior, ensemble):
    q = [0.025, 0.16, 0.5, 0.84, 0.975]
    np.testing.assert_allclose(posterior.quantile("flow", q), ensemble.ppf(q), atol=2e-4)


def test_mean(posterior, ensemble):
    fine = np.linspace(0.0, 3.0, 6_001)
    theirs = 3.0 - np.trapezoid(ensemble.cdf(fine), fine, axis=1)
    np.testing.assert_allclose(posterior.mean("flow"), theirs, atol=1e-4)


def test_crps_is_the_integral_of_qps_cdf(posterior, ensemble):
    from photoz.metrics import crps

    fine = np.linspace(0.0, 3.0, 60_001)
    step = fine[None, :] >= posterior.z_spec[:, None]
    theirs = np.trapezoid((ensemble.cdf(fine) - step) ** 2, fine, axis=1)
    ours = crps(Z_GRID, posterior.pdf["flow"], posterior.z_spec)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
