"""`photoz doctor`."""

import sys

import click

from photoz.cli.output import json_option, print_json, print_table


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Say what is installed, what is missing and what that costs; exit code 1 if not healthy."""
    from photoz.doctor import examine

    report = examine()
    if as_json:
        print_json(report)
    else:
        print_table("Versions", ("package", "version"), sorted(report["versions"].items()))
        click.echo(f"JAX devices: {', '.join(report['devices'])}; {report['cores']} cores")
        click.echo(f"FSPS: {report['fsps']}")
        for line in report["notes"]:
            click.echo(f"note: {line}")
        for line in report["problems"] or ["No problems found."]:
            click.echo(line)
    sys.exit(0 if report["ok"] else 1)
