"""Posteriors of galaxies under offsets that were fitted on the other folds."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import jax
import numpy as np

from photoz.calibrate import kfold_calibration, prepare
from photoz.infer import Posterior, predict, with_mixture

if TYPE_CHECKING:
    from photoz.calibrate import Plan
    from photoz.catalogue import Catalogue
    from photoz.models import TrainedModel


def heldout_posterior(
    models: Mapping[str, "TrainedModel"],
    catalogue: "Catalogue",
    fold_of: np.ndarray,
    plan: "Plan | None" = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Posterior:
    """Return the posteriors of all galaxies, each under a calibration that never saw its fold.

    The offsets of each estimator are fitted through that estimator alone; the mixture is that of
    the two densities after their own offsets.

    Args:
        models: by estimator.
        catalogue: with z_spec.
        fold_of: (n,) fold of each galaxy.
        plan: stages, bounds and ridge of the fit.
        progress: called with (fits done, fits in all).

    Raises:
        InputError: no z_spec, or too few galaxies for the plan.
    """
    folds = np.unique(fold_of)
    total = len(folds) * len(models)
    parts: list[Posterior] = []
    both = prepare(models, catalogue, plan)
    for i, kind in enumerate(models):
        fitter = both.only(kind)
        done = i * len(folds)
        held = kfold_calibration(
            fitter, fold_of[fitter.rows], lambda n, _, done=done: progress(done + n, total)
        )
        seen = np.unique(held.fold_of)
        pieces, order = [], []
        for fold in folds:
            rows = np.flatnonzero(fold_of == fold)
            theta = held.thetas[int(np.searchsorted(seen, fold))]
            offsets = fitter.calibration(theta, {"held_out_fold": int(fold)})
            one = {kind: models[kind]}
            pieces.append(predict(one, catalogue.take(rows), offsets, with_ood=False))
            order.append(rows)
        parts.append(join(pieces, np.concatenate(order)))
    return with_mixture(_side_by_side(parts))


def posterior_of_the_rest(
    models: Mapping[str, "TrainedModel"],
    catalogue: "Catalogue",
    fitted: np.ndarray,
    plan: "Plan | None" = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Posterior:
    """Return the posteriors of the galaxies that a calibration on `fitted` never saw.

    Args:
        models: by estimator.
        catalogue: with z_spec.
        fitted: (n,) bool, the galaxies whose redshifts the offsets are fitted on.
        plan: stages, bounds and ridge of the fit.
        progress: called with (fits done, fits in all).

    Raises:
        InputError: no z_spec, or too few galaxies for the plan.
    """
    parts = []
    both = prepare(models, catalogue.take(fitted), plan)
    for done, kind in enumerate(models, start=1):
        fitter = both.only(kind)
        offsets = fitter.calibration(fitter.run().theta, {"n_fitted": fitter.n_gal})
        one = {kind: models[kind]}
        parts.append(predict(one, catalogue.take(~fitted), offsets, with_ood=False))
        progress(done, len(models))
    return with_mixture(_side_by_side(parts))


def join(pieces: list[Posterior], rows: np.ndarray) -> Posterior:
    """Join posteriors of disjoint galaxies in the order of the catalogue.

    Args:
        pieces: posteriors on one grid, with z_spec.
        rows: (n,) rows of the catalogue, in the order of the pieces.
    """
    back = np.argsort(rows)
    stack = lambda *leaves: np.concatenate(leaves)[back]  # noqa: E731
    first = pieces[0]
    return Posterior(
        ids=stack(*(p.ids for p in pieces)),
        z_grid=first.z_grid,
        pdf=jax.tree.map(stack, *(p.pdf for p in pieces)),
        z_max=first.z_max,
        conditional=jax.tree.map(stack, *(p.conditional for p in pieces)),
        z_spec=stack(*(p.require_z_spec() for p in pieces)),
        summaries=jax.tree.map(stack, *(p.summaries for p in pieces)),
        provenance=first.provenance,
    )


def _side_by_side(parts: list[Posterior]) -> Posterior:
    """Unite posteriors of the same galaxies by different estimators."""
    first = parts[0]
    return Posterior(
        ids=first.ids,
        z_grid=first.z_grid,
        pdf={k: v for p in parts for k, v in p.pdf.items()},
        z_max=first.z_max,
        conditional={k: v for p in parts for k, v in p.conditional.items()},
        z_spec=first.z_spec,
        summaries={k: v for p in parts for k, v in p.summaries.items()},
        provenance=first.provenance | {"calibrated": True, "held_out": True},
    )
