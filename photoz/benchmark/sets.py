"""The real sets of the benchmark: which file, which model, which folds, which peers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from photoz.assets import asset_path
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
        folds: a galaxy is held out with all others of the same id modulo this number; 0 where
            offsets are fitted on `n_calibrate` galaxies and the others are scored.
        n_calibrate: that number.
        centre: what the ridge of the offsets pulls to, as in `photoz.calibrate.Plan`.
        shipped: the file is a demonstration's, found without a data folder.
        caveat: what the reader of the scores must know.
        without: by subset name, ids that the subset leaves out.
    """

    name: str
    file: str
    model: str
    title: str
    folds: int = 10
    n_calibrate: int = 0
    centre: str = "none"
    shipped: bool = False
    caveat: str = ""
    without: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


SETS: Mapping[str, RealSet] = {
    "cosmos100": RealSet(
        name="cosmos100",
        file="cosmos2020_first100",
        model="cosmos2020",
        title="100 COSMOS2020 galaxies",
        centre="sed",
        # both LePHARE and EAZY fail on these five; their z_spec may be wrong
        without={"clean": (5, 12, 52, 61, 76)},
    ),
    "hdfn": RealSet(
        name="hdfn",
        file="hdfn_fs99",
        model="hdfn",
        title="114 galaxies of the Hubble Deep Field North",
        caveat="One to three of these redshifts of the 1990s are known to be wrong.",
    ),
    "vvds": RealSet(
        name="vvds",
        file="vvds_deep",
        model="vvds-megacam",
        title="VVDS Deep in MegaCam ugriz",
        folds=0,
        n_calibrate=500,
        centre="sed",
        caveat="Five bands of AUTO magnitudes, Milky Way extinction presumably not corrected; 1 to "
        "5 % of the redshifts are wrong.",
    ),
    "highz": RealSet(
        name="highz",
        file="cosmos2020_highz_half",
        model="cosmos2020",
        title="COSMOS2020 galaxies above z = 2.5",
        folds=0,
        n_calibrate=500,
        caveat="A stress test: errors as in the catalogue, too small; every flux below zero was "
        "turned into a limit; no quality flags. Other codes have 25 to 36 % outliers on the "
        "sample's other half.",
    ),
    "sdss": RealSet(
        name="sdss",
        file="sdss-2mass",
        model="sdss-2mass",
        title="SDSS + 2MASS galaxies",
        folds=0,
        n_calibrate=500,
        centre="sed",
        shipped=True,
        caveat="Model magnitudes of SDSS beside total ones of 2MASS.",
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


def read_set(real: RealSet, folder: Path | None) -> "Catalogue":
    """Read the galaxies of a set; a shipped one needs no folder.

    Raises:
        InputError: the file is not in the folder.
        CatalogueError: it cannot be read as a catalogue.
    """
    from photoz.catalogue import read_catalogue

    if real.shipped:
        return read_catalogue(asset_path("data", f"{real.file}.parquet"))
    folder = data_dir(folder)
    path = folder / f"{real.file}.parquet"
    if not path.is_file():
        raise InputError(
            f"{folder} has no {path.name}, which the benchmark {real.name} reads. "
            f"Give the folder that holds it with --data DIR or in {DATA_VARIABLE}."
        )
    return read_catalogue(path)


def read_peers(real: RealSet, folder: Path | None) -> list["Posterior"]:
    """Read the saved posteriors of other codes for the set; none where none are saved."""
    from photoz.infer import read_peer

    if real.shipped or folder is None:
        return []

    files = sorted((folder / "peers").glob(f"{real.file}_*.parquet"))
    return [read_peer(path, estimator=path.stem.removeprefix(f"{real.file}_")) for path in files]
