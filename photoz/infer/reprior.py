"""The posterior under another prior, by importance: p'(z) proportional to p(z) new(z) / old(z)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from photoz.errors import InputError
from photoz.infer.densities import MEMBERS, POOL
from photoz.infer.grid import cell_edges
from photoz.infer.posterior import SUMMARY_QUANTILES, Posterior
from photoz.infer.prior_source import as_prior
from photoz.infer.redshift_prior import RedshiftPrior, nearly_zero

MIN_SHARE = 0.05
SHARE = "prior_ess"  # the summary, and so the column `prior_ess_<estimator>`, of the sample size
_ROWS = 4096


@dataclass(frozen=True)
class Reweighted:
    """Densities under another prior.

    Attributes:
        pdf: (n, m) float32, of mass one.
        share: effective sample size as a share, (n,); NaN where there was no density.
    """

    pdf: Float[np.ndarray, "n m"]
    share: Float[np.ndarray, " n"]


def prior_of(posterior: Posterior, estimator: str) -> RedshiftPrior:
    """Return the prior that an estimator's densities carry.

    Raises:
        InputError: the result does not say, or its mixture is of models with different priors.
    """
    known: Mapping[str, Any] = posterior.provenance.get("prior_z") or {}
    names = [estimator] if estimator in known or estimator != POOL else [*MEMBERS]
    if not set(names) <= set(known):
        raise InputError(
            f"This result does not say which prior the densities of {estimator!r} carry. "
            "`python -m photoz.train.add_prior MODELS SIMULATION --out DIR` adds it to models "
            "from before: predict with these, or give it with --old-prior."
        )
    first, last = (known[name] for name in (names[0], names[-1]))
    if any(first[key] != last[key] for key in ("edges", "density")):
        raise InputError(
            f"The {estimator} is of models that were trained on different redshifts, so it has no "
            "one prior: train both on one simulation, or predict with one at a time."
        )
    return RedshiftPrior.from_dict(first, "training")


def reweight(
    z_grid: Float[np.ndarray, " m"],
    pdf: Float[np.ndarray, "n m"],
    weight: Float[np.ndarray, " m"],
) -> Reweighted:
    """Return densities on cells times weights of the cells, normalised.

    The share is (integral p w)^2 / integral p w^2 for p of mass one: 1 where the weights are equal
    over all of p, 1/N where they leave one Nth of its mass. It is the effective number of draws
    from p, as a share of all, with which p' would be sampled by importance (Kong 1992).
    """
    width = np.diff(cell_edges(z_grid))
    columns = np.stack([width, width * weight, width * weight**2], axis=1)
    result, share = np.empty(pdf.shape, np.float32), np.empty(len(pdf))
    for start in range(0, len(pdf), _ROWS):
        rows = slice(start, start + _ROWS)
        block = np.asarray(pdf[rows], np.float64)
        mass, first, second = (block @ columns).T
        with np.errstate(invalid="ignore", divide="ignore"):
            result[rows] = block * weight / first[:, None]
            share[rows] = np.where(first > 0.0, first**2 / (mass * second), 0.0 * mass)
    return Reweighted(result, share)


def under_prior(
    posterior: Posterior,
    new: RedshiftPrior | str | Path,
    *,
    old: RedshiftPrior | str | Path | None = None,
    min_share: float = MIN_SHARE,
) -> Posterior:
    """Return a posterior under another prior in redshift, for every estimator.

    Only the redshifts change: what galaxies are like at a redshift stays that of the simulation.
    Densities become those of the cells alone, without components or knots, and every summary is
    computed again. The summary `prior_ess` is the share of `reweight`; a galaxy below `min_share`
    by any estimator has NaN everywhere. The provenance lists under `reprior` what was done:
    `n_refused`, `median_ess`, and `uncovered`, the new prior's mass where the old one is nearly
    zero, of which the models have learnt nothing.

    Args:
        posterior: densities.
        new: a prior, or what `read_prior` takes: `flat`, a file, a recipe.
        old: the prior that the densities carry; by default what the result says (`prior_of`).
        min_share: least share.

    Raises:
        InputError: `min_share` is not between 0 and 1, the old prior is not known, a prior cannot
            be read or has no mass on the grid, no galaxy has a density, or all are refused.
        CatalogueError: the file of a prior cannot be read.
    """
    if not 0.0 <= min_share <= 1.0:
        raise InputError(f"The least share is {min_share:g}: expected 0 to 1.")
    if not posterior.usable.any():
        raise InputError("No galaxy of this result has a density: there is nothing to reweight.")
    new = as_prior(new, posterior.z_max)
    given = None if old is None else as_prior(old, posterior.z_max)
    target = new.on_cells(posterior.z_grid)
    found, uncovered = {}, {}
    for name in posterior.estimators:
        source = (given or prior_of(posterior, name)).on_cells(posterior.z_grid)
        known = source > 0.0
        weight = np.divide(target, source, out=np.zeros_like(target), where=known)
        found[name] = reweight(posterior.z_grid, posterior.pdf[name], weight)
        missing = np.where(nearly_zero(source, posterior.z_grid), target, 0.0)
        uncovered[name] = float(missing @ np.diff(cell_edges(posterior.z_grid)))
    return _assembled(posterior, found, new, min_share, uncovered)


def _assembled(
    posterior: Posterior,
    found: dict[str, Reweighted],
    new: RedshiftPrior,
    min_share: float,
    uncovered: dict[str, float],
) -> Posterior:
    """Refuse galaxies, and put densities, summaries and provenance together."""
    least = np.min([part.share for part in found.values()], axis=0)
    had = np.isfinite(least)
    refused = had & ~((least >= min_share) & (least > 0.0))
    if refused.sum() == had.sum():
        raise InputError(
            f"All {int(had.sum())} galaxies are refused: {new.name or 'the new prior'} asks for "
            "redshifts that their densities all but exclude (the largest effective share is "
            f"{np.nanmax(least):.2g}, at least {min_share:g} is wanted). Train on a simulation "
            "that covers the new prior, or lower the least share."
        )
    for part in found.values():
        part.pdf[refused] = np.nan
    step = {
        "prior": new.name,
        "min_share": min_share,
        "n_refused": int(refused.sum()),
        "median_ess": float(np.median(least[had])),
        "uncovered": uncovered,
    }
    facts = {
        "prior_z": {name: new.to_dict() for name in found},
        "reprior": [*posterior.provenance.get("reprior", []), step],
    }
    result = replace(
        posterior,
        pdf={name: part.pdf for name, part in found.items()},
        conditional={},
        summaries={},
        provenance=posterior.provenance | facts,
    )
    for name, part in found.items():
        result.summaries[name] = _summary(result, name) | {SHARE: part.share}
    return result


def _summary(posterior: Posterior, estimator: str) -> dict[str, np.ndarray]:
    """Return the points of densities on cells, (n,) each."""
    quantiles = posterior.quantile(estimator, list(SUMMARY_QUANTILES.values()))
    summary = {"z_map": posterior.z_map(estimator), "odds": posterior.odds(estimator)}
    summary |= {name: quantiles[:, k] for k, name in enumerate(SUMMARY_QUANTILES)}
    if posterior.z_spec is not None and np.isfinite(posterior.z_spec).any():
        summary["pit"] = posterior.pit(estimator)
    return summary
