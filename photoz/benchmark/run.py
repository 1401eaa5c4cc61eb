"""Run a benchmark: our models before and after offsets, other codes, baselines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from photoz.benchmark.heldout import heldout_posterior, join, posterior_of_the_rest
from photoz.benchmark.sets import RealSet, read_peers, read_set
from photoz.infer import Posterior, predict
from photoz.infer.photometry import check_bands
from photoz.metrics import evaluate, gaussian, trainz

if TYPE_CHECKING:
    from photoz.calibrate import Plan
    from photoz.catalogue import Catalogue
    from photoz.models import TrainedModel

CHOICE_SEED = 0


def run_benchmark(
    real: RealSet,
    models: Mapping[str, "TrainedModel"],
    folder: Path | None,
    plan: "Plan | None" = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[dict[str, Any]], Posterior]:
    """Score the estimators on a real set beside everything they are compared with.

    Offsets, where `calibrated` is true, are fitted in fixed folds (id modulo the number of
    folds) and every galaxy is scored under the fit that did not see it; or they are fitted on
    `n_calibrate` galaxies, chosen once and for all, and only the others are scored.

    Args:
        real: the set.
        models: by estimator.
        folder: the data folder; None for a shipped set.
        plan: of the calibration; default: the set's.
        progress: called with (fits done, fits in all).

    Returns:
        Rows of `photoz.metrics.evaluate`, and our held-out posteriors.

    Raises:
        InputError: the set is not in the folder.
        CatalogueError: it cannot be read.
        ModelError: it has no band of the models.
    """
    from photoz.calibrate import Plan

    catalogue = _with_all_bands(read_set(real, folder), next(iter(models.values())).bands)
    plan = plan or Plan(centre=real.centre)
    if real.n_calibrate:
        fitted = _chosen(catalogue.n, real.n_calibrate)
        ours = posterior_of_the_rest(models, catalogue, fitted, plan, progress)
        known = catalogue.z_spec[fitted] if catalogue.z_spec is not None else np.zeros(0)
        baseline = trainz(ours, known)
        catalogue = catalogue.take(~fitted)
    else:
        fold_of = np.asarray(catalogue.ids).astype(int) % real.folds
        ours = heldout_posterior(models, catalogue, fold_of, plan, progress)
        baseline = _trainz_by_fold(ours, fold_of)
    results = [
        predict(models, catalogue, with_ood=False),
        ours,
        *read_peers(real, folder),
        baseline,
        gaussian(ours, "flow" if "flow" in models else next(iter(models))),
    ]
    ids = np.asarray(catalogue.ids)
    subsets = {name: ids[~np.isin(ids, out)] for name, out in real.without.items()}
    return evaluate(results, subsets), ours


def _chosen(n: int, k: int) -> np.ndarray:
    """Return a mask of k galaxies out of n, the same ones always."""
    mask = np.zeros(n, bool)
    mask[np.random.default_rng(CHOICE_SEED).permutation(n)[:k]] = True
    return mask


def _with_all_bands(catalogue: "Catalogue", bands: Sequence[str]) -> "Catalogue":
    """Give the catalogue the bands of the models; those it lacks count as not measured.

    Raises:
        ModelError: it has none of them.
    """
    check_bands(bands, catalogue.bands, allow_missing=True)
    lacking = [band for band in bands if band not in catalogue.bands]
    nothing = np.full((catalogue.n, len(lacking)), np.nan)
    return replace(
        catalogue,
        bands=(*catalogue.bands, *lacking),
        flux_ujy=np.concatenate([catalogue.flux_ujy, nothing], axis=1),
        err_ujy=np.concatenate([catalogue.err_ujy, nothing], axis=1),
        uplim_ujy=np.concatenate([catalogue.uplim_ujy, nothing], axis=1),
    )


def _trainz_by_fold(like: Posterior, fold_of: np.ndarray) -> Posterior:
    """Return trainZ with the redshifts of the other folds as its training sample."""
    z_spec = like.require_z_spec()
    rows = [np.flatnonzero(fold_of == fold) for fold in np.unique(fold_of)]
    pieces = [trainz(like.take(out), np.delete(z_spec, out)) for out in rows]
    return join(pieces, np.concatenate(rows))
