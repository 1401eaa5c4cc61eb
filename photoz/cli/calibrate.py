"""`photoz calibrate`."""

from typing import Any

import click

from photoz.cli.output import json_option, print_json, print_table


@click.command("calibrate")
@click.argument("models", metavar="MODEL")
@click.argument("catalogue")
@click.option("--out", required=True, type=click.Path(), help="Calibration file (TOML) to write.")
@click.option(
    "--plan",
    type=click.Path(),
    help="Which parameters are free in which stage (TOML). Default: zero-points, then error "
    "scales.",
)
@click.option(
    "--folds",
    default=5,
    show_default=True,
    type=int,
    help="Held-out folds that judge the gain on galaxies the fit never saw; 0 for none.",
)
@click.option(
    "--model",
    "use",
    type=click.Choice(["mdn", "flow", "both"]),
    default="both",
    show_default=True,
    help="Whose density is fitted; both: the mean of all that MODEL holds.",
)
@json_option
def command(as_json: bool, **options: Any) -> None:
    """Fit flux and error offsets of CATALOGUE, which has z_spec, through trained models.

    The loss is the models' own -ln p(z_spec) of the calibrated photometry. Apply the result with
    `photoz predict --calibration`.
    """
    from photoz.calibrate.job import calibrate_files
    from photoz.cli.progress import progress_bar

    with progress_bar("Fitting", options["folds"] + 1, unit="fits") as update:
        result = calibrate_files(progress=update, **options)
    summary = result.summary()
    if as_json:
        print_json(summary | {"path": options["out"]})
        return
    columns = ["band", "parameter", "value", "sigma", "between folds", "on bound"]
    keys = ["band", "parameter", "value", "sigma", "fold_scatter", "at_bound"]
    rows = [[p[key] for key in keys] for p in summary["parameters"]]
    print_table(f"{options['out']}: {summary['n_gal']} galaxies", columns, rows)
    click.echo(_gain(summary))


def _gain(summary: dict[str, Any]) -> str:
    """Return the sentence on what the fit gained, on galaxies it never saw where known."""
    seen = f"{summary['loss_before']:.4f} to {summary['loss_after']:.4f} on the fitted galaxies"
    held = f"{summary['heldout_before']:.4f} to {summary['heldout_after']:.4f} on held-out galaxies"
    parts = [seen, held] if summary["folds"] else [seen]
    return f"Mean -ln p(z_spec): {'; '.join(parts)} ({summary['seconds']:.0f} s)."
