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
    import jax

    from photoz.cli.progress import progress_bar
    from photoz.simulate import load_recipe, simulate
    from photoz.simulate.catalogue import PART_BATCHES, check_request
    from photoz.simulate.sampler import Sampler

    started = time.perf_counter()
    check_request(n, seed, out)
    sampler = Sampler.load(load_recipe(recipe))
    # compiles; the rate below is without it
    jax.block_until_ready(sampler.batches(seed, 0, PART_BATCHES))
    prepared = time.perf_counter()
    with progress_bar("Simulating", n, unit="galaxies") as update:
        path = simulate(sampler.recipe, n, seed, out, sampler=sampler, progress=update)
    ended = time.perf_counter()
    rate = n / (ended - prepared)
    if as_json:
        seconds = {"seconds_prepare": prepared - started, "seconds": ended - started}
        print_json({"n": n, "galaxies_per_s": rate, "path": str(path), **seconds})
    else:
        click.echo(
            f"{n} galaxies, {rate:,.0f} per second after {prepared - started:.0f} s of "
            f"preparation, in {path}"
        )
