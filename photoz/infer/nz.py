"""The redshift distribution of a sample: a stack of its posteriors, and an estimate.

The stack, the mean of p_i(z), is a mixture of the truth blurred by the posteriors' widths and of
the prior that they carry: no estimate of n(z) (Malz 2021, arXiv:2101.04675). The estimate takes
p_i(z) / prior(z) as the likelihood of each galaxy, and n(z) as unknown of all of them (Leistedt,
Mortlock & Peiris 2016, arXiv:1602.05960; Malz & Hogg 2022, arXiv:2007.12178).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from photoz.errors import InputError
from photoz.infer.densities import POOL
from photoz.infer.dirichlet_mixture import effective_draws, maximum_likelihood, sample_shares
from photoz.infer.grid import cell_edges
from photoz.infer.posterior import Posterior
from photoz.infer.prior_source import as_prior
from photoz.infer.redshift_prior import RedshiftPrior, nearly_zero
from photoz.infer.reprior import prior_of

BINS = 30
BURN, DRAWS = 500, 2000
MOST_BINS = 500
_ROWS = 4096
_OUTER = 100  # bins below the edges that are asked for, and above
STACK_LABEL = "mean of p(z), not an estimate of n(z)"


@dataclass(frozen=True)
class RedshiftDistribution:
    """n(z) of a sample in bins: densities per unit z, (k,) each, of mass one over all redshifts.

    Attributes:
        estimator: whose posteriors.
        edges: of the bins, (k + 1,).
        stack: mean of the posteriors, which is no estimate.
        hierarchical: posterior mean of n(z).
        low68: lower end of its central 68 % interval, bin by bin; `high68` the upper end, and
            `low95`, `high95` those of 95 %.
        most_likely: the maximum of the likelihood, rougher than n(z) where bins are narrow.
        prior: what the posteriors carry as their prior.
        covered: whether a galaxy of the bin could be known: False where that prior is nearly zero
            over more than half of it.
        n: galaxies that took part.
        n_left_out: those without a density, or with none where the prior is more than zero.
        n_effective: effective number of draws of the slowest bin.
    """

    estimator: str
    edges: Float[np.ndarray, " k_edge"]
    stack: Float[np.ndarray, " k"]
    hierarchical: Float[np.ndarray, " k"]
    low68: Float[np.ndarray, " k"]
    high68: Float[np.ndarray, " k"]
    low95: Float[np.ndarray, " k"]
    high95: Float[np.ndarray, " k"]
    most_likely: Float[np.ndarray, " k"]
    prior: Float[np.ndarray, " k"]
    covered: np.ndarray
    n: int
    n_left_out: int
    n_effective: float


def redshift_distribution(
    posterior: Posterior,
    estimator: str | None = None,
    *,
    edges: Sequence[float] | np.ndarray | None = None,
    bins: int = BINS,
    old: RedshiftPrior | str | Path | None = None,
    smooth: bool = False,
    n_burn: int = BURN,
    n_draw: int = DRAWS,
    seed: int = 0,
) -> RedshiftDistribution:
    """Return n(z) of all galaxies of a posterior, as a stack and as an estimate.

    n(z) is a histogram, or with `smooth` a sum of cubic B-splines with knots at the bins' edges;
    the prior of its coefficients is a Dirichlet of as many galaxies as there are coefficients,
    spread evenly over redshift. Redshifts outside the edges form bins of their own, so the
    densities are of the whole sample.

    Args:
        posterior: densities.
        estimator: whose; by default the mixture's, or the first where there is none.
        edges: of the bins, within the grid; by default `bins` equal ones over all of it.
        bins: number of bins where no edges are given.
        old: the prior that the densities carry, or what `read_prior` takes; by default what the
            result says.
        smooth: splines and not a histogram.
        n_burn: sweeps of the sampler that are thrown away.
        n_draw: sweeps that are kept.
        seed: of the sampler.

    Raises:
        InputError: no such estimator, unusable edges, an unknown prior, or no galaxy to use.
    """
    name = estimator or (POOL if POOL in posterior.pdf else posterior.estimators[0])
    if n_burn < 0 or n_draw < 100:
        raise InputError(f"{n_draw} draws after {n_burn}: expected 100 or more, after 0 or more.")
    pdf, z_grid = posterior.alone(name).pdf[name], posterior.z_grid
    inner = _checked_edges(edges, bins, z_grid)
    prior = _prior_on(posterior, name, old)
    parts = _parts(inner, z_grid, smooth)
    likelihood = _likelihoods(pdf, prior, z_grid, parts.in_cells)
    usable = likelihood.max(axis=1) > 0.0  # NaN where there is no density
    if not usable.any():
        raise InputError(
            f"No galaxy has a density of {name!r} where its prior is more than zero: there is no "
            "n(z) to estimate. Predict with `--pdf grid`, and check the prior."
        )
    likelihood = likelihood[usable]
    best = maximum_likelihood(likelihood)
    draws = sample_shares(likelihood, best, parts.share * len(parts.share), n_burn, n_draw, seed)
    n_z = draws @ parts.in_bins
    low95, low68, high68, high95 = np.quantile(n_z, [0.025, 0.16, 0.84, 0.975], axis=0)
    return RedshiftDistribution(
        estimator=name,
        edges=inner,
        stack=pdf[usable].mean(axis=0, dtype=np.float64) @ parts.mean,
        hierarchical=n_z.mean(axis=0),
        low68=low68,
        high68=high68,
        low95=low95,
        high95=high95,
        most_likely=best @ parts.in_bins,
        prior=prior @ parts.mean,
        covered=~nearly_zero(prior, z_grid) @ parts.mean > 0.5,
        n=int(usable.sum()),
        n_left_out=int((~usable).sum()),
        n_effective=effective_draws(n_z),
    )


def write_distribution(
    found: RedshiftDistribution, path: str | Path, record: dict[str, Any]
) -> Path:
    """Write n(z) as ECSV, one row a bin, with what it was made from.

    Args:
        found: what to write.
        path: of the file.
        record: provenance of the posteriors.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    from astropy.table import Column, Table

    from photoz.atomic import atomic_path
    from photoz.provenance import provenance

    columns = ("stack", "hierarchical", "low68", "high68", "low95", "high95", "most_likely")
    rows = {"z_low": found.edges[:-1], "z_high": found.edges[1:]}
    rows |= {name: getattr(found, name) for name in (*columns, "prior", "covered")}
    said = {"stack": STACK_LABEL}
    facts = provenance(
        "n_z",
        parents={"posterior": {k: v for k, v in record.items() if k != "parents"}},
        estimator=found.estimator,
        n=found.n,
        n_left_out=found.n_left_out,
        n_effective=found.n_effective,
    )
    table = Table(
        [Column(v, name=k, description=said.get(k)) for k, v in rows.items()],
        meta={"photoz": facts},
    )
    with atomic_path(path) as temporary:
        table.write(temporary, format="ascii.ecsv", overwrite=True)
    return Path(path)


def _checked_edges(edges: Any, bins: int, z_grid: np.ndarray) -> np.ndarray:
    if edges is None:
        if not 1 <= bins <= MOST_BINS:
            raise InputError(f"{bins} bins: expected 1 to {MOST_BINS}.")
        return np.linspace(z_grid[0], z_grid[-1], bins + 1)
    edges = np.asarray(edges, np.float64)
    increasing = edges.ndim == 1 and 2 <= edges.size <= MOST_BINS and (np.diff(edges) > 0).all()
    if not increasing or edges[0] < z_grid[0] or edges[-1] > z_grid[-1] + 1e-9:
        raise InputError(
            f"The edges {np.array2string(edges, threshold=8)} cannot be used: expected two or more "
            f"that increase, within {z_grid[0]:g} to {z_grid[-1]:g}, the grid of this result."
        )
    return np.minimum(edges, z_grid[-1])


def _prior_on(
    posterior: Posterior, estimator: str, old: RedshiftPrior | str | Path | None
) -> np.ndarray:
    known = prior_of(posterior, estimator) if old is None else as_prior(old, posterior.z_max)
    return known.on_cells(posterior.z_grid)


def _likelihoods(
    pdf: np.ndarray, prior: np.ndarray, z_grid: np.ndarray, in_cells: np.ndarray
) -> Float[np.ndarray, "n k"]:
    """Return the likelihood of each galaxy under each part, the largest one of a galaxy 1."""
    known = ~nearly_zero(prior, z_grid)
    inverse = np.divide(1.0, prior, out=np.zeros_like(prior), where=known)
    weight = (inverse * np.diff(cell_edges(z_grid)))[:, None] * in_cells
    result = np.empty((len(pdf), in_cells.shape[1]))
    for start in range(0, len(pdf), _ROWS):
        rows = slice(start, start + _ROWS)
        result[rows] = np.asarray(pdf[rows], np.float64) @ weight
    largest = result.max(axis=1, keepdims=True)
    return np.divide(result, largest, out=result, where=largest > 0.0)


class _Parts(NamedTuple):
    """What n(z) is a sum of.

    Attributes:
        in_cells: mean density of each part, of mass one, in the grid's cells, (m, n_part).
        in_bins: the same in the bins that are asked for, (n_part, k).
        share: of each part where n(z) is flat, (n_part,).
        mean: turns values of cells into means of the bins that are asked for, (m, k).
    """

    in_cells: np.ndarray
    in_bins: np.ndarray
    share: np.ndarray
    mean: np.ndarray


def _parts(inner: np.ndarray, z_grid: np.ndarray, smooth: bool) -> _Parts:
    """Return the parts of a histogram, or of splines, with bins on both sides of the edges."""
    whole = _with_outer(inner, z_grid)
    cells = cell_edges(z_grid)
    overlap = _overlap(cells, whole)
    width = np.diff(whole)
    asked = np.isin(whole[:-1], inner[:-1])
    mean = (overlap / width)[:, asked]
    if smooth:
        integral, mass = _splines(whole)
        in_cells = np.diff(integral(cells), axis=0) / np.diff(cells)[:, None]
        in_bins = (np.diff(integral(whole), axis=0) / width[:, None]).T[:, asked]
        return _Parts(np.maximum(in_cells, 0.0), in_bins, mass / mass.sum(), mean)
    in_cells = overlap / np.diff(cells)[:, None] / width
    return _Parts(in_cells, np.diag(1.0 / width)[:, asked], width / width.sum(), mean)


def _with_outer(inner: np.ndarray, z_grid: np.ndarray) -> np.ndarray:
    """Return edges over the whole grid: bins outside the edges are as wide as those within."""
    width = np.diff(inner).mean()
    outer = [
        np.linspace(low, high, min(max(round((high - low) / width), 1), _OUTER) + 1)
        for low, high in ((z_grid[0], inner[0]), (inner[-1], z_grid[-1]))
        if high > low
    ]
    return np.unique(np.concatenate([inner, *outer]))


def _overlap(cells: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Return the width that each cell has in each bin, (m, k)."""
    right = np.minimum(cells[1:, None], bins[None, 1:])
    return np.maximum(right - np.maximum(cells[:-1, None], bins[None, :-1]), 0.0)


def _splines(knots: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return the integrals of cubic B-splines of mass one, and the mass that each had."""
    from scipy.interpolate import BSpline

    degree = 3
    knots = np.concatenate([knots[:1].repeat(degree), knots, knots[-1:].repeat(degree)])
    mass = (knots[degree + 1 :] - knots[: -degree - 1]) / (degree + 1)
    return BSpline(knots, np.diag(1.0 / mass), degree).antiderivative(), mass
