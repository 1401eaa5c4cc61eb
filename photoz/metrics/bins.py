"""Metrics in bins of redshift, peak, odds, magnitude or colour."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from photoz.errors import InputError
from photoz.infer import Posterior
from photoz.metrics.attributes import OF_ESTIMATOR, attribute
from photoz.metrics.bootstrap import N_BOOTSTRAP
from photoz.metrics.evaluate import (
    SMALLEST,
    GalaxyScores,
    can_be_scored,
    galaxy_scores,
    scores_with_errors,
)

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue

N_BINS = 4


class Bin(NamedTuple):
    """Galaxies between two values: the name, the ends (NaN where it has none), a mask (n,)."""

    name: str
    low: float
    high: float
    inside: np.ndarray


def evaluate_bins(
    posteriors: Posterior | Sequence[Posterior],
    by: str,
    *,
    catalogue: "Catalogue | None" = None,
    n_bins: int = N_BINS,
    edges: Sequence[float] | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Return one row of metrics for each posterior, estimator and bin.

    Rows are those of `evaluate` with `posterior` (its place among those given), `by`, `bin` (its
    name), `low`, `high` and `problem`. A bin of fewer than five galaxies has its row too, with a
    sentence in `problem` and without metrics. Galaxies whose value is unknown or outside the
    edges are bins of their own, without ends.

    Quantile bins of `z_map` and `odds` are each estimator's own; all others are shared by all
    results. Calibrated posteriors are calibrated in bins of all that photometry tells (peak, odds,
    magnitude, colour) but not of z_spec: the truth selects galaxies that scattered to it.

    Args:
        posteriors: results with `z_spec`.
        by: what is binned, a name that `photoz.metrics.attribute` knows.
        catalogue: the photometry, for magnitudes and colours.
        n_bins: quantile bins; fewer where values are equal.
        edges: of the bins instead, increasing; each bin has its lower end, the last has both.
        n_bootstrap: resamplings for the `<key>_err` columns; 0 for none.
        seed: of the resamplings.

    Raises:
        InputError: no spectroscopic redshifts, a `by` that is not known, or unusable edges.
    """
    several = [posteriors] if isinstance(posteriors, Posterior) else posteriors
    known = [
        (i, e, attribute(p, e, by, catalogue)[can_be_scored(p, e)])
        for i, p in enumerate(several)
        for e in p.estimators
    ]
    shared = None if edges is None else check_edges(edges)
    if shared is None and by not in OF_ESTIMATOR:
        shared = quantile_edges(np.concatenate([values for *_, values in known]), n_bins, by)
    rows = []
    for i, estimator, values in known:
        posterior = several[i]
        cuts = quantile_edges(values, n_bins, by) if shared is None else shared
        scored = galaxy_scores(posterior, estimator)
        about = {
            "estimator": estimator,
            "calibrated": posterior.provenance.get("calibrated"),
            "subset": "all",
            "posterior": i,
            "by": by,
        }
        rows += [
            about | _row(one, scored, posterior.z_max, n_bootstrap, seed)
            for one in split(values, cuts, by)
        ]
    return rows


def _row(
    one: Bin, scored: GalaxyScores, z_max: float, n_bootstrap: int, seed: int
) -> dict[str, Any]:
    n = int(one.inside.sum())
    row: dict[str, Any] = {"bin": one.name, "low": one.low, "high": one.high, "n": n}
    if n < SMALLEST:
        return row | {"problem": f"{n} galaxies: at least {SMALLEST} are needed"}
    scores = scores_with_errors(scored.take(one.inside), z_max, n_bootstrap, seed)
    return row | {"problem": None} | scores


def split(values: np.ndarray, edges: np.ndarray, name: str) -> Iterator[Bin]:
    """Yield the bins between edges, then what lies outside them and what is unknown, if any.

    Args:
        values: (n,), NaN where unknown.
        edges: (k + 1,) increasing; one edge alone is a bin of that value.
        name: of the values.
    """
    if len(edges) == 1:
        edges = np.repeat(edges, 2)
    last = len(edges) - 2
    for i, (low, high) in enumerate(pairwise(edges)):
        below = (values <= high) if i == last else (values < high)
        sign = "<=" if i == last else "<"
        label = f"{low:.4g} <= {name} {sign} {high:.4g}"
        yield Bin(label, float(low), float(high), (values >= low) & below)
    unknown = ~np.isfinite(values)
    outside = ~unknown & ((values < edges[0]) | (values > edges[-1]))
    for label, inside in ((f"{name} outside", outside), (f"{name} unknown", unknown)):
        if inside.any():
            yield Bin(label, np.nan, np.nan, inside)


def quantile_edges(values: np.ndarray, n_bins: int, name: str) -> np.ndarray:
    """Return the edges (k + 1,) of bins of equal numbers, fewer where values are equal.

    Raises:
        InputError: no bins asked for, or no value known.
    """
    if n_bins < 1:
        raise InputError(f"{n_bins} bins of {name}: expected 1 or more.")
    finite = values[np.isfinite(values)]
    if not len(finite):
        raise InputError(f"{name} is unknown for all galaxies that can be scored: no bins.")
    return np.unique(np.quantile(finite, np.linspace(0.0, 1.0, n_bins + 1)))


def check_edges(edges: Sequence[float]) -> np.ndarray:
    """Return edges as an array (k + 1,).

    Raises:
        InputError: fewer than two, or they do not increase.
    """
    cuts = np.asarray(edges, np.float64)
    if cuts.ndim != 1 or len(cuts) < 2 or not (np.diff(cuts) > 0).all():
        told = ", ".join(f"{e:g}" for e in cuts.ravel())
        raise InputError(f"The edges of bins are {told or 'none'}: give two or more, increasing.")
    return cuts
