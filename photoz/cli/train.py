"""`photoz train`."""

from pathlib import Path
from typing import Any

import click

from photoz.cli.output import json_option, print_json, print_table

SCORES = ("log_score", "crps", "pit_ks")


@click.command("train")
@click.argument("simulation", metavar="SIM")
@click.option(
    "--model",
    type=click.Choice(["mdn", "flow", "both", "joint"]),
    default="both",
    show_default=True,
    help="Which estimator. joint learns redshift, mass, star formation and dust together, for "
    "`photoz predict-joint`; both are the two of redshift alone.",
)
@click.option(
    "--preset",
    type=click.Choice(["quick", "standard", "best"]),
    default="standard",
    show_default=True,
    help="Length and size: both models take about 2, 16 and 35 minutes on two cores.",
)
@click.option(
    "--noise",
    type=click.Path(),
    help="Noise model of the survey (`photoz noise fit`), or a shipped name. Default: "
    "the one shipped for the survey that SIM was made for.",
)
@click.option(
    "--members",
    default=1,
    show_default=True,
    type=int,
    help="Networks of each estimator, trained one after the other from different random weights; "
    "their densities are averaged. M of them take M times as long.",
)
@click.option("--seed", default=0, show_default=True, type=int, help="Of everything random.")
@click.option("--steps", type=int, help="Optimiser steps of each estimator, instead of the preset.")
@click.option("--width", type=int, help="Width of the network, instead of the preset.")
@click.option(
    "--learning-rate", type=float, help="Peak of the rate, instead of 0.0015; less if it diverges."
)
@click.option(
    "--begin",
    type=click.Path(),
    help="Folder of models, or a shipped name, to go on from instead of random weights: the same "
    "bands and range of redshift under another noise or recipe.",
)
@click.option(
    "--prior",
    type=click.Choice(["proposal", "target"]),
    default="proposal",
    show_default=True,
    help="Learn the redshifts as simulated, or weighted towards the recipe's own population.",
)
@click.option("--out", required=True, type=click.Path(), help="Folder for the models.")
@click.option("--workspace", type=click.Path(), help="Whose runs list shows the run.")
@click.option("--detach", is_flag=True, help="Start the run and return at once.")
@json_option
def command(
    simulation: str, noise: str | None, out: str, workspace: str | None, **options: Any
) -> None:
    """Train the estimators on a simulated catalogue, with fresh noise in every batch.

    The models appear as OUT/mdn.safetensors, OUT/flow.safetensors, OUT/joint.safetensors, further
    members of an ensemble as OUT/mdn-2.safetensors and so on. The work is a run of its own, in
    OUT/run: Ctrl-C asks it to stop, `photoz runs resume OUT` continues it exactly where it was.
    While it trains the bar shows the mean log density of held-out galaxies.
    """
    from photoz.jobs import default_workspace, register, start
    from photoz.jobs.registry import RUN_FOLDER
    from photoz.noise.files import find_noise
    from photoz.train.request import check_request, shipped_noise

    chosen = find_noise(noise) if noise else shipped_noise(simulation)
    config = _config(simulation, str(chosen), out, options)
    run_dir = Path(config.out) / RUN_FOLDER
    _refuse_existing_run(run_dir, out)
    check_request(config)
    start("train", config.to_dict(), run_dir)
    register(run_dir, "train", workspace or default_workspace())
    if options["detach"]:
        _print_started(run_dir, options["as_json"])
        return
    print_trained(follow_training(run_dir).result | {"run": str(run_dir)}, options["as_json"])


def follow_training(run_dir: Path) -> Any:
    """Follow a training run; the bar shows the last held-out log score."""
    from photoz.cli.follow import follow

    def note(row: dict[str, Any]) -> str:
        member = f" {row['member']}" if "member" in row else ""
        return f"{row['model']}{member} log score {row['val_log_score']:.3f}"

    return follow(run_dir, note)


def print_trained(result: dict[str, Any], as_json: bool) -> None:
    """Print what a finished training returned."""
    if as_json:
        print_json(result)
        return
    rows = [
        [_shown(kind, result), *(result[name][kind] for name in SCORES), path]
        for kind, path in result["models"].items()
    ]
    columns = ["model", "log score", "CRPS", "PIT KS", "file"]
    title = f"Trained in {result['seconds']:,.0f} s; scores on simulated galaxies held out"
    print_table(title, columns, rows)


def _shown(kind: str, result: dict[str, Any]) -> str:
    """Return the name of a model for people: with the number of members where there are several."""
    members = result.get("members", {}).get(kind, [])
    return f"{kind}, {len(members)} members" if members else kind


def _config(simulation: str, noise: str, out: str, options: dict[str, Any]) -> Any:
    """Return the configuration, its paths absolute: the worker has a folder of its own."""
    from photoz.models import find_models
    from photoz.train import preset_config

    changes = {k: options[k] for k in ("steps", "width", "learning_rate") if options[k] is not None}
    if options["begin"]:
        changes["begin"] = str(find_models(options["begin"]).absolute())
    models = ("mdn", "flow") if options["model"] == "both" else (options["model"],)
    return preset_config(
        options["preset"],
        str(Path(simulation).absolute()),
        str(Path(noise).absolute()),
        out=str(Path(out).absolute()),
        models=models,
        members=options["members"],
        seed=options["seed"],
        prior=options["prior"],
        **changes,
    )


def _refuse_existing_run(run_dir: Path, out: str) -> None:
    from photoz.errors import JobError
    from photoz.jobs import is_run, status

    if is_run(run_dir):
        raise JobError(
            f"{out} holds a training already ({status(run_dir).state}). `photoz runs resume "
            f"{out}` continues one that did not finish; else give another --out."
        )


def _print_started(run_dir: Path, as_json: bool) -> None:
    if as_json:
        print_json({"run": str(run_dir)})
    else:
        click.echo(f"Started {run_dir}; `photoz runs show {run_dir}` says how far it is.")
