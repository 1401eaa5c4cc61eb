"""`photoz runs list|show|cancel|resume|delete`: the jobs, the same that the dashboard shows."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoz.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from photoz.jobs import RunStatus

workspace_option = click.option(
    "--workspace",
    type=click.Path(),
    help="The workspace. Default: PHOTOZ_WORKSPACE, else ~/photoz-workspace.",
)


@click.group("runs")
def command() -> None:
    """List, show, cancel, resume or delete runs: the dashboard's and the command line's own.

    A RUN is an id of the list, a run folder, or a folder that a run made.
    """


def _run_command(name: str) -> Callable[[Callable[..., None]], click.Command]:
    """Return a decorator that makes a command on one run of a workspace."""

    def decorate(function: Callable[..., None]) -> click.Command:
        with_options = json_option(workspace_option(click.argument("run")(function)))
        return command.command(name)(with_options)

    return decorate


@command.command("list")
@workspace_option
@json_option
def list_(workspace: str | None, as_json: bool) -> None:
    """List the runs of a workspace, newest first."""
    from photoz.jobs import default_workspace, list_runs

    folder = Path(workspace or default_workspace())
    # a workspace that was never opened has no runs; one that was named must be there
    found = list_runs(folder) if workspace or folder.is_dir() else []
    if as_json:
        print_json({"runs": [run.to_dict() for run in found]})
    elif not found:
        click.echo(f"No runs in {folder}.")
    else:
        rows = [[r.id, r.kind, r.state, _share(r), _age(r.created), r.message] for r in found]
        print_table(str(folder), ["run", "kind", "state", "done", "started", "message"], rows)


@_run_command("show")
def show(run: str, workspace: str | None, as_json: bool) -> None:
    """Show one run: state, progress, configuration, last metrics."""
    from photoz.jobs import read_metrics, status
    from photoz.jobs.folder import read_config

    folder = _find(run, workspace)
    found = status(folder)
    metrics = read_metrics(folder)[0]
    config = read_config(folder)["config"]
    if as_json:
        shown = found.to_dict() | {"config": config, "metrics": metrics}
        print_json({"runs": [shown]})
        return
    facts = {
        "folder": folder.resolve(),
        "kind": found.kind,
        "state": found.state,
        "done": _share(found),
        "started": _age(found.created),
        "seconds": f"{found.seconds:,.0f} (attempt {found.attempt})",
        "message": found.message or "-",
    }
    last = metrics[-1] if metrics else {}
    rows = [*facts.items(), *(last | found.result | config).items()]
    print_table(found.id, ["entry", "value"], [[k, _short(v)] for k, v in rows])


@_run_command("cancel")
def cancel(run: str, workspace: str | None, as_json: bool) -> None:
    """Stop a run: ask, then insist. Its last checkpoint stays usable."""
    from photoz.errors import JobError
    from photoz.jobs import cancel as cancel_run
    from photoz.jobs import status

    folder = _find(run, workspace)
    before = status(folder)
    if not before.active:
        raise JobError(f"{folder} is {before.state}: there is nothing to cancel.")
    _print_one(cancel_run(folder), as_json)


@_run_command("resume")
@click.option("--detach", is_flag=True, help="Start it and return at once.")
def resume(run: str, workspace: str | None, as_json: bool, detach: bool) -> None:
    """Continue a failed, cancelled or lost run from its last checkpoint, and follow it."""
    from photoz.cli.follow import follow
    from photoz.cli.train import follow_training
    from photoz.jobs import resume as resume_run

    folder = _find(run, workspace)
    found = resume_run(folder)
    if not detach:
        found = follow_training(folder) if found.kind == "train" else follow(folder)
    _print_one(found, as_json)


@_run_command("delete")
def delete(run: str, workspace: str | None, as_json: bool) -> None:
    """Delete a run's folder; models and files it wrote elsewhere stay."""
    from dataclasses import replace

    from photoz.jobs import delete as delete_run
    from photoz.jobs import status

    folder = _find(run, workspace)
    found = status(folder)
    delete_run(folder)
    _print_one(replace(found, message="Deleted."), as_json)


def _find(run: str, workspace: str | None) -> Path:
    from photoz.jobs import default_workspace, find_run

    return find_run(run, workspace or default_workspace())


def _print_one(found: "RunStatus", as_json: bool) -> None:
    if as_json:
        print_json({"runs": [found.to_dict()]})
    else:
        click.echo(f"{found.id}: {found.state}, {_share(found)} done. {found.message}".rstrip())


def _share(found: "RunStatus") -> str:
    return f"{found.done / found.total:.0%}" if found.total else "-"


def _age(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def _short(value: Any) -> str:
    text = f"{value:.5g}" if isinstance(value, float) else str(value)
    return text if len(text) < 200 else text[:197] + "..."
