"""Differences of scores between estimators on the same galaxies."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from photoz.infer import Posterior
from photoz.metrics import scores
from photoz.metrics.bootstrap import N_BOOTSTRAP, paired_difference
from photoz.metrics.evaluate import SMALLEST, can_be_scored

_SAME_REDSHIFT = 1e-4  # of 1 + z: results store z_spec in single or double precision


class _Scored(NamedTuple):
    """Scores of one estimator, (n,) each, with the identifiers as text."""

    estimator: str
    calibrated: bool | None
    result: str | None
    ids: np.ndarray
    z_spec: np.ndarray
    log_score: np.ndarray
    crps: np.ndarray


def pairs(
    posteriors: Posterior | Sequence[Posterior],
    *,
    results: Sequence[str] | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Return a row for each pair of estimators: mean difference of scores, first minus second.

    Galaxies are hard or easy for all codes alike, so the error of a difference over the same
    galaxies is much smaller than the two errors of the scores. The first is better where
    `log_score_difference` is above zero and `crps_difference` below.

    Args:
        posteriors: results with `z_spec`; galaxies are matched by identifier and must have the
            same spectroscopic redshift in both (`n_other_z_spec` counts those that do not).
        results: a name of each posterior, for `first_result` and `second_result`.
        n_bootstrap: resamplings for the `_err` columns, the same galaxies for both scores; 0 for
            none.
        seed: of the resamplings.

    Returns:
        Rows with `first`, `second`, `n`, the differences and their errors. With fewer than five
        galaxies in common the differences are NaN.

    Raises:
        InputError: a result without spectroscopic redshifts.
    """
    several = [posteriors] if isinstance(posteriors, Posterior) else posteriors
    names = results or [None] * len(several)
    scored = [
        _score(p, e, name) for p, name in zip(several, names, strict=True) for e in p.estimators
    ]
    return [_row(a, b, n_bootstrap, seed) for a, b in combinations(scored, 2)]


def _score(posterior: Posterior, estimator: str, result: str | None) -> _Scored:
    some = posterior.take(can_be_scored(posterior, estimator))
    z, grid, pdf = some.require_z_spec(), some.z_grid, some.pdf[estimator]
    return _Scored(
        estimator,
        posterior.provenance.get("calibrated"),
        result,
        np.asarray(some.ids).astype(str),
        z,
        scores.log_scores(grid, pdf, z),
        scores.crps(grid, pdf, z),
    )


def _row(first: _Scored, second: _Scored, n_bootstrap: int, seed: int) -> dict[str, Any]:
    i, j = _common(first.ids, second.ids)
    same = np.abs(first.z_spec[i] - second.z_spec[j]) <= _SAME_REDSHIFT * (1.0 + first.z_spec[i])
    row: dict[str, Any] = {
        "first": first.estimator,
        "second": second.estimator,
        "first_result": first.result,
        "second_result": second.result,
        "first_calibrated": first.calibrated,
        "second_calibrated": second.calibrated,
        "n": int(same.sum()),
        "n_other_z_spec": int((~same).sum()),
    }
    i, j = i[same], j[same]
    for key in ("log_score", "crps"):
        difference, error = np.nan, np.nan
        one, other = getattr(first, key)[i], getattr(second, key)[j]
        if row["n"] >= SMALLEST and n_bootstrap:
            difference, error = paired_difference(one, other, n_bootstrap, seed)
        elif row["n"] >= SMALLEST:
            difference = float(np.mean(one - other))
        row[f"{key}_difference"] = difference
        if n_bootstrap:
            row[f"{key}_difference_err"] = error
    return row


def _common(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the same galaxies in both; an id that occurs twice counts once."""
    if np.array_equal(first, second):
        return np.arange(len(first)), np.arange(len(first))
    _, i, j = np.intersect1d(first, second, return_indices=True)
    return i, j
