"""The real sets of the benchmark: which file, which model, which folds, which peers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from photoz.errors import InputError

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue
    from photoz.infer import Posterior

DATA_VARIABLE = "PHOTOZ_DATA"


@dataclass(frozen=True)
class RealSet:
    """A set of real galaxies with spectroscopic redshifts.

    Attributes:
        name: as the command line takes it.
        file: stem of the Parquet file in the data folder.
        model: name of the shipped model folder.
        title: what people read.
        folds: a galaxy is held out with all others of the same id modulo this number.
        without: by subset name, ids that the subset leaves out.
    """

    name: str
    file: str
    model: str
    title: str
    folds: int = 10
    without: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


SETS: Mapping[str, RealSet] = {
    "cosmos100": RealSet(
        name="cosmos100",
        file="cosmos2020_first100",
        model="cosmos2020",
        title="100 COSMOS2020 galaxies",
        # both LePHARE and EAZY fail on these five; their z_spec may be wrong
        without={"clean": (5, 12, 52, 61, 76)},
    ),
}


def find_set(name: str) -> RealSet:
    """Return a benchmark set by name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in SETS:
        raise InputError(f"There is no benchmark {name!r}. Benchmarks: {', '.join(SETS)}.")
    return SETS[name]


def data_dir(given: str | Path | None = None) -> Path:
    """Return the folder of the real sets.

    Raises:
        InputError: it was not given, or does not exist.
    """
    folder = given or os.environ.get(DATA_VARIABLE)
    if not folder:
        raise InputError(
            "The real galaxies of the benchmarks are not shipped (their licences differ): give "
            f"their folder with --data DIR or in the variable {DATA_VARIABLE}."
        )
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise InputError(f"The data folder {path} does not exist. Give another with --data DIR.")
    return path


def read_set(real: RealSet, folder: Path) -> "Catalogue":
    """Read the galaxies of a set.

    Raises:
        InputError: the file is not in the folder.
        CatalogueError: it cannot be read as a catalogue.
    """
    from photoz.catalogue import read_catalogue

    path = folder / f"{real.file}.parquet"
    if not path.is_file():
        raise InputError(
            f"{folder} has no {path.name}, which the benchmark {real.name} reads. "
            f"Give the folder that holds it with --data DIR or in {DATA_VARIABLE}."
        )
    return read_catalogue(path)


def read_peers(real: RealSet, folder: Path) -> list["Posterior"]:
    """Read the saved posteriors of other codes for the set; none where none are saved."""
    from photoz.infer import read_peer

    files = sorted((folder / "peers").glob(f"{real.file}_*.parquet"))
    return [read_peer(path, estimator=path.stem.removeprefix(f"{real.file}_")) for path in files]
