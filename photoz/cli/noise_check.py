"""`photoz noise check`."""

from typing import Any

import click

from photoz.cli.output import json_option, print_json, print_table

N_WORST = 5


@click.command("check")
@click.argument("file", metavar="F")
@click.argument("catalogue")
@click.option("--survey", help="Survey (shipped name or TOML file) that orders the bands.")
@json_option
def check(file: str, catalogue: str, survey: str | None, as_json: bool) -> None:
    """Compare F with the real CATALOGUE, band by band and as a whole.

    F is a mock of `noise apply`: errors, magnitudes, colours, limits are compared. Or it is a noise
    file (.json, or a shipped name): errors are drawn at the catalogue's own fluxes, so that nothing
    but the noise model is tested.
    """
    from photoz.catalogue import read_catalogue
    from photoz.noise import check_noise, compare_catalogues, find_noise, load_noise

    noise = find_noise(file)
    real = read_catalogue(catalogue)
    if noise.suffix == ".json":
        result = check_noise(load_noise(noise), real)
    else:
        wave_aa = survey_pivots_aa(survey) if survey else None
        result = compare_catalogues(read_catalogue(file), real, wave_aa)
    if as_json:
        print_json(result)
        return
    _print_tables(result)
    _print_sentences(result)


def survey_pivots_aa(survey: str) -> dict[str, float]:
    """Return the pivot wavelengths of a survey's bands."""
    from photoz.sed.survey import load_survey

    return {band.name: float(band.pivot_aa) for band in load_survey(survey).bands}


def _print_tables(result: dict[str, Any]) -> None:
    """Bands and colours."""
    keys = ("measured_mock", "measured_real", "mag_distance", "ln_err_mean", "ln_err_max")
    print_table(
        "Mock against real",
        ("band", "measured mock", "real", "magnitudes apart", "ln err mean", "ln err largest"),
        [(row["band"], *_cells(row, keys)) for row in result["bands"]],
    )
    keys = ("median_mock", "median_real", "distance")
    print_table(
        "Colours of galaxies at three sigma in both bands",
        ("colour", "median mock", "real", "apart mag"),
        [(row["colour"], *_cells(row, keys)) for row in result["colours"]],
    )


def _cells(row: dict[str, Any], keys: tuple[str, ...]) -> list[Any]:
    return ["" if row[key] is None else row[key] for key in keys]


def _print_sentences(result: dict[str, Any]) -> None:
    """The bands that differ most, and how far apart all are."""
    click.echo("Bands that differ most:")
    for number, row in enumerate(result["worst"][:N_WORST], start=1):
        click.echo(f"{number}. {row['because']}")
    click.echo(
        f"Sliced Wasserstein distance {result['distance']:.3f}; two halves of the real catalogue "
        f"are {result['distance_floor']:.3f} apart."
    )
    click.echo(
        f"A classifier tells mock from real in {result['c2st']:.1%} of cases; 50 % +- "
        f"{result['c2st_err']:.1%} if they were alike."
    )
    donors = result.get("donors")
    if donors:
        click.echo(
            f"With errors taken over from real galaxies (`noise apply --errors-of`): distance "
            f"{donors['distance']:.3f}, classifier {donors['c2st']:.1%}."
        )
    if result["bands_left_out"]:
        click.echo(f"Only in one of the two: {', '.join(result['bands_left_out'])}")
