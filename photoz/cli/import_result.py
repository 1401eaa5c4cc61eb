"""`photoz import-result`."""

import click

from photoz.cli.output import json_option, print_json

FORMATS = ("lephare", "eazy", "eazy-py", "qp", "table", "peer", "photoz")


@click.command("import-result")
@click.argument("file")
@click.option("--out", required=True, type=click.Path(), help="Parquet file to write.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Told by the content by default."
)
@click.option("--estimator", help="Name of the code in tables; the file's name by default.")
@click.option(
    "--catalogue", type=click.Path(), help="Gives z_spec by id where the result has none."
)
@json_option
def command(
    file: str,
    out: str,
    format_: str | None,
    estimator: str | None,
    catalogue: str | None,
    as_json: bool,
) -> None:
    """Turn another code's result, FILE, into one file that stands beside ours in every table.

    FILE is LePHARE's output catalogue or .prob or .pdz, EAZY's .zout, eazy-py's .zout.fits,
    .data.fits or HDF5, an ensemble of qp, or a table (CSV, ECSV, Parquet, FITS) with id and z_phot.
    What lies beside it and belongs to it is read too: p(z) of LePHARE and EAZY, chi2 of eazy-py.
    """
    import numpy as np

    from photoz.infer.imports import known_redshifts, read_result
    from photoz.infer.peers import write_peer
    from photoz.jobs.targets import check_target

    check_target(out, inputs=(file,), suffixes=(".parquet",))
    known = known_redshifts(catalogue) if catalogue else None
    posterior = read_result(file, format_, estimator, known)
    name = estimator if estimator in posterior.estimators else posterior.estimators[-1]
    write_peer(posterior, name, out)
    z_spec = posterior.z_spec
    found = {
        "path": out,
        "estimator": name,
        "n": posterior.n,
        "n_density": int(np.isfinite(posterior.pdf[name][:, 0]).sum()),
        "n_point": int(np.isfinite(posterior.z_map(name)).sum()),
        "n_z_spec": 0 if z_spec is None else int(np.isfinite(z_spec).sum()),
        "notes": posterior.provenance.get("notes", []),
    }
    if as_json:
        print_json(found)
        return
    click.echo(
        f"{found['n']} galaxies of {name}: {found['n_point']} with a redshift, "
        f"{found['n_density']} with p(z), {found['n_z_spec']} with z_spec, in {out}"
    )
    for note in found["notes"]:
        click.echo(note)
