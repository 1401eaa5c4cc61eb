"""All metrics of a result, by estimator and subset, with bootstrap errors.

A result of points alone, without densities, has the point metrics; all others are NaN, which is
null in JSON and a dash in tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from photoz.errors import InputError
from photoz.infer import Posterior
from photoz.metrics import scores
from photoz.metrics.bootstrap import N_BOOTSTRAP, bootstrap_errors
from photoz.metrics.pit import (
    anderson_darling,
    cramer_von_mises,
    kolmogorov_smirnov,
    ks_distance,
)
from photoz.metrics.points import bias, normalised_dz, outlier_fraction, sigma_nmad

SMALLEST = 5  # galaxies; a scatter of fewer means nothing


@dataclass(frozen=True)
class GalaxyScores:
    """Everything the metrics need, one number a galaxy, (n,) each; NaN where there is no density.

    Attributes:
        z_spec: spectroscopic redshift.
        dz: of the headline point (grid MAP, or a reference code's own peak).
        dz_mean: of the posterior mean.
        dz_median: of the posterior median.
        pit: CDF at z_spec.
        crps: in z.
        log_score: ln max(p(z_spec), 0.001).
        cde_loss: integral of p^2 minus 2 p(z_spec).
        hpd_level: mass of the region denser than z_spec.
    """

    z_spec: np.ndarray
    dz: np.ndarray
    dz_mean: np.ndarray
    dz_median: np.ndarray
    pit: np.ndarray
    crps: np.ndarray
    log_score: np.ndarray
    cde_loss: np.ndarray
    hpd_level: np.ndarray

    @property
    def of_points(self) -> bool:
        """Whether there are points alone, and no densities to score."""
        return not np.isfinite(self.crps).any()

    def take(self, rows: np.ndarray) -> "GalaxyScores":
        """Return the scores of some galaxies."""
        return GalaxyScores(**{k: v[rows] for k, v in vars(self).items()})


def can_be_scored(posterior: Posterior, estimator: str) -> np.ndarray:
    """Return which galaxies have both a posterior and a spectroscopic redshift, (n,) bool.

    Raises:
        InputError: a result without spectroscopic redshifts.
    """
    known = np.isfinite(posterior.require_z_spec())
    if not posterior.has_density(estimator):
        return known & np.isfinite(posterior.z_map(estimator))
    return known & np.isfinite(posterior.pdf[estimator]).all(axis=1)


def galaxy_scores(posterior: Posterior, estimator: str) -> GalaxyScores:
    """Score every galaxy that has both a posterior and a spectroscopic redshift, in order."""
    scored = can_be_scored(posterior, estimator)
    if not posterior.has_density(estimator):
        return _point_scores(posterior, estimator, scored)
    some = posterior.take(scored)
    z, grid, pdf = some.require_z_spec(), some.z_grid, some.pdf[estimator]
    return GalaxyScores(
        z_spec=z,
        dz=normalised_dz(some.z_map(estimator), z),
        dz_mean=normalised_dz(some.mean(estimator), z),
        dz_median=normalised_dz(some.median(estimator), z),
        pit=some.pit(estimator),
        crps=scores.crps(grid, pdf, z),
        log_score=scores.log_scores(grid, pdf, z),
        cde_loss=scores.cde_losses(grid, pdf, z),
        hpd_level=scores.hpd_levels(grid, pdf, z),
    )


def _point_scores(posterior: Posterior, estimator: str, known: np.ndarray) -> GalaxyScores:
    """Score the points of an estimator that gives no densities; all but `dz` stay NaN."""
    z = posterior.require_z_spec()[known]
    summaries = posterior.summaries.get(estimator, {})
    unknown = np.full(len(z), np.nan)
    scored = dict.fromkeys((f.name for f in fields(GalaxyScores)), unknown)
    scored |= {"z_spec": z, "dz": normalised_dz(posterior.z_map(estimator)[known], z)}
    if "z_median" in summaries:
        scored["dz_median"] = normalised_dz(summaries["z_median"][known], z)
    return GalaxyScores(**scored)


def summarise(s: GalaxyScores) -> dict[str, float]:
    """Return the metrics of a set of scored galaxies (definitions: docs, page Metrics)."""
    return _of_points(s) | _of_densities(s)


def _of_points(s: GalaxyScores) -> dict[str, float]:
    return {
        "sigma_nmad": sigma_nmad(s.dz),
        "outlier_fraction": outlier_fraction(s.dz),
        "bias": bias(s.dz),
        "sigma_nmad_median": sigma_nmad(s.dz_median),
        "bias_median": bias(s.dz_median),
        "sigma_nmad_mean": sigma_nmad(s.dz_mean),
        "bias_mean": bias(s.dz_mean),
    }


def _of_densities(s: GalaxyScores) -> dict[str, float]:
    """Return the metrics of densities, all NaN where there are none."""
    found = {
        "crps": float(np.mean(s.crps)),
        "crps_1pz": float(np.mean(s.crps / (1.0 + s.z_spec))),
        "crps_median": float(np.median(s.crps)),
        "log_score": float(np.mean(s.log_score)),
        "cde_loss": float(np.mean(s.cde_loss)),
        "coverage_68": scores.central_coverage(s.pit, 0.68),
        "coverage_95": scores.central_coverage(s.pit, 0.95),
        "coverage_hpd_68": float(np.mean(s.hpd_level <= 0.68)),
        "coverage_hpd_95": float(np.mean(s.hpd_level <= 0.95)),
        "pit_ks": ks_distance(s.pit),
    }
    return dict.fromkeys(found, np.nan) if s.of_points else found


def _pit_tests(s: GalaxyScores) -> dict[str, float]:
    """Return the tests of a uniform PIT, all NaN where there are no densities."""
    tests = {"ks": kolmogorov_smirnov, "cvm": cramer_von_mises, "ad": anderson_darling}
    found = {"pit_ks_p": np.nan}
    for name, test in tests.items():
        done = None if s.of_points else test(s.pit)
        found[f"pit_{name}_p"] = done.p_value if done else np.nan
        if name != "ks":
            found[f"pit_{name}"] = done.statistic if done else np.nan
    return found


def evaluate(
    posteriors: Posterior | Sequence[Posterior],
    subsets: Mapping[str, np.ndarray] | None = None,
    *,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Return one row of metrics for each posterior, estimator and subset.

    Args:
        posteriors: results with `z_spec`; galaxies without it, or without photometry, are left
            out and counted.
        subsets: identifiers of further subsets by name; `all` is always there.
        n_bootstrap: resamplings for the `<key>_err` columns; 0 for none.
        seed: of the resamplings.

    Raises:
        InputError: a result without spectroscopic redshifts, or fewer than five scored galaxies.
    """
    rows = []
    for posterior in [posteriors] if isinstance(posteriors, Posterior) else posteriors:
        groups: dict[str, np.ndarray | None] = {"all": None, **(subsets or {})}
        for name, ids in groups.items():
            part = posterior if ids is None else posterior.take(np.isin(posterior.ids, ids))
            rows += [_row(part, e, name, n_bootstrap, seed) for e in posterior.estimators]
    return rows


def _row(
    posterior: Posterior, estimator: str, subset: str, n_bootstrap: int, seed: int
) -> dict[str, Any]:
    scored = galaxy_scores(posterior, estimator)
    n = len(scored.z_spec)
    if n < SMALLEST:
        raise InputError(
            f"Subset {subset!r} of estimator {estimator!r} has {n} galaxies with both a posterior "
            f"and z_spec; at least {SMALLEST} are needed for a scatter."
        )
    return {
        "estimator": estimator,
        "calibrated": posterior.provenance.get("calibrated"),
        "subset": subset,
        "n": n,
        "n_without_posterior_or_z_spec": posterior.n - n,
        **scores_with_errors(scored, posterior.z_max, n_bootstrap, seed),
    }


def scores_with_errors(
    scored: GalaxyScores, z_max: float, n_bootstrap: int, seed: int
) -> dict[str, Any]:
    """Return all metrics of scored galaxies, the PIT tests, and `<key>_err` by bootstrap."""
    row: dict[str, Any] = {
        "n_beyond_support": int(np.sum(scored.z_spec > z_max)),
        **summarise(scored),
        **_pit_tests(scored),
    }
    if n_bootstrap:
        n = len(scored.z_spec)
        errors = bootstrap_errors(lambda i: summarise(scored.take(i)), n, n_bootstrap, seed)
        row |= {f"{name}_err": value for name, value in errors.items()}
    return row
