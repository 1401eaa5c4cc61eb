"""`photoz noise fit`, `apply` and `check`."""

import click

from photoz.cli.output import json_option, print_json, print_table


@click.group("noise")
def command() -> None:
    """Fit a survey's noise, draw it onto a simulation, compare the two."""


@command.command("fit")
@click.argument("catalogue")
@click.option("--survey", help="Survey (shipped name or TOML file) that has the bands.")
@click.option("--out", required=True, type=click.Path(), help="Noise file to write (.json).")
@json_option
def fit(catalogue: str, survey: str | None, out: str, as_json: bool) -> None:
    """Fit the noise on CATALOGUE, or make it of a depth table.

    A depth table has the columns band, depth_ab_mag, n_sigma and optionally floor.
    """
    from photoz.errors import InputError
    from photoz.jobs.targets import check_target

    check_target(out, [catalogue])
    from photoz.catalogue import read_catalogue
    from photoz.noise import depths_noise, fit_noise, save_noise
    from photoz.noise.depths import read_depths

    wave_aa = _pivots(survey) if survey else None
    left_out: list[str] = []
    depths = read_depths(catalogue)
    if depths is not None:
        model = depths_noise(depths, wave_aa)
    else:
        read = read_catalogue(catalogue)
        known = [band for band in read.bands if wave_aa is None or band in wave_aa]
        if not known:
            raise InputError(
                f"Survey {survey} has none of the bands of {catalogue}: {', '.join(read.bands)}. "
                "Name the survey file that has them."
            )
        left_out = [band for band in read.bands if band not in known]
        model = fit_noise(read.with_bands(known), wave_aa)
    save_noise(model, out)
    rows = [
        {
            "band": band,
            "sigma0_ujy": model.sigma0_ujy[b],
            "depth_5sigma_ab_mag": float(model.depth_ab_mag[b]),
            "fraction": model.fraction[b],
            "scatter": model.scatter[b],
            "floor": model.floor[b],
        }
        for b, band in enumerate(model.bands)
    ]
    if as_json:
        print_json({"bands": rows, "path": out, "bands_left_out": left_out})
    else:
        print_table(
            f"Noise of {len(rows)} bands, in {out}",
            ("band", "sigma ujy", "5 sigma depth AB", "at bright end", "scatter of ln", "floor"),
            [tuple(row.values()) for row in rows],
        )
        if left_out:
            click.echo(f"Left out, as {survey} does not have them: {', '.join(left_out)}")


def _pivots(survey: str) -> dict[str, float]:
    """Pivot wavelengths of a survey's bands."""
    from photoz.sed.survey import load_survey

    return {band.name: float(band.pivot_aa) for band in load_survey(survey).bands}


@command.command("apply")
@click.argument("simulation")
@click.option(
    "--noise",
    required=True,
    type=click.Path(),
    help="Noise file, or a shipped name.",
)
@click.option("--seed", default=0, show_default=True, type=int, help="Seed of the noise.")
@click.option("--out", required=True, type=click.Path(), help="Parquet file to write.")
@json_option
def apply(simulation: str, noise: str, seed: int, out: str, as_json: bool) -> None:
    """Observe SIMULATION once: a catalogue like the survey's, with z_spec = true redshift."""
    from photoz.cli.progress import progress_bar
    from photoz.jobs.targets import check_target
    from photoz.noise import find_noise, load_noise
    from photoz.noise.mock_file import write_mock

    check_target(out, [simulation, noise], [".parquet"])
    model = load_noise(find_noise(noise))
    with progress_bar("Drawing noise", 1, unit="galaxies") as update:
        n = write_mock(simulation, model, seed, out, progress=update)
    if as_json:
        print_json({"n": n, "path": out, "bands": list(model.bands)})
    else:
        click.echo(f"{n} galaxies observed in {len(model.bands)} bands, in {out}")


@command.command("check")
@click.argument("mock")
@click.argument("catalogue")
@json_option
def check(mock: str, catalogue: str, as_json: bool) -> None:
    """Compare MOCK (of `noise apply`) with the real CATALOGUE, band by band and as a whole."""
    from photoz.catalogue import read_catalogue
    from photoz.noise.compare import compare_catalogues

    result = compare_catalogues(read_catalogue(mock), read_catalogue(catalogue))
    if as_json:
        print_json(result)
        return
    keys = ("measured_mock", "measured_real", "mag_distance", "ln_err_mean", "ln_err_max")
    print_table(
        "Mock against real",
        ("band", "measured mock", "real", "magnitudes apart", "ln err mean", "ln err largest"),
        [
            (row["band"], *("" if row[key] is None else row[key] for key in keys))
            for row in result["bands"]
        ],
    )
    floor = result["distance_floor"]
    click.echo(
        f"Sliced Wasserstein distance {result['distance']:.3f}; two halves of the real catalogue "
        f"are {'unknown' if floor is None else f'{floor:.3f}'} apart."
    )
    if result["bands_left_out"]:
        click.echo(f"Only in one of the two: {', '.join(result['bands_left_out'])}")
