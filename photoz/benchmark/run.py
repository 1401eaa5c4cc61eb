"""Run a benchmark: our models before and after offsets, other codes, baselines."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from photoz.benchmark.heldout import heldout_posterior, join
from photoz.benchmark.sets import RealSet, read_peers, read_set
from photoz.infer import Posterior, predict
from photoz.metrics import evaluate, gaussian, trainz

if TYPE_CHECKING:
    from photoz.calibrate import Plan
    from photoz.models import TrainedModel


def run_benchmark(
    real: RealSet,
    models: Mapping[str, "TrainedModel"],
    folder: Path,
    plan: "Plan | None" = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[dict[str, Any]], Posterior]:
    """Score the estimators on a real set beside everything they are compared with.

    Offsets, where `calibrated` is true, are fitted in fixed folds (id modulo the number of
    folds) and every galaxy is scored under the fit that did not see it.

    Args:
        real: the set.
        models: by estimator.
        folder: the data folder.
        plan: of the calibration.
        progress: called with (fits done, fits in all).

    Returns:
        Rows of `photoz.metrics.evaluate`, and our held-out posteriors.

    Raises:
        InputError: the set is not in the folder.
        CatalogueError: it cannot be read, or lacks a band of the models.
    """
    catalogue = read_set(real, folder)
    fold_of = np.asarray(catalogue.ids).astype(int) % real.folds
    raw = predict(models, catalogue)
    ours = heldout_posterior(models, catalogue, fold_of, plan, progress)
    results = [
        raw,
        ours,
        *read_peers(real, folder),
        _trainz_by_fold(ours, fold_of),
        gaussian(ours, "flow" if "flow" in models else next(iter(models))),
    ]
    ids = np.asarray(catalogue.ids)
    subsets = {name: ids[~np.isin(ids, out)] for name, out in real.without.items()}
    return evaluate(results, subsets), ours


def _trainz_by_fold(like: Posterior, fold_of: np.ndarray) -> Posterior:
    """Return trainZ with the redshifts of the other folds as its training sample."""
    z_spec = like.require_z_spec()
    rows = [np.flatnonzero(fold_of == fold) for fold in np.unique(fold_of)]
    pieces = [trainz(like.take(out), np.delete(z_spec, out)) for out in rows]
    return join(pieces, np.concatenate(rows))
