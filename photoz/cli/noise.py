"""`photoz noise fit`, `apply` and `check`."""

import click

from photoz.cli.noise_check import check, survey_pivots_aa
from photoz.cli.output import json_option, print_json, print_table


@click.group("noise")
def command() -> None:
    """Fit a survey's noise, draw it onto a simulation, compare the two."""


command.add_command(check)


@command.command("fit")
@click.argument("catalogue")
@click.option("--survey", help="Survey (shipped name or TOML file) that has the bands.")
@click.option(
    "--same-light",
    multiple=True,
    metavar="BAND=BAND",
    help="Two bands with nearly the same curve: fits the noise's tails. May be repeated.",
)
@click.option(
    "--floor",
    type=click.FloatRange(0.0, 1.0),
    help="Fraction of flux that the quoted errors leave out, in every band. Default: 0.01; "
    "0.02 below 4000 A and above 1, 0.03 above 2.2 micrometres.",
)
@click.option("--out", required=True, type=click.Path(), help="Noise file to write (.json).")
@json_option
def fit(
    catalogue: str,
    survey: str | None,
    same_light: tuple[str, ...],
    floor: float | None,
    out: str,
    as_json: bool,
) -> None:
    """Fit the noise on CATALOGUE, or make it of a depth table.

    A depth table has the columns band, depth_ab_mag, n_sigma and optionally floor. Quoted errors
    do not tell how heavy the tails are: two bands that see the same light do (--same-light).
    """
    from dataclasses import asdict, replace

    import numpy as np

    from photoz.errors import InputError
    from photoz.jobs.targets import check_target

    check_target(out, [catalogue])
    from photoz.catalogue import read_catalogue
    from photoz.noise import depths_noise, fit_noise, fit_tails, save_noise
    from photoz.noise.depths import read_depths

    wave_aa = survey_pivots_aa(survey) if survey else None
    left_out: list[str] = []
    tails = None
    pairs = [_pair(text) for text in same_light]
    depths = read_depths(catalogue)
    if depths is not None:
        if pairs:
            raise InputError(
                f"{catalogue} is a depth table; --same-light needs a catalogue of galaxies."
            )
        if floor is not None:
            raise InputError(f"{catalogue} is a depth table; write floors in its column floor.")
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
        if pairs:
            tails = fit_tails(read, pairs)
            model = replace(model, student_nu=tails.student_nu)
        if floor is not None:
            model = replace(model, floor=np.full(len(model.bands), floor))
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
        found = {"student_nu": model.student_nu, "tails": None if tails is None else asdict(tails)}
        print_json({"bands": rows, "path": out, "bands_left_out": left_out} | found)
    else:
        print_table(
            f"Noise of {len(rows)} bands, in {out}",
            ("band", "sigma ujy", "5 sigma depth AB", "at bright end", "scatter of ln", "floor"),
            [tuple(row.values()) for row in rows],
        )
        if tails is not None:
            click.echo(
                f"Tails: Student t of nu {tails.student_nu:.1f} ({tails.nu_low:.1f} to "
                f"{tails.nu_high:.1f}); differences scatter by "
                + ", ".join(
                    f"{scale:.2f} ({'-'.join(pair)}, {n} galaxies)"
                    for scale, pair, n in zip(tails.error_scale, tails.pairs, tails.n, strict=True)
                )
                + " times the quoted errors."
            )
        if left_out:
            click.echo(f"Left out, as {survey} does not have them: {', '.join(left_out)}")


def _pair(text: str) -> tuple[str, str]:
    """Two bands of one --same-light."""
    one, equals, other = text.partition("=")
    if not (one and equals and other) or one == other:
        raise click.BadParameter(
            f"{text!r}: expected two bands as BAND=BAND, such as hsc_r=sc_rp.",
            param_hint="--same-light",
        )
    return one, other


@command.command("apply")
@click.argument("simulation")
@click.option(
    "--noise",
    required=True,
    type=click.Path(),
    help="Noise file, or a shipped name.",
)
@click.option(
    "--errors-of",
    type=click.Path(),
    help="Real catalogue: each galaxy takes depth and missing bands of one of its brightness.",
)
@click.option("--seed", default=0, show_default=True, type=int, help="Seed of the noise.")
@click.option("--out", required=True, type=click.Path(), help="Parquet file to write.")
@json_option
def apply(
    simulation: str, noise: str, errors_of: str | None, seed: int, out: str, as_json: bool
) -> None:
    """Observe SIMULATION once: a catalogue like the survey's, with z_spec = true redshift."""
    from photoz.catalogue import read_catalogue
    from photoz.cli.progress import progress_bar
    from photoz.jobs.targets import check_target
    from photoz.noise import error_donors, find_noise, load_noise
    from photoz.noise.mock_file import write_mock

    check_target(out, [simulation, noise, *([errors_of] if errors_of else [])], [".parquet"])
    model = load_noise(find_noise(noise))
    donors = error_donors(read_catalogue(errors_of), model) if errors_of else None
    with progress_bar("Drawing noise", 1, unit="galaxies") as update:
        n = write_mock(simulation, model, seed, out, donors=donors, progress=update)
    if as_json:
        print_json({"n": n, "path": out, "bands": list(model.bands)})
    else:
        click.echo(f"{n} galaxies observed in {len(model.bands)} bands, in {out}")
