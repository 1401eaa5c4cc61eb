"""The command group: names and one-line helps here, code imported on use."""

import importlib
import os
import sys
from typing import Any

import click

from photoz.errors import PhotozError

# name -> (module, one-line help), in the order of the pipeline
COMMANDS: dict[str, tuple[str, str]] = {
    "app": ("photoz.cli.app", "Open the dashboard in the browser."),
    "ssp": ("photoz.cli.ssp", "Build the grid of simple stellar populations."),
    "survey": ("photoz.cli.survey", "Check the bands and curves of a survey file."),
    "prior": ("photoz.cli.prior", "Show what a recipe draws: the prior of every posterior."),
    "simulate": ("photoz.cli.simulate", "Simulate galaxies from a recipe."),
    "noise": ("photoz.cli.noise", "Fit a survey's noise, or apply it to a simulation."),
    "import": ("photoz.cli.import_", "Read any catalogue into the project's form."),
    "train": ("photoz.cli.train", "Train the MDN and the flow on a simulation."),
    "runs": ("photoz.cli.runs", "List, show, cancel, resume or delete runs."),
    "predict": ("photoz.cli.predict", "Give every galaxy of a catalogue its p(z)."),
    "predict-joint": (
        "photoz.cli.predict_joint",
        "Give every galaxy redshift, mass, star formation and dust.",
    ),
    "reprior": ("photoz.cli.reprior", "Put densities under another prior in redshift."),
    "nz": ("photoz.cli.nz", "Estimate the redshift distribution n(z) of a sample."),
    "calibrate": ("photoz.cli.calibrate", "Fit flux and error offsets on spectroscopic redshifts."),
    "import-result": (
        "photoz.cli.import_result",
        "Bring another code's redshifts beside ours.",
    ),
    "evaluate": ("photoz.cli.evaluate", "Score posteriors against spectroscopic redshifts."),
    "benchmark": ("photoz.cli.benchmark", "Run a fixed benchmark on real galaxies."),
    "doctor": ("photoz.cli.doctor", "Say what is installed, what is missing and what that costs."),
}


class LazyGroup(click.Group):
    """A click group whose commands are modules with a `command` object."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of the pipeline."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(COMMANDS[cmd_name][0]).command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest commands when one is mistyped."""
        import difflib

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(
                f"There is no command {args[0]!r}.{hint} `photoz --help` lists them all."
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands, in the order of the work"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="photoz")
def cli() -> None:
    """Photometric redshifts with full posteriors: simulate, train, predict, calibrate, judge."""


def main(argv: list[str] | None = None) -> None:
    """Run the command line; print errors as one sentence.

    Exit codes: 2 for an explained error, 1 for a fault of ours, whose traceback goes to a file.
    """
    code: Any = 0
    try:
        code = cli.main(args=argv, standalone_mode=False)
    except PhotozError as error:
        click.echo(f"photoz: {error}", err=True)
        sys.exit(2)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"photoz: {error.format_message()}{_usage_hint(error)}", err=True)
        sys.exit(2)
    except click.exceptions.Abort:
        click.echo("photoz: stopped.", err=True)
        sys.exit(130)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BrokenPipeError:  # the reader, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        click.echo(f"photoz: {_fault(error)}", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _usage_hint(error: click.ClickException) -> str:
    """Return where the usage of a command is told, unless the sentence says it itself."""
    context = getattr(error, "ctx", None)
    if context is None or "--help" in error.format_message():
        return ""
    command = context.command_path.split(maxsplit=1)[1:]
    return f" `{' '.join(['photoz', *command])} --help` shows how it is used."


def _fault(error: Exception) -> str:
    """Return the sentence on an error that nobody foresaw; its traceback goes to a file."""
    import tempfile
    import traceback

    what = f"{type(error).__name__}: {error}".rstrip(": ")
    if isinstance(error, MemoryError):
        return "The machine has too little memory for this. Free some, or give fewer galaxies."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be read or written: {error.strerror}."
    with tempfile.NamedTemporaryFile(
        "w", prefix="photoz-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return f"This is a fault of photoz, not yours: {what}. {file.name} has the details to report."
