"""Refuse what a job could not do, before anything is computed: its target, its entries."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from photoz.errors import InputError


def check_target(
    path: str | Path, inputs: Sequence[str | Path] = (), suffixes: Sequence[str] = ()
) -> Path:
    """Return the path of a file to be written, after the checks that need no work.

    Args:
        path: of the file.
        inputs: what it is made from and must not replace.
        suffixes: the endings that its name may have, "" for none; any by default.

    Raises:
        InputError: a folder, in a folder that does not exist or cannot be written, an input, or
            of another ending.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder. Give the name of a file.")
    if path.parent.exists() and not path.parent.is_dir():
        raise InputError(f"Cannot write {path}: {path.parent} is a file, not a folder.")
    if not path.parent.is_dir():
        raise InputError(
            f"Cannot write {path}: the folder {path.parent} does not exist. Create it first."
        )
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"Cannot write {path}: no permission to write in {path.parent}.")
    if suffixes and path.suffix.lower() not in suffixes:
        shown = [suffix for suffix in suffixes if suffix]
        ending = f"ends in {path.suffix!r}" if path.suffix else "has no ending"
        raise InputError(
            f"Cannot write {path}: its name {ending}; expected {', '.join(shown[:-1])}"
            f"{' or ' if shown[1:] else ''}{shown[-1]}."
        )
    if any(path.resolve() == Path(given).resolve() for given in inputs):
        raise InputError(f"{path} is also an input; it would be lost. Give another --out.")
    return path


def check_entries(
    config: dict[str, Any], known: tuple[str, ...], needed: tuple[str, ...], what: str
) -> None:
    """Refuse a job's configuration with unknown or missing entries.

    Raises:
        InputError: it has one; names them all.
    """
    unknown = sorted(set(config) - set(known))
    missing = [name for name in needed if config.get(name) is None]
    if unknown or missing:
        said = [f"unknown: {', '.join(unknown)}"] if unknown else []
        said += [f"missing: {', '.join(missing)}"] if missing else []
        raise InputError(
            f"The configuration of the {what} has entries that do not fit ({'; '.join(said)}). "
            f"Known: {', '.join(known)}."
        )
