"""Copies of a folder of models with something added: networks as they were, a new folder."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from photoz.atomic import atomic_path
from photoz.errors import InputError, PhotozError
from photoz.models.files import TrainedModel, load_members, save_model


def models_to_copy(folder: Path, out: Path) -> dict[str, TrainedModel]:
    """Return the models of a folder by the names of their files, members one by one.

    Raises:
        InputError: `out` holds files already.
        ModelError: the models cannot be read.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists already and is not an empty folder. Give another.")
    groups = load_members(folder).values()
    return {file.name: model for group in groups for file, model in group.items()}


def write_copies(folder: Path, out: Path, models: Mapping[str, TrainedModel]) -> list[Path]:
    """Write models under the names of their files, with the noise model that lies beside them."""
    out.mkdir(parents=True, exist_ok=True)
    noise = folder / "noise.json"
    if noise.is_file():
        with atomic_path(out / noise.name) as temporary:
            temporary.write_bytes(noise.read_bytes())
    return [save_model(model, out / name) for name, model in models.items()]


def copying_command(
    copy: Callable[[str, Path, Path], list[Path]], prog: str, about: str | None, argv: list[str]
) -> int:
    """Parse MODELS SIMULATION --out DIR, copy, print the files; returns the exit code."""
    parser = argparse.ArgumentParser(prog=prog, description=about)
    parser.add_argument("models", help="folder of models, or the name of shipped ones")
    parser.add_argument("simulation", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the copies")
    given = parser.parse_args(argv)
    try:
        for path in copy(given.models, given.simulation, given.out):
            print(path)
    except PhotozError as error:
        print(f"photoz: {error}", file=sys.stderr)
        return 2
    return 0
