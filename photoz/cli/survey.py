"""`photoz survey check`."""

import click

from photoz.cli.output import json_option, print_json, print_table


@click.group("survey")
def command() -> None:
    """Check the bands and curves of a survey file."""


@command.command("check")
@click.argument("survey")
@click.option(
    "--z-max",
    type=click.FloatRange(0.0, 20.0),
    default=8.0,
    show_default=True,
    help="Largest redshift to cover.",
)
@json_option
def check(survey: str, z_max: float, as_json: bool) -> None:
    """Read SURVEY (a shipped name or a TOML file) and list its bands and problems."""
    import numpy as np

    from photoz.sed.grid import load_grid
    from photoz.sed.survey import load_survey

    loaded = load_survey(survey)
    first_aa, last_aa = (float(edge) for edge in load_grid().wave_edges_aa[[0, -1]])
    problems = [
        f"{band.name} sees {band.range_aa[0] / (1 + z_max):.0f} A at redshift {z_max:g}, the SSP "
        f"grid starts at {first_aa:.0f} A"
        for band in loaded.bands
        if band.range_aa[0] / (1 + z_max) < first_aa
    ] + [
        f"{band.name} reaches {band.range_aa[1]:.0f} A, the SSP grid ends at {last_aa:.0f} A"
        for band in loaded.bands
        if band.range_aa[1] > last_aa
    ]
    rows = [
        (b.name, b.group, b.pivot_aa, *b.range_aa, int(np.size(b.wave_aa)), b.source)
        for b in loaded.bands
    ]
    if as_json:
        keys = ("name", "group", "pivot_aa", "first_aa", "last_aa", "n_point", "source")
        bands = [dict(zip(keys, row, strict=True)) for row in rows]
        print_json({"bands": bands, "problems": problems, "reference": loaded.reference_band})
    else:
        print_table(
            loaded.title,
            ("band", "group", "pivot A", "from A", "to A", "points", "curve"),
            [(r[0], r[1], *(f"{x:.0f}" for x in r[2:5]), *r[5:]) for r in rows],
        )
        for problem in problems or ["No problems found."]:
            click.echo(problem)
