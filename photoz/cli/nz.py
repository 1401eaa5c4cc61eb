"""`photoz nz`."""

from itertools import pairwise
from typing import TYPE_CHECKING

import click

from photoz.cli.output import json_option, print_json, print_table
from photoz.cli.reprior import old_prior_option, read_result

if TYPE_CHECKING:
    from photoz.infer import RedshiftDistribution


@click.command("nz")
@click.argument("result")
@click.option("--bins", type=int, help="Number of equal bins.  [default: 30]")
@click.option("--edges", help="Edges of the bins, with commas between: 0,0.5,1,2.")
@click.option("--estimator", help="Whose densities.  [default: mixture, or the first there is]")
@click.option("--smooth", is_flag=True, help="Cubic splines with knots at the edges, no steps.")
@click.option("--draws", default=2000, show_default=True, type=int, help="Sweeps of the sampler.")
@click.option("--seed", default=0, show_default=True, type=int, help="Seed of the sampler.")
@click.option("--out", required=True, type=click.Path(), help="Table to write (.ecsv).")
@old_prior_option
@json_option
def command(
    result: str,
    bins: int | None,
    edges: str | None,
    estimator: str | None,
    smooth: bool,
    draws: int,
    seed: int,
    out: str,
    old_prior: str | None,
    as_json: bool,
) -> None:
    """Estimate the redshift distribution of the galaxies of RESULT.

    Two columns stand side by side. stack is the mean of the p(z): the truth blurred, and pulled
    to the prior of the training, no estimate of n(z) (Malz 2021). hierarchical takes the prior
    out and asks which n(z) makes all galaxies likely together (Leistedt et al. 2016), with the
    bands that hold 68 and 95 %.
    """
    from photoz.infer import redshift_distribution, write_distribution
    from photoz.infer.nz import BINS, BURN, STACK_LABEL
    from photoz.jobs.targets import check_target

    path = check_target(out, [result, *([old_prior] if old_prior else [])], [".ecsv"])
    if bins is not None and edges is not None:
        raise click.UsageError("--bins and --edges exclude each other; give one of them.")
    posterior = read_result(result)
    found = redshift_distribution(
        posterior,
        estimator,
        edges=None if edges is None else _numbers(edges),
        bins=BINS if bins is None else bins,
        old=old_prior,
        smooth=smooth,
        n_burn=BURN,
        n_draw=draws,
        seed=seed,
    )
    write_distribution(found, path, posterior.provenance)
    if as_json:
        print_json(vars(found) | {"stack_is": STACK_LABEL, "path": str(path)})
        return
    columns = ("hierarchical", "low68", "high68", "stack", "prior")
    print_table(
        f"n(z) of {found.n} galaxies by {found.estimator}; stack: {STACK_LABEL}",
        ("z", *columns),
        [
            (f"{low:.3g} to {high:.3g}", *(float(getattr(found, name)[k]) for name in columns))
            for k, (low, high) in enumerate(pairwise(found.edges))
        ],
    )
    click.echo(_caveats(found))
    click.echo(f"Table in {path}")


def _numbers(text: str) -> list[float]:
    from photoz.errors import InputError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(
            f"--edges {text}: expected numbers with commas between, as 0,0.5,1,2."
        ) from error


def _caveats(found: "RedshiftDistribution") -> str:
    """Say what a person must know of these numbers."""
    said = [f"The slowest bin has {found.n_effective:.0f} effective draws"]
    if found.n_effective < 200:
        said[0] += " (below 200 its band is rough: more --draws, wider bins, or --smooth)"
    if found.n_left_out:
        said.append(f"{found.n_left_out} galaxies without a density are left out")
    if not found.covered.all():
        said.append(
            f"{int((~found.covered).sum())} bins lie where the training had next to no galaxies, "
            "and cannot be estimated"
        )
    return "; ".join(said) + "."
