"""`photoz benchmark`."""

import click

from photoz.cli.output import json_option, print_json, print_table


@click.command("benchmark")
@click.argument("name", metavar="cosmos100|hdfn|vvds|highz|sdss")
@click.option("--data", type=click.Path(), help="Folder of the real sets; default $PHOTOZ_DATA.")
@click.option("--model", "model", type=click.Path(), help="Model folder; default the shipped one.")
@click.option("--plan", "plan_file", type=click.Path(), help="Calibration plan (TOML).")
@click.option("--out", type=click.Path(), help="Also write the held-out posteriors to this file.")
@json_option
def command(
    name: str,
    data: str | None,
    model: str | None,
    plan_file: str | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Score the estimators on real galaxies in fixed folds, other codes and baselines beside."""
    from photoz.assets import asset_path
    from photoz.benchmark.run import run_benchmark
    from photoz.benchmark.sets import data_dir, find_set
    from photoz.calibrate import load_plan
    from photoz.cli.progress import progress_bar
    from photoz.infer import write_posterior
    from photoz.jobs.targets import check_target
    from photoz.models import find_models, load_models

    real = find_set(name)
    folder = None if real.shipped else data_dir(data)
    if out:
        check_target(out, suffixes=(".parquet",))
    models = load_models(find_models(model) if model else asset_path("models", real.model))
    plan = load_plan(plan_file) if plan_file else None
    n_fit = max(real.folds, 1) * len(models)
    with progress_bar("Fitting offsets", n_fit, unit="fits") as update:
        rows, posterior = run_benchmark(real, models, folder, plan, update)
    if out:
        write_posterior(posterior, out)
    if as_json:
        print_json(
            {
                "rows": rows,
                "benchmark": name,
                "folds": real.folds,
                "n_calibrate": real.n_calibrate,
                "caveat": real.caveat,
            }
        )
        return
    columns = {
        "sigma_nmad": "sigma_NMAD",
        "outlier_fraction": "outliers",
        "bias": "bias",
        "log_score": "log score",
        "crps": "CRPS",
        "coverage_68": "cov 68 %",
        "coverage_95": "cov 95 %",
        "pit_ks": "PIT KS",
        "pit_ks_p": "KS p",
    }
    how = f"held out in {real.folds} folds"
    if real.n_calibrate:
        how = f"fitted on {real.n_calibrate} other galaxies"
    print_table(
        f"{real.title}; offsets {how} where calibrated",
        ("estimator", "calibrated", "subset", "n", *columns.values()),
        [
            (
                r["estimator"],
                {True: "held out", False: "no", None: "-"}[r["calibrated"]],
                r["subset"],
                r["n"],
                *(r[key] for key in columns),
            )
            for r in rows
        ],
    )
    if real.caveat:
        click.echo(real.caveat)
