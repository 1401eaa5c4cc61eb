"""`photoz survey check` and `photoz survey show`."""

from typing import Any

import click

from photoz.cli.output import json_option, print_json, print_table

# A curve in nanometres of a near-infrared band looks like one of the ultraviolet.
ULTRAVIOLET_AA = 2600.0


@click.group("survey")
def command() -> None:
    """Check the bands and curves of a survey file, or print a shipped one."""


@command.command("check")
@click.argument("survey")
@click.option(
    "--curves",
    type=click.Path(exists=True, file_okay=False),
    help="Folder of the curve files that the survey names.",
)
@click.option(
    "--z-max",
    type=click.FloatRange(0.0, 20.0),
    default=8.0,
    show_default=True,
    help="Largest redshift to cover.",
)
@json_option
def check(survey: str, curves: str | None, z_max: float, as_json: bool) -> None:
    """Read SURVEY (a shipped name or a TOML file) and list its bands and problems."""
    from photoz.sed.check_bands import band_problems
    from photoz.sed.grid import load_grid
    from photoz.sed.igm import IGM_MODELS
    from photoz.sed.survey import load_survey

    loaded = load_survey(survey, curves)
    rows = [_row(band) for band in loaded.bands]
    problems = band_problems(loaded.bands, load_grid().wave_edges_aa, z_max, IGM_MODELS[0])
    problems += _nanometres(rows)
    if as_json:
        print_json({"bands": rows, "problems": problems, "reference": loaded.reference_band})
        return
    print_table(
        loaded.title,
        ("band", "group", "pivot A", "FWHM A", "from A", "to A", "AB-Vega", "curve"),
        [
            (
                row["name"],
                row["group"],
                *(f"{row[k]:.0f}" for k in ("pivot_aa", "fwhm_aa", "first_aa", "last_aa")),
                f"{row['ab_minus_vega']:+.3f}",
                row["source"],
            )
            for row in rows
        ],
    )
    click.echo("AB-Vega: add it to a Vega magnitude to get AB (Vega: CALSPEC alpha_lyr_stis_005).")
    for problem in problems or ["No problems found."]:
        click.echo(problem)


@command.command("show")
@click.argument("survey")
def show(survey: str) -> None:
    """Print the TOML file of SURVEY, to be saved, changed and used by its path."""
    from photoz.assets import named_or_path

    click.echo(named_or_path(survey, "surveys").read_text(encoding="utf-8"), nl=False)


def _row(band: Any) -> dict[str, Any]:
    from photoz.sed.synphot import vega_offset

    return {
        "name": band.name,
        "group": band.group,
        "pivot_aa": band.pivot_aa,
        "fwhm_aa": band.fwhm_aa,
        "first_aa": band.range_aa[0],
        "last_aa": band.range_aa[1],
        "ab_minus_vega": vega_offset(band),
        "n_point": int(band.wave_aa.size),
        "source": band.source,
    }


def _nanometres(rows: list[dict[str, Any]]) -> list[str]:
    """Curves that look like nanometres read as angstrom."""
    own = [row for row in rows if not row["source"].startswith(("astro-sedpy", "speclite"))]
    return [
        f"{row['name']} has its pivot at {row['pivot_aa']:.0f} A, in the ultraviolet: is "
        f"{row['source']} in nanometres? Multiply its wavelengths by 10"
        for row in own
        if row["pivot_aa"] < ULTRAVIOLET_AA
    ]
