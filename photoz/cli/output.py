"""What commands print: a table for people, or one JSON object as the last line."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import click

from photoz.plainjson import plain

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object as the last line."
)


def print_json(result: Mapping[str, Any]) -> None:
    """Print `result` as one line of JSON."""
    click.echo(json.dumps(plain(result), default=str))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right")
    for row in rows:
        table.add_row(*map(_shown, row))
    Console().print(table)


def _shown(value: Any) -> str:
    """Return a value as a table has it: four digits, a dash for what is not there."""
    if not isinstance(value, float):
        return str(value)
    return "-" if math.isnan(value) else f"{value:.4g}"
