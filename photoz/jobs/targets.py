"""Refuse a file that could not be written, before anything is computed."""

import os
from collections.abc import Sequence
from pathlib import Path

from photoz.errors import InputError


def check_target(path: str | Path, inputs: Sequence[str | Path] = ()) -> Path:
    """Return the path of a file to be written, after the checks that need no work.

    Args:
        path: of the file.
        inputs: what it is made from and must not replace.

    Raises:
        InputError: a folder, in a folder that does not exist or cannot be written, or an input.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder. Give the name of a file.")
    if not path.parent.is_dir():
        raise InputError(
            f"Cannot write {path}: the folder {path.parent} does not exist. Create it first."
        )
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"Cannot write {path}: no permission to write in {path.parent}.")
    if any(path.resolve() == Path(given).resolve() for given in inputs):
        raise InputError(f"{path} is also an input; it would be lost. Give another --out.")
    return path
