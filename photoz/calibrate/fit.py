"""Fit offsets through trained models, with held-out folds and uncertainties."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from photoz.calibrate.fitter import Fitter, TracePoint, Watch
from photoz.calibrate.folds import assign_folds, kfold_calibration
from photoz.calibrate.objective import no_change
from photoz.calibrate.plan import GROUPS, Plan
from photoz.calibrate.result import CalibrationResult, fitted_parameters, uncertainties
from photoz.calibrate.sample import densities_of, plan_for, spec_sample
from photoz.calibrate.witness import make_witness
from photoz.errors import JobError
from photoz.provenance import provenance

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue
    from photoz.models import TrainedModel


def prepare(
    models: Mapping[str, "TrainedModel"],
    catalogue: "Catalogue",
    plan: Plan | None = None,
    use: str = "both",
) -> Fitter:
    """Check models, catalogue and plan against each other and put them on the device.

    Raises:
        InputError: no z_spec, too few galaxies, one redshift, a band or model that is missing.
        CatalogueError: the catalogue lacks a band of the models.
    """
    kinds, densities = densities_of(models, use)
    bands = tuple(models[kinds[0]].bands)
    sample, rows = spec_sample(catalogue, bands, min(d.z_max for d in densities))
    plan = plan_for(plan, bands, len(rows))
    witness = None
    if plan.centre == "sed":
        witness = make_witness(models, bands, sample, str(plan.reference_band))
    return Fitter(bands, densities, sample, rows, plan, kinds, catalogue.n - len(rows), witness)


def fit_calibration(
    models: Mapping[str, "TrainedModel"],
    catalogue: "Catalogue",
    plan: Plan | None = None,
    *,
    use: str = "both",
    folds: int = 0,
    watch: Watch | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> CalibrationResult:
    """Fit offsets between a catalogue and the simulation of its models.

    Args:
        models: by kind, as `load_models` gives them.
        catalogue: with z_spec.
        plan: stages, bounds, ridge; None for zero-points, then error scales.
        use: `mdn`, `flow`, or `both` for the mean of their losses.
        folds: number of held-out folds, 0 for none.
        watch: called with every `TracePoint` of the fit to all galaxies.
        progress: called with (fits done, fits in all).
        should_stop: asked at every evaluation; true ends the fit with a JobError.

    Raises:
        InputError: see `prepare`; also one fold, or more folds than galaxies.
        CatalogueError: the catalogue lacks a band of the models.
        JobError: stopped.
    """
    fitter = prepare(models, catalogue, plan, use)
    record = provenance(
        "calibration",
        parents={"catalogue": catalogue.provenance, "models": [m.card for m in models.values()]},
        models=list(fitter.kinds),
        n_gal=fitter.n_gal,
        plan=asdict(fitter.plan),
    )
    return run_fit(fitter, record, folds, watch, progress, should_stop)


def run_fit(
    fitter: Fitter,
    record: dict[str, Any],
    folds: int = 0,
    watch: Watch | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> CalibrationResult:
    """Run a prepared fit on all galaxies, then with each fold held out."""
    started = time.perf_counter()

    def watched(point: TracePoint) -> None:
        if watch is not None:
            watch(point)
        if should_stop():
            raise JobError("The calibration was stopped; nothing was written.")

    fold_of = assign_folds(fitter.n_gal, folds) if folds else None
    progress(0, folds + 1)
    fit = fitter.run(watch=watched)
    progress(1, folds + 1)
    before, after = fitter.losses(no_change(len(fitter.bands))), fitter.losses(fit.theta)
    scatter = {g: np.full(len(fitter.bands), np.nan) for g in GROUPS}
    heldout_before = heldout_after = float("nan")
    if fold_of is not None:
        held = kfold_calibration(
            fitter, fold_of, lambda done, total: progress(done + 1, total + 1), should_stop
        )
        scatter = held.scatter
        heldout_before, heldout_after = float(held.before.mean()), float(held.after.mean())
    sigma, covariance = uncertainties(fitter, fit.theta)
    return CalibrationResult(
        calibration=fitter.calibration(fit.theta, record),
        parameters=fitted_parameters(fitter, fit.theta, sigma, scatter),
        covariance=covariance,
        trace=tuple(fit.trace),
        converged=fit.converged,
        loss_before=float(before.mean()),
        loss_after=float(after.mean()),
        heldout_before=heldout_before,
        heldout_after=heldout_after,
        n_gal=fitter.n_gal,
        n_dropped=fitter.n_dropped,
        seconds=time.perf_counter() - started,
        folds=folds,
        kinds=fitter.kinds,
    )
