"""`photoz predict`."""

from typing import Any

import click

from photoz.cli.output import json_option, print_json


@click.command("predict")
@click.argument("model")
@click.argument("catalogue")
@click.option("--out", required=True, type=click.Path(), help="Parquet file to write.")
@click.option("--calibration", type=click.Path(), help="Offsets of `photoz calibrate` to apply.")
@click.option(
    "--pdf",
    type=click.Choice(["grid", "quantiles", "components", "none"]),
    help="Form of the stored densities. Default: grid up to 100,000 rows, else quantiles.",
)
@click.option(
    "--allow-missing-bands",
    is_flag=True,
    help="Treat bands of the model that the catalogue lacks as missing.",
)
@click.option(
    "--ood/--no-ood",
    "with_ood",
    default=True,
    help="Judge also how unlike the simulation each galaxy is (columns ood and out_of_range), "
    "which takes several times as long as the densities.  [default: ood]",
)
@json_option
def command(model: str, catalogue: str, out: str, as_json: bool, **options: Any) -> None:
    """Give every galaxy of CATALOGUE its p(z) by MODEL.

    MODEL is a folder of `photoz train`, one of its files, or the name of shipped models;
    CATALOGUE a file in the project's own form (`photoz import` makes one). OUT has points,
    intervals and densities, by each model and, where there are two, by their mean (mixture), and
    how unlike the simulation each galaxy is (ood); memory does not grow with the densities of a
    large catalogue.
    """
    from photoz.cli.progress import progress_bar
    from photoz.infer.job import predict_file

    with progress_bar("Predicting", 0, unit="galaxies") as update:
        result = predict_file(model, catalogue, out, progress=update, **options)
    if as_json:
        print_json(result)
        return
    blank = result["n_without_photometry"]
    click.echo(
        f"{result['n']} galaxies by {', '.join(result['estimators'])}, "
        f"{result['pdfs_per_s']:,.0f} densities per second, in {result['path']}"
        + (f"; {blank} without photometry have none" if blank else "")
    )
    if options["with_ood"]:
        click.echo(_trust_sentence(result))


def _trust_sentence(result: dict[str, Any]) -> str:
    """Say how many galaxies are flagged, or why none can be."""
    if result["n_ood"] is None:
        return (
            "No column ood: these models carry no reference of simulated galaxies. "
            "`python -m photoz.trust.add` adds one."
        )
    return (
        f"{result['n_ood']} have a band that contradicts the others (ood above 1, where 1 % of "
        f"simulated galaxies are), {result['n_out_of_range']} are outside the trained range "
        "(out_of_range)"
    )
