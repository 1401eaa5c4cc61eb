"""`photoz simulate`."""

import time

import click

from photoz.cli.output import json_option, print_json


@click.command("simulate")
@click.argument("recipe")
@click.option("--n", required=True, type=int, help="Number of galaxies.")
@click.option("--seed", default=0, show_default=True, type=int, help="Seed of the catalogue.")
@click.option("--out", required=True, type=click.Path(), help="Parquet file to write.")
@json_option
def command(recipe: str, n: int, seed: int, out: str, as_json: bool) -> None:
    """Simulate N galaxies from RECIPE (a shipped name or a TOML file): true fluxes, parameters.

    The same recipe and seed give the same rows. An interrupted run continues when the command
    is given again.
    """
    from photoz.simulate import load_recipe, simulate

    loaded = load_recipe(recipe)
    from photoz.cli.progress import progress_bar

    started = time.perf_counter()
    with progress_bar("Simulating", n, unit="galaxies") as update:
        path = simulate(loaded, n, seed, out, progress=update)
    rate = n / (time.perf_counter() - started)
    if as_json:
        print_json({"n": n, "galaxies_per_s": rate, "path": str(path)})
    else:
        click.echo(f"{n} galaxies, {rate:,.0f} per second, in {path}")
