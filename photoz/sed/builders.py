"""Builders of SSP grids by source name."""

from collections.abc import Callable
from pathlib import Path

from photoz.errors import GridError
from photoz.sed.fsps_process import Progress, silent
from photoz.sed.grid import SSPGrid

Builder = Callable[[Path | None, float, float, Progress], SSPGrid]


def _bc03(folder: Path | None, first_aa: float, last_aa: float, progress: Progress) -> SSPGrid:
    from photoz.sed.build_bc03 import build_bc03

    grid = build_bc03(folder, first_aa, last_aa)
    progress(1, 1)
    return grid


def _fsps(folder: Path | None, first_aa: float, last_aa: float, progress: Progress) -> SSPGrid:
    from photoz.sed.build_fsps import build_fsps

    return build_fsps(folder, first_aa, last_aa, progress)


BUILDERS: dict[str, Builder] = {"bc03": _bc03, "fsps": _fsps}


def build_grid(
    source: str,
    folder: Path | None,
    first_aa: float,
    last_aa: float,
    progress: Progress = silent,
) -> SSPGrid:
    """Build a grid with the builder of that name.

    Args:
        source: name of the builder.
        folder: where its source files lie; default where the builder finds them itself.
        first_aa: first rest wavelength in angstrom.
        last_aa: last rest wavelength in angstrom.
        progress: told (done, total) while it is built.

    Raises:
        GridError: no such builder, or its source files are missing.
    """
    if source not in BUILDERS:
        raise GridError(f"There is no SSP builder {source!r}; known: {', '.join(BUILDERS)}.")
    if not 5 < first_aa < 900 or not 2_000 < last_aa < 3.6e6:
        raise GridError(
            f"The range {first_aa:g}..{last_aa:g} A is not usable: the first wavelength must lie "
            "in 5..900 A and the last in 2000..3.6e6 A."
        )
    return BUILDERS[source](folder, first_aa, last_aa, progress)
