"""Follow a run in the terminal: a bar with its last metrics; Ctrl-C asks the run to stop."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoz.errors import JobError

if TYPE_CHECKING:
    from photoz.jobs import RunStatus

STOP_PATIENCE_S = 60.0


def follow(run_dir: Path, note: Callable[[dict[str, Any]], str] = lambda row: "") -> "RunStatus":
    """Follow a run to its end and return its last status when it finished.

    Args:
        run_dir: the folder.
        note: what the bar says of the last line of metrics.

    Raises:
        JobError: it failed by an explained error, or was cancelled elsewhere.
        click.Abort: interrupted; the run was asked to stop first.
        click.exceptions.Exit: it failed by a fault of ours, code 1, said on standard error.
    """
    from photoz.jobs import wait

    try:
        with _bar(run_dir, note) as look:
            found = wait(run_dir, on_look=look, every_s=0.2)
    except KeyboardInterrupt:
        _stop(run_dir)
        raise click.Abort from None
    if found.state == "finished":
        return found
    again = f"`photoz runs resume {run_dir}` continues it from its last checkpoint."
    if found.state == "cancelled":
        raise JobError(f"The run {run_dir} was cancelled at {found.done} of {found.total}. {again}")
    if found.state == "failed" and found.explained:
        raise JobError(found.message)
    click.echo(f"photoz: the run {run_dir} {found.state}: {found.message} {again}", err=True)
    raise click.exceptions.Exit(1)


def _stop(run_dir: Path) -> None:
    """Ask the run to stop and wait for it; a second Ctrl-C leaves it to stop by itself."""
    from photoz.jobs import request_stop, wait

    click.echo("photoz: asking the run to stop at its next safe point.", err=True)
    request_stop(run_dir)
    found = wait(run_dir, timeout_s=STOP_PATIENCE_S)
    if found.active:
        click.echo(f"photoz: it is still busy; `photoz runs cancel {run_dir}` insists.", err=True)
    elif found.state != "finished":
        click.echo(
            f"photoz: stopped at {found.done} of {found.total}. "
            f"`photoz runs resume {run_dir}` continues it.",
            err=True,
        )


@contextmanager
def _bar(
    run_dir: Path, note: Callable[[dict[str, Any]], str]
) -> Iterator[Callable[["RunStatus"], None]]:
    """Yield `look(status)`, which draws the run's progress and its last metrics."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    from photoz.jobs import read_metrics

    offset = 0
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Remaining(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task("Starting", total=None, note="")

        def look(found: "RunStatus") -> None:
            nonlocal offset
            rows, offset = read_metrics(run_dir, offset)
            if rows:
                bar.update(task, note=note(rows[-1]))
            bar.update(
                task,
                description=found.message if found.active and found.message else found.state,
                completed=found.done,
                total=found.total or None,
            )

        yield look
