"""Run a benchmark: our models before and after offsets, other codes, baselines."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from photoz.benchmark.heldout import heldout_posterior
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
    """Score both estimators on a real set beside everything they are compared with.

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
    best = _sharpest(ours)
    results = [
        raw,
        ours,
        *read_peers(real, folder),
        *_trainz_by_fold(ours, fold_of),
        gaussian(ours, best),
    ]
    ids = np.asarray(catalogue.ids)
    subsets = {name: ids[~np.isin(ids, out)] for name, out in real.without.items()}
    return evaluate(results, subsets), ours


def _trainz_by_fold(like: Posterior, fold_of: np.ndarray) -> list[Posterior]:
    """Return trainZ with the redshifts of the other folds as its training sample."""
    z_spec = like.require_z_spec()
    whole = trainz(like, z_spec)
    pdf = np.array(whole.pdf["trainz"])
    for fold in np.unique(fold_of):
        out = fold_of == fold
        pdf[out] = trainz(like.take(out), z_spec[~out]).pdf["trainz"]
    whole.pdf["trainz"] = pdf
    return [whole]


def _sharpest(posterior: Posterior) -> str:
    """Return the estimator that the Gaussian baseline takes its points from: the flow's if any."""
    return "flow" if "flow" in posterior.estimators else posterior.estimators[0]
