"""A mixture of Gaussians fitted by expectation-maximisation, in numpy: small, once per model."""

from typing import NamedTuple

import numpy as np

N_ROUND = 25
BLOCK = 8192
MIN_MEMBERS = 30
SOFTENING = 0.01  # of the arcsinh in which the first groups are made


class Mixture(NamedTuple):
    """Gaussians that together describe points.

    Attributes:
        share: (k,) shares, which sum to one.
        mean: (k, d) means.
        covariance: (k, d, d) covariances.
    """

    share: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


def fit_mixture(
    points: np.ndarray, weight: np.ndarray, k: int, ridge: np.ndarray, seed: int
) -> Mixture:
    """Fit k Gaussians with full covariances (Dempster, Laird & Rubin 1977, JRSS B 39, 1).

    Args:
        points: (n, d).
        weight: (n,) weights of the points.
        k: number of Gaussians asked for; those that lose their points are dropped.
        ridge: (n, d) variances that every point has of its own, added to the covariances.
        seed: of the first centres.
    """
    points = np.asarray(points, np.float32)
    n, d = points.shape
    weight = np.asarray(weight, np.float64) / np.sum(weight)
    group = _first_groups(np.arcsinh(points / SOFTENING), k, seed)
    sums = _Sums(k, d)
    sums.add(points, ridge, np.eye(k, dtype=np.float32)[group] * weight[:, None].astype(np.float32))
    mixture = sums.mixture(MIN_MEMBERS / n)
    for _ in range(N_ROUND):
        sums = _Sums(len(mixture.share), d)
        for start in range(0, n, BLOCK):
            rows = slice(start, start + BLOCK)
            density = log_densities(mixture, points[rows])
            density -= density.max(axis=1, keepdims=True)
            member = np.exp(density)
            member *= (weight[rows] / member.sum(axis=1))[:, None]
            sums.add(points[rows], ridge[rows], member.astype(np.float32))
        mixture = sums.mixture(MIN_MEMBERS / n)
    return mixture


def log_densities(mixture: Mixture, points: np.ndarray) -> np.ndarray:
    """Return ln(share x density) of points under each Gaussian, (n, k)."""
    k, d = mixture.mean.shape
    lower = np.linalg.cholesky(mixture.covariance)
    whiten = np.linalg.inv(lower)
    flat = np.concatenate(list(whiten)).astype(np.float32)  # (k d, d)
    shift = np.einsum("kij,kj->ki", whiten, mixture.mean).ravel().astype(np.float32)
    chi2 = np.square(points @ flat.T - shift).reshape(len(points), k, d).sum(axis=2)
    log_det = np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    constant = np.log(mixture.share) - log_det - 0.5 * d * np.log(2.0 * np.pi)
    return constant - 0.5 * chi2


class _Sums:
    """Weighted sums over points, from which the Gaussians follow."""

    def __init__(self, k: int, d: int):
        self.share = np.zeros(k)
        self.first = np.zeros((k, d))
        self.pair = np.tril_indices(d)
        self.second = np.zeros((k, len(self.pair[0])))
        self.ridge = np.zeros((k, d))

    def add(self, points: np.ndarray, ridge: np.ndarray, member: np.ndarray) -> None:
        # in double precision: covariances much narrower than their means are left of the sums
        points, member = points.astype(np.float64), member.astype(np.float64)
        pairs = points[:, self.pair[0]] * points[:, self.pair[1]]
        self.share += member.sum(axis=0)
        self.first += member.T @ points
        self.second += member.T @ pairs
        self.ridge += member.T @ ridge

    def mixture(self, smallest: float) -> Mixture:
        keep = self.share > min(smallest, self.share.max() / 2)
        share, first = self.share[keep], self.first[keep]
        mean = first / share[:, None]
        d = mean.shape[1]
        second = np.zeros((len(share), d, d))
        i, j = self.pair
        second[:, i, j] = second[:, j, i] = self.second[keep] / share[:, None]
        covariance = second - mean[:, :, None] * mean[:, None, :]
        covariance += np.einsum("ki,ij->kij", self.ridge[keep] / share[:, None], np.eye(d))
        return Mixture(share / share.sum(), mean, covariance)


def _first_groups(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Return (n,) group numbers by k-means from k-means++ centres on a subset."""
    rng = np.random.default_rng(seed)
    subset = points[rng.permutation(len(points))[: 40 * k]]
    centres = [subset[0]]
    distance = np.square(subset - centres[0]).sum(axis=1)
    for _ in range(1, k):
        total = distance.sum()
        if not total > 0:
            break
        centres.append(subset[rng.choice(len(subset), p=distance / total)])
        distance = np.minimum(distance, np.square(subset - centres[-1]).sum(axis=1))
    centre = np.array(centres)
    for _ in range(8):
        nearest = _nearest(subset, centre)
        for j in np.unique(nearest):
            centre[j] = subset[nearest == j].mean(axis=0)
    return _nearest(points, centre)


def _nearest(points: np.ndarray, centre: np.ndarray) -> np.ndarray:
    half = 0.5 * np.square(centre).sum(axis=1)
    return np.concatenate(
        [
            np.argmax(points[i : i + BLOCK] @ centre.T - half, axis=1)
            for i in range(0, len(points), BLOCK)
        ]
    )
