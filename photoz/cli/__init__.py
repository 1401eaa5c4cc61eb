"""The command line: `photoz COMMAND ...`; each command is imported only when it is called."""

from photoz.cli.group import main

__all__ = ["main"]
