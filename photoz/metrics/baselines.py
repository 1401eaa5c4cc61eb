"""What any code must beat: the sample's own redshift distribution, and one Gaussian width."""

import numpy as np
from scipy.special import ndtr

from photoz.infer import Posterior
from photoz.infer.grid import cell_edges
from photoz.metrics.points import normalised_dz, sigma_nmad

_LARGEST_SAMPLE = 5000


def trainz(like: Posterior, z_sample: np.ndarray, seed: int = 0) -> Posterior:
    """Give every galaxy the redshift distribution of a sample (Schmidt et al. 2020).

    Its PIT is perfect and it knows nothing: the reason why no PIT is shown without a score. The
    distribution is a kernel estimate in ln(1+z) with Silverman's bandwidth, cut at the support.

    Args:
        like: posterior whose galaxies and grid are taken.
        z_sample: (k,) redshifts of the sample.
        seed: of the subsample, where there are more than 5,000.
    """
    z = np.asarray(z_sample, np.float64)
    z = z[np.isfinite(z)]
    if len(z) > _LARGEST_SAMPLE:
        z = np.random.default_rng(seed).choice(z, _LARGEST_SAMPLE, replace=False)
    log_z = np.log1p(z)
    width = max(0.9 * np.std(log_z) * len(z) ** -0.2, 1e-3)
    edges = cell_edges(like.z_grid)
    cdf = ndtr((np.log1p(edges)[:, None] - log_z) / width).mean(axis=1)
    density = _cells(cdf[None, :], edges)
    return _baseline(like, "trainz", np.repeat(density, like.n, axis=0))


def gaussian(like: Posterior, estimator: str) -> Posterior:
    """Give every galaxy a Gaussian at another estimator's point, of width sigma_NMAD (1 + z).

    sigma_NMAD is that of the same galaxies, which favours this baseline.
    """
    z_spec = like.require_z_spec()
    point = like.z_map(estimator)
    known = np.isfinite(z_spec) & np.isfinite(point)
    sigma = max(sigma_nmad(normalised_dz(point[known], z_spec[known])), 1e-4)
    edges = cell_edges(like.z_grid)
    cdf = ndtr((edges - point[:, None]) / (sigma * (1.0 + point[:, None])))
    return _baseline(like, "gaussian", _cells(cdf, edges))


def _cells(cdf: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return densities from CDFs at the edges, normalised on the grid."""
    mass = np.diff(cdf, axis=1)
    return (mass / mass.sum(axis=1, keepdims=True) / np.diff(edges)).astype(np.float32)


def _baseline(like: Posterior, name: str, pdf: np.ndarray) -> Posterior:
    return Posterior(
        ids=like.ids,
        z_grid=like.z_grid,
        pdf={name: pdf},
        z_max=like.z_max,
        z_spec=like.z_spec,
        provenance={"kind": "posterior", "baseline": name},
    )
