"""What kind of result a file is, told by its content."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from photoz.errors import InputError
from photoz.infer.imports import eazy, eazy_py, lephare, qp_file
from photoz.infer.peers import is_peer_file

FORMATS = {
    "photoz": "a file of `photoz predict`",
    "peer": "a file of `photoz import-result`",
    "lephare": "LePHARE's output catalogue, .prob or .pdz",
    "eazy": "EAZY's .zout",
    "eazy-py": "eazy-py's .zout.fits, .data.fits or HDF5",
    "qp": "an ensemble of qp",
    "table": "a table with id and z_phot (CSV, ECSV, Parquet, FITS)",
}
READABLE = "; ".join(FORMATS.values())
_HEAD_BYTES = 1 << 16


def format_of(path: Path) -> str:
    """Return the key of `FORMATS` that a file is of.

    Raises:
        InputError: it is not there, or of none of these kinds.
    """
    if qp_file.has_parts(path):
        return "qp"
    if path.is_dir():
        raise InputError(f"{path} is a folder, expected a result: name the file inside it.")
    if not path.is_file():
        raise InputError(
            f"There is no posterior file {path}, nor another result of that name: check the name "
            "and its folder."
        )
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head:
        raise InputError(f"{path} is empty (0 bytes): write it again or copy it again.")
    if head[:4] == b"PAR1" or path.suffix in (".parquet", ".pq"):
        return _of_parquet(path)
    if head[:4] == b"\x89HDF":
        return _of_hdf5(path)
    if head[:6] == b"SIMPLE" or path.name.lower().endswith(".fits.gz"):
        return _of_fits(path)
    if b"\0" in head:
        raise InputError(_unknown(path, _remedy_of_binary(path)))
    return _of_text(path, head.decode("utf-8", "replace"))


def _of_parquet(path: Path) -> str:
    if is_peer_file(path):
        return "peer"
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path} is not a readable Parquet file ({error}).") from error
    return "photoz" if b"photoz_posterior" in metadata else "table"


def _of_hdf5(path: Path) -> str:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if "fit/chi2_fit" in file and "cat/id" in file:
                return "eazy-py"
            if "meta" in file and "data" in file:
                return "qp"
    except OSError as error:
        raise InputError(f"{path} is not a readable HDF5 file ({error}).") from error
    raise InputError(
        _unknown(path, "It has neither fit/chi2_fit (eazy-py) nor meta and data (qp).")
    )


def _of_fits(path: Path) -> str:
    from astropy.io import fits

    try:
        with fits.open(path) as units:
            names = {str(row[1]).upper() for row in units.info(output=False) or ()}
            if {"ZGRID", "CHI2"} <= names:
                return "eazy-py"
            if {"META", "DATA"} <= names:
                return "qp"
            tables: list[Any] = [unit for unit in units if isinstance(unit, fits.BinTableHDU)]
            if tables and eazy_py.is_zout_table(tables[0].columns.names):
                return "eazy-py"
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not a readable FITS file ({error}).") from error
    return "table"


def _of_text(path: Path, text: str) -> str:
    if eazy.is_zout(text):
        return "eazy"
    if lephare.is_output(text) or lephare.is_prob(text) or path.suffix == ".pdz":
        return "lephare"
    if text.startswith("# z chi2"):
        raise InputError(
            f"{path} is EAZY's p(z) of one galaxy: give the .zout catalogue beside it, which names "
            "them all."
        )
    if path.suffix.lower() in (".csv", ".ecsv"):
        return "table"
    raise InputError(_unknown(path, "A table of text needs a name that ends in .csv or .ecsv."))


def _remedy_of_binary(path: Path) -> str:
    if path.suffix in (".pz", ".zbin", ".tempfilt", ".coeff"):
        return "EAZY's binary files do not hold p(z): give the .zout beside it (POFZ_FILE = y)."
    return "It is binary."


def _unknown(path: Path, why: str) -> str:
    return f"{path} is not a result that can be read. {why} Read are: {READABLE}."
