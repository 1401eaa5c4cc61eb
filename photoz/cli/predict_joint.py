"""`photoz predict-joint`."""

from typing import Any

import click

from photoz.cli.output import json_option, print_json


@click.command("predict-joint")
@click.argument("model")
@click.argument("catalogue")
@click.option("--out", required=True, type=click.Path(), help="Parquet file to write.")
@click.option("--calibration", type=click.Path(), help="Offsets of `photoz calibrate` to apply.")
@click.option(
    "--allow-missing-bands",
    is_flag=True,
    help="Treat bands of the model that the catalogue lacks as missing.",
)
@json_option
def command(model: str, catalogue: str, out: str, as_json: bool, **options: Any) -> None:
    """Give every galaxy of CATALOGUE redshift, mass, sSFR and dust by a joint MODEL.

    MODEL is a folder of `photoz train SIM --model joint`, or its joint.safetensors; CATALOGUE a
    file in the project's own form (`photoz import` makes one). OUT has the median and the 68 %
    interval of z, log_mass, log_ssfr and a_v, and of the last three at z_spec where it is known.
    """
    from photoz.infer.joint import predict_joint_file

    result = predict_joint_file(model, catalogue, out, **options)
    if as_json:
        print_json(result)
        return
    blank = result["n_without_photometry"]
    click.echo(
        f"{result['n']} galaxies, {', '.join(result['quantities'])}, in {result['path']}"
        + (f"; {blank} without photometry have none" if blank else "")
    )
