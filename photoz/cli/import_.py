"""`photoz import`."""

from pathlib import Path

import click

from photoz.cli.output import json_option, print_json, print_table


@click.command("import")
@click.argument("file")
@click.option("--mapping", type=click.Path(), help="TOML file that says which columns are what.")
@click.option("--out", required=True, type=click.Path(), help="Catalogue to write.")
@json_option
def command(file: str, mapping: str | None, out: str, as_json: bool) -> None:
    """Bring FILE (Parquet, ECSV, CSV, FITS) into the project's form, with a report.

    Without --mapping the columns are id, z_spec, ra, dec, ebv_mw, flux_<band>, err_<band> in
    microjansky, or mag_<band>, magerr_<band> in AB. Marks like -99 become missing values.
    """
    from dataclasses import asdict

    from photoz.catalogue import write_catalogue
    from photoz.catalogue.importing import import_catalogue
    from photoz.catalogue.write import check_target
    from photoz.errors import InputError

    check_target(out)
    if Path(out).exists() and Path(file).exists() and Path(out).samefile(file):
        raise InputError(f"--out names the file to import, {file}: give the result another name.")
    catalogue, report = import_catalogue(file, mapping)
    write_catalogue(catalogue, out)
    if as_json:
        print_json(asdict(report) | {"rows_dropped": sum(report.dropped.values()), "path": out})
        return
    click.echo(f"{report.rows_read} rows read, {report.rows_kept} kept, in {out}")
    for reason, n in report.dropped.items():
        click.echo(f"{n} rows dropped: {reason}")
    for column, n in report.cleared.items():
        click.echo(f"{n} values of {column} turned into unknown")
    causes = ("sentinel", "infinite", "error_not_above_0", "impossible_magnitude", "no_error")
    keys = ("band", "unit", "measured", "limits", "missing", *causes)
    shown = [k for k in keys if k not in causes or any(row[k] for row in report.bands)]
    print_table(
        "Bands, and why values became missing",
        [name.replace("_", " ") for name in shown],
        [[row[name] for name in shown] for row in report.bands],
    )
    for note in report.notes:
        click.echo(note)
