"""`photoz prior`."""

import click

from photoz.cli.output import json_option, print_json, print_table


@click.command("prior")
@click.argument("recipe")
@click.option("--n", default=20_000, show_default=True, type=int, help="Galaxies to draw.")
@click.option("--seed", default=0, show_default=True, type=int, help="Seed of the draws.")
@click.option("--plot", type=click.Path(), help="Page with the pictures to write (.html).")
@json_option
def command(recipe: str, n: int, seed: int, plot: str | None, as_json: bool) -> None:
    """Show what RECIPE (a shipped name or a TOML file) draws: the prior of every posterior.

    Percentiles are of the target population: the weights of the draws are applied.
    """
    from photoz.jobs.targets import check_target

    if plot:
        check_target(plot, suffixes=(".html",))
    from photoz.simulate import load_recipe
    from photoz.simulate.prior import LABELS, sample_prior

    sample = sample_prior(load_recipe(recipe), n, seed)
    summary = sample.summary()
    if plot:
        # the pictures are those of the page; the engine itself draws nothing
        from dashboard.plots.prior import prior_page
        from photoz.atomic import write_text

        write_text(plot, prior_page(sample))
    if as_json:
        print_json(
            {
                "n": sample.n,
                "effective_n": sample.effective_n,
                "kept_share": sample.kept_share,
                "band": sample.band,
                "quantities": summary,
                "path": plot,
            }
        )
        return
    print_table(
        f"{sample.recipe.name}: {sample.n} galaxies, {100 * sample.kept_share:.0f} % of all drawn "
        f"pass; weights leave {sample.effective_n:.0f} effective ones",
        ("quantity", "16 %", "median", "84 %"),
        [
            (LABELS[name] + (f", {sample.band}" if name == "magnitude" else ""), *row.values())
            for name, row in summary.items()
        ],
    )
    if plot:
        click.echo(f"Pictures in {plot}")
