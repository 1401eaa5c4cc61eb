"""`photoz reprior`."""

from typing import Any

import click

from photoz.cli.output import json_option, print_json

old_prior_option = click.option(
    "--old-prior",
    help="Prior that the densities carry, as for --prior. Default: what the result says.",
)


@click.command("reprior")
@click.argument("result")
@click.option(
    "--prior",
    required=True,
    help="The new prior: flat, a simulation (.parquet), a table (z, density), a file of "
    "`photoz nz`, a catalogue (its z_spec), or a recipe.",
)
@click.option("--out", required=True, type=click.Path(), help="Parquet file to write.")
@click.option(
    "--min-share",
    default=0.05,
    show_default=True,
    type=float,
    help="Galaxies whose effective share is below get no density.",
)
@old_prior_option
@json_option
def command(
    result: str, prior: str, out: str, min_share: float, old_prior: str | None, as_json: bool
) -> None:
    """Put the densities of RESULT under another prior in redshift.

    p'(z) is proportional to p(z) new(z) / old(z), for every estimator. The effective share of a
    galaxy, column prior_ess, is 1 where the new prior changes nothing and 1/N where it leaves one
    Nth of the old density: then the result hangs on a tail that the model hardly knows, and below
    --min-share it is refused.
    """
    from photoz.infer import under_prior, write_posterior
    from photoz.jobs.targets import check_target

    sources = [source for source in (prior, old_prior) if source]
    path = check_target(out, [result, *sources], [".parquet", ""])
    found = under_prior(read_result(result), prior, old=old_prior, min_share=min_share)
    write_posterior(found, path)
    step = found.provenance["reprior"][-1]
    uncovered = max(step["uncovered"].values())
    if as_json:
        print_json(
            {
                "n": found.n,
                "refused": step["n_refused"],
                "median_ess": step["median_ess"],
                "path": str(path),
                "prior": step["prior"],
                "uncovered": uncovered,
            }
        )
        return
    click.echo(
        f"{found.n} galaxies under {step['prior']} in {path}: the median effective share is "
        f"{step['median_ess']:.2f}, {step['n_refused']} below {min_share:g} are refused"
    )
    if uncovered > 0.001:
        click.echo(
            f"{100 * uncovered:.1f} % of the new prior lies where the old one is nearly zero: of "
            "these redshifts the densities know nothing."
        )


def read_result(path: str) -> Any:
    """Read a posterior file of ours or of another code."""
    from photoz.infer import is_peer_file, read_peer, read_posterior

    return read_peer(path) if is_peer_file(path) else read_posterior(path)
