"""`calibrate` as a job: offsets fitted from files into a calibration file and a result file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from photoz.atomic import write_text
from photoz.calibrate.calibration import save_calibration
from photoz.calibrate.fit import fit_calibration
from photoz.calibrate.fitter import TracePoint, Watch
from photoz.calibrate.plan import Plan, load_plan, plan_from_dict
from photoz.calibrate.result import CalibrationResult
from photoz.errors import InputError
from photoz.jobs.targets import check_entries, check_target
from photoz.plainjson import plain

CONFIG = ("models", "catalogue", "out", "plan", "use", "folds")
USES = ("mdn", "flow", "both")
RESULT_FILE = "result.json"


def run(run: Any, config: dict[str, Any]) -> dict[str, Any]:
    """Fit a calibration as a job of `photoz.jobs`.

    Every evaluation of the fit to all galaxies is a line of metrics: `stage`, `evaluation`,
    `objective`. The run folder gets result.json with parameters, losses and trace.

    Args:
        run: the run folder's interface.
        config: `models` (folder, file or shipped name), `catalogue`, `out`, and optionally
            `plan` (a file or a table), `use` and `folds`, as in `calibrate_files`.

    Returns:
        The summary of the result, and `path` of the calibration.

    Raises:
        InputError: an entry of the configuration is unknown or missing; and see
            `calibrate_files`.
    """
    check_entries(config, CONFIG, ("models", "catalogue", "out"), "calibration")
    options = {k: config[k] for k in CONFIG[3:] if config.get(k) is not None}
    run.keep_metrics(lambda row: False)  # a resumed fit starts again
    at = [0, 1]

    def progress(done: int, total: int) -> None:
        at[:] = done, total
        what = "all galaxies" if done == 0 else f"without fold {done}"
        run.progress(done, total, f"Fitting {what}" if done < total else "Uncertainties")

    def watch(point: TracePoint) -> None:
        run.report(**point._asdict())
        said = f"Stage {point.stage}, evaluation {point.evaluation}: {point.objective:.4f}"
        run.progress(*at, said)

    result = calibrate_files(
        config["models"],
        config["catalogue"],
        config["out"],
        **options,
        watch=watch,
        progress=progress,
        should_stop=run.should_stop,
    )
    record = result_record(result)
    write_text(run.dir / RESULT_FILE, json.dumps(record, indent=1, allow_nan=False) + "\n")
    return plain(result.summary()) | {"path": str(config["out"])}


def calibrate_files(
    models: str | Path,
    catalogue: str | Path,
    out: str | Path,
    *,
    plan: str | Path | dict[str, Any] | None = None,
    use: str = "both",
    folds: int = 0,
    watch: Watch | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> CalibrationResult:
    """Fit offsets on a catalogue file through model files and write the calibration.

    Args:
        models: folder of models, one model file, or the name of shipped models.
        catalogue: file in the project's form, with z_spec.
        out: TOML file to write.
        plan: TOML file or table of a plan; None for zero-points, then error scales.
        use: `mdn`, `flow` or `both`.
        folds: number of held-out folds, 0 for none.
        watch: called with every evaluation of the fit to all galaxies.
        progress: called with (fits done, fits in all).
        should_stop: asked at every evaluation; true ends the fit with a JobError.

    Raises:
        InputError: `out` cannot be written, or options, plan or sample cannot be used.
        CatalogueError: the catalogue cannot be read or lacks a band.
        ModelError: models that cannot be read.
        JobError: stopped; nothing was written.
    """
    from photoz.catalogue import read_catalogue
    from photoz.models import find_models, load_models

    plan_file = [plan] if isinstance(plan, (str, Path)) else []
    out = check_target(out, [catalogue, *plan_file])
    if use not in USES:
        raise InputError(f"use = {use!r}: expected one of {', '.join(USES)}.")
    if isinstance(folds, bool) or not isinstance(folds, int):
        raise InputError(f"folds = {folds!r}: expected a whole number, 0 for none.")
    chosen = _plan(plan)
    result = fit_calibration(
        load_models(find_models(models)),
        read_catalogue(catalogue),
        chosen,
        use=use,
        folds=folds,
        watch=watch,
        progress=progress,
        should_stop=should_stop,
    )
    save_calibration(result.calibration, out)
    return result


def result_record(result: CalibrationResult) -> dict[str, Any]:
    """Return what result.json holds: the summary, the trace, the covariance; NaN as null."""
    record = result.summary() | {
        "trace": [point._asdict() for point in result.trace],
        "covariance": result.covariance,
    }
    return plain(record)


def _plan(plan: str | Path | dict[str, Any] | None) -> Plan | None:
    if plan is None:
        return None
    return plan_from_dict(plan) if isinstance(plan, dict) else load_plan(plan)
