"""Scores of posteriors at known redshifts, fast enough to follow a calibration as it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.calibrate.calibration import Calibration, CalibrationArrays, apply
from photoz.calibrate.objective import ModelDensity, SpecSample
from photoz.calibrate.sample import densities_of
from photoz.infer.densities import MEMBERS, POOL
from photoz.infer.grid import cell_edges, default_grid
from photoz.metrics.pit import ecdf_band, ks_distance
from photoz.metrics.points import bias, normalised_dz, outlier_fraction, sigma_nmad
from photoz.metrics.scores import LOG_SCORE_FLOOR
from photoz.models import MDN_WEIGHT, LinearPool, PoolParams
from photoz.models.pool import pooled

if TYPE_CHECKING:
    from photoz.models import TrainedModel

COARSE = 4  # fine cells of the stored grid in one coarse cell
N_PEAK = 3  # coarse cells searched for the densest fine cell
CHUNK = 500
BATCHED = ("flux_ujy", "err_ujy", "limit_ujy", "state", "z_spec")


class DensityScores(NamedTuple):
    """What one estimator says of n galaxies of known redshift, (n,) each.

    Attributes:
        pit: exact CDF at z_spec.
        log_score: ln max(p(z_spec), 0.001), p linear on the stored grid, as in `metrics`.
        crps: in z, as in `metrics`, with the CDF linear over cells four times as wide.
        z_map: densest point of the stored grid.
    """

    pit: Any  # numpy on the host, a tracer inside the compiled function
    log_score: Any
    crps: Any
    z_map: Any


class _Seen(NamedTuple):
    """What is averaged in a pool: CDFs and densities of n galaxies.

    Attributes:
        coarse: CDF at the coarse edges, (n, m_coarse).
        pit: CDF at z_spec, (n,).
        pair: densities of the two stored cells around z_spec, (n, 2).
    """

    coarse: Any
    pit: Any
    pair: Any


class _Judged(NamedTuple):
    """Scores of one model, and what a pool of two needs of it."""

    scores: DensityScores
    conditional: Any
    seen: _Seen


class _Grid(NamedTuple):
    """The stored grid, its cell edges, and every fourth of these."""

    points: Float[Array, " m"]
    edges: Float[Array, " m_edge"]
    coarse: Float[Array, " m_coarse"]


@dataclass(frozen=True)
class Diagnosis:
    """Models and a sample on the device, scored again and again under other calibrations.

    Attributes:
        densities: by estimator name.
        bands: the models' bands, in order.
        sample: the galaxies.
    """

    densities: Mapping[str, ModelDensity]
    bands: tuple[str, ...]
    sample: SpecSample
    _grids: dict[float, _Grid] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, models: Mapping[str, "TrainedModel"], sample: SpecSample) -> "Diagnosis":
        """Put models of one list of bands beside a sample in those bands."""
        kinds, densities = densities_of(models)
        bands = tuple(models[kinds[0]].bands)
        return cls(dict(zip(kinds, densities, strict=True)), bands, sample)

    def scores(self, calibration: Calibration) -> dict[str, DensityScores]:
        """Return the scores of every galaxy by estimator, numpy arrays (n,).

        Beside two models stands their `mixture`, from what was computed of them.

        Raises:
            InputError: the calibration lacks a band.
        """
        arrays = calibration.for_bands(self.bands).arrays()
        # all are started before the first is waited for
        found = {
            kind: _scores(density, arrays, self.sample, self._grid(density.z_max))
            for kind, density in self.densities.items()
        }
        scored = {kind: judged.scores for kind, judged in found.items()}
        if set(MEMBERS) <= set(found) and len({d.z_max for d in self.densities.values()}) == 1:
            z_max = self.densities[MEMBERS[0]].z_max
            mdn, flow = (found[kind] for kind in MEMBERS)
            scored[POOL] = _pool_scores(
                LinearPool(z_max), mdn, flow, self.sample.z_spec, self._grid(z_max)
            )
        columns = jax.device_get(scored)  # which sorts them by name
        return {
            kind: DensityScores(*(np.asarray(a, np.float64) for a in columns[kind]))
            for kind in scored
        }

    def _grid(self, z_max: float) -> _Grid:
        if z_max not in self._grids:
            points = default_grid(z_max)
            edges = cell_edges(points)
            coarse = np.append(edges[:-1:COARSE], edges[-1])
            self._grids[z_max] = _Grid(
                *(jnp.asarray(a, jnp.float32) for a in (points, edges, coarse))
            )
        return self._grids[z_max]


def summary(scores: DensityScores, z_spec: np.ndarray) -> dict[str, float]:
    """Return the means that a page shows, named and defined as in `photoz.metrics`.

    Args:
        scores: of one estimator.
        z_spec: spectroscopic redshifts, (n,).
    """
    dz = normalised_dz(np.asarray(scores.z_map), z_spec)
    return {
        "log_score": float(np.mean(scores.log_score)),
        "crps": float(np.mean(scores.crps)),
        "pit_ks": ks_distance(np.asarray(scores.pit)),
        "sigma_nmad": sigma_nmad(dz),
        "outlier_fraction": outlier_fraction(dz),
        "bias": bias(dz),
    }


class BandEdges(NamedTuple):
    """Where the ECDF of uniform numbers stays with probability 0.95, minus u, (k,) each."""

    u: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@lru_cache(maxsize=32)
def uniform_band(n: int) -> BandEdges:
    """Return the simultaneous band of `metrics.ecdf_band` for n galaxies; kept, as it is slow."""
    found = ecdf_band((np.arange(n) + 0.5) / n)
    return BandEdges(found.u, found.lower, found.upper)


def ecdf_difference(pit: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return the share of (n,) PIT values at or below u, minus u, (k,)."""
    return np.searchsorted(np.sort(pit), u, side="right") / len(pit) - u


@eqx.filter_jit
def _scores(
    density: ModelDensity, calibration: CalibrationArrays, sample: SpecSample, grid: _Grid
) -> _Judged:
    """Score in chunks that stay in the cache; the last one is filled up with its last row."""
    n = sample.z_spec.shape[0]
    size = min(CHUNK, n)
    n_chunk = -(-n // size)
    index = jnp.minimum(jnp.arange(n_chunk * size), n - 1).reshape(n_chunk, size)
    rows = {name: getattr(sample, name)[index] for name in BATCHED}

    def one(part: dict[str, Any]) -> _Judged:
        photometry = apply(calibration, part["flux_ujy"], part["err_ujy"], part["limit_ujy"])
        conditional = density.conditional(*photometry, part["state"])
        seen = _look(density.estimator, conditional, part["z_spec"], grid)
        scores = _judge(density.estimator, conditional, seen, part["z_spec"], grid)
        return _Judged(scores, conditional, seen)

    judged = jax.lax.map(one, rows)
    return jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:])[:n], judged)


@eqx.filter_jit
def _pool_scores(
    density: LinearPool, mdn: _Judged, flow: _Judged, z: Array, grid: _Grid
) -> DensityScores:
    """Score the pool: only its peak needs densities that its members were not asked for."""
    params = PoolParams(jnp.full(z.shape, MDN_WEIGHT), mdn.conditional, flow.conditional)
    both = zip(mdn.seen, flow.seen, strict=True)
    seen = _Seen(*(pooled(params.weight, *parts) for parts in both))
    return _judge(density, params, seen, z, grid)


def _look(estimator: Any, conditional: Any, z: Array, grid: _Grid) -> _Seen:
    upper = _upper(z, grid)
    edges = grid.edges[upper[:, None] + jnp.arange(-1, 2)]
    return _Seen(
        coarse=estimator.cdf(conditional, grid.coarse[None, :]),
        pit=estimator.cdf(conditional, z),
        pair=_cell_density(estimator, conditional, edges),
    )


def _judge(estimator: Any, conditional: Any, seen: _Seen, z: Array, grid: _Grid) -> DensityScores:
    return DensityScores(
        pit=seen.pit,
        log_score=_log_score(seen.pair, z, grid),
        crps=_crps(seen.coarse, seen.pit, z, grid.coarse),
        z_map=_peak(estimator, conditional, seen.coarse, grid),
    )


def _upper(z: Array, grid: _Grid) -> Array:
    """Return the grid point above z, or the last, (n,)."""
    return jnp.clip(jnp.searchsorted(grid.points, z), 1, len(grid.points) - 1)


def _log_score(pair: Array, z: Array, grid: _Grid) -> Array:
    """Interpolate between the two cells of the stored grid around z."""
    upper = _upper(z, grid)
    left, right = grid.points[upper - 1], grid.points[upper]
    weight = (z - left) / (right - left)
    return jnp.log(jnp.maximum((1 - weight) * pair[:, 0] + weight * pair[:, 1], LOG_SCORE_FLOOR))


def _crps(cdf: Array, pit: Array, z: Array, edges: Array) -> Array:
    """Integrate (F - H)^2 with F linear over each coarse cell, cut exactly at z."""
    low, high = cdf[:, :-1], cdf[:, 1:]
    width = jnp.diff(edges)
    share = jnp.clip((z[:, None] - edges[:-1]) / width, 0.0, 1.0)
    cut = jnp.where(share >= 1.0, high, jnp.where(share <= 0.0, low, pit[:, None]))
    below = share * _mean_square(low, cut)
    above = (1.0 - share) * _mean_square(1.0 - cut, 1.0 - high)
    return (below + above) @ width


def _mean_square(start: Array, end: Array) -> Array:
    """Return the mean of f^2 where f is linear from start to end."""
    return (start * start + start * end + end * end) / 3.0


def _peak(estimator: Any, conditional: Any, coarse_cdf: Array, grid: _Grid) -> Array:
    """Return the densest fine cell's point, sought in the densest coarse cells.

    The coarse cell that holds the densest fine cell has at least a fourth of its density, so
    with three coarse cells searched it is missed only by posteriors of four equal peaks.
    """
    density = jnp.diff(coarse_cdf) / jnp.diff(grid.coarse)
    _, best = jax.lax.top_k(density, N_PEAK)
    cell = best[:, :, None] * COARSE + jnp.arange(COARSE)
    edge = best[:, :, None] * COARSE + jnp.arange(COARSE + 1)
    n, last = best.shape[0], len(grid.points) - 1
    edges = grid.edges[jnp.minimum(edge, last + 1)]
    cdf = estimator.cdf(conditional, edges.reshape(n, -1)).reshape(edges.shape)
    width = jnp.diff(edges)
    fine = jnp.where(width > 0, jnp.diff(cdf) / jnp.where(width > 0, width, 1.0), -1.0)
    cell = jnp.minimum(cell, last).reshape(n, -1)
    at = jnp.argmax(fine.reshape(n, -1), axis=1)
    return grid.points[jnp.take_along_axis(cell, at[:, None], axis=1)[:, 0]]


def _cell_density(estimator: Any, conditional: Any, edges: Array) -> Array:
    """Return the mean density between neighbouring edges (n, k + 1), (n, k)."""
    cdf = estimator.cdf(conditional, edges)
    return jnp.maximum(jnp.diff(cdf), 0.0) / jnp.diff(edges)


def split_sealed(n: int, share: float = 0.2, seed: int = 0) -> np.ndarray:
    """Return a mask (n,) of galaxies that no fit may see, the same for the same n and seed."""
    mask = np.zeros(n, bool)
    mask[np.random.default_rng(seed).permutation(n)[: round(share * n)]] = True
    return mask


def choose_rows(rows: Sequence[int] | np.ndarray, largest: int, seed: int = 0) -> np.ndarray:
    """Return at most `largest` of the rows, drawn once and kept in order."""
    rows = np.asarray(rows)
    if len(rows) <= largest:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, largest, replace=False))
