"""Read any table file into plain numpy columns: Parquet, ECSV, CSV, FITS; nothing is unpickled."""

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from photoz.errors import CatalogueError

UNIT_KEY = b"unit"
METADATA_KEY = "photoz"


@dataclass(frozen=True)
class Table:
    """A table in memory.

    Attributes:
        columns: (n, ...) arrays by name: numbers (missing = NaN), bool, or text.
        metadata: what the file says about itself; `photoz` holds the provenance record of files
            the project wrote.
        units: unit of a column as the file states it, by column name; absent where it does not.
    """

    columns: dict[str, np.ndarray]
    metadata: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), ()))


def read_table(path: str | Path) -> Table:
    """Read a table; its kind is told by the end of its name.

    Args:
        path: a .parquet, .ecsv, .csv or .fits file (.fits.gz too; the first table in it).

    Raises:
        CatalogueError: the file is missing, empty, damaged, of an unknown kind, or without rows.
    """
    path = Path(path)
    if path.is_dir():
        raise CatalogueError(f"{path} is a folder, expected a table file: name the file inside it.")
    if not path.is_file():
        raise CatalogueError(f"{path} does not exist: check the name of the file and its folder.")
    reader = _reader(path)
    if path.stat().st_size == 0:
        raise CatalogueError(f"{path} is empty (0 bytes): write it again or copy it again.")
    table = reader(path)
    if not table.columns or table.n == 0:
        raise CatalogueError(f"{path} is a table without rows: expected one row per galaxy.")
    return table


def _reader(path: Path) -> Callable[[Path], Table]:
    """The function that reads files of this name."""
    name = path.name.lower()
    for endings, reader in (
        ((".parquet", ".pq"), _read_parquet),
        ((".ecsv",), _read_ecsv),
        ((".csv",), _read_csv),
        ((".fits", ".fit", ".fits.gz"), _read_fits),
    ):
        if name.endswith(endings):
            return reader
    raise CatalogueError(
        f"{path} is of no known kind (its name ends in {path.suffix or 'nothing'!r}); expected "
        ".parquet, .ecsv, .csv or .fits. Convert it, or rename it if it is one of these."
    )


def _damaged(path: Path, kind: str, error: object) -> CatalogueError:
    said = " ".join(str(error).split())[:200]
    return CatalogueError(
        f"{path} cannot be read as {kind}: it is damaged, cut short or something else ({said}). "
        "Copy or download it again, and check that its name ends as its content is."
    )


def _read_parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # not the dataset reader: it takes folders named a=b for columns and leaves threads behind
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, "Parquet", error) from error
    units = {
        entry.name: entry.metadata[UNIT_KEY].decode()
        for entry in table.schema
        if entry.metadata and UNIT_KEY in entry.metadata
    }
    metadata = {
        key.decode(errors="replace"): value.decode(errors="replace")
        for key, value in (table.schema.metadata or {}).items()
        if key not in (b"pandas", b"ARROW:schema")
    }
    return Table(_arrow_columns(table, path), _with_record(metadata), units)


def _read_csv(path: Path) -> Table:
    import pyarrow as pa
    from pyarrow import csv

    with path.open("rb") as stream:
        if stream.readline().startswith(b"# %ECSV"):
            return _read_ecsv(path)
    try:
        table = csv.read_csv(
            path, convert_options=csv.ConvertOptions(null_values=["", "NA", "NaN", "nan", "null"])
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, "CSV", error) from error
    return Table(_arrow_columns(table, path))


def _arrow_columns(table: Any, path: Path) -> dict[str, np.ndarray]:
    """Columns of a pyarrow table as numpy arrays; nulls become NaN, in text empty."""
    import pyarrow as pa

    twice = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if twice:
        raise CatalogueError(
            f"{path} has more than one column named {', '.join(twice)}: rename all but one."
        )
    columns = {}
    for name in table.column_names:
        column = table[name]
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if pa.types.is_null(kind):
            columns[name] = np.full(len(column), np.nan)
        elif pa.types.is_decimal(kind):
            columns[name] = column.cast(pa.float64()).to_numpy()
        elif pa.types.is_boolean(kind) and column.null_count:
            columns[name] = column.cast(pa.int8()).to_numpy()
        elif pa.types.is_temporal(kind):
            texts = ["" if value is None else str(value) for value in column.to_pylist()]
            columns[name] = np.array(texts, dtype=np.str_)
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            columns[name] = np.array([text or "" for text in column.to_pylist()], dtype=np.str_)
        else:
            columns[name] = column.to_numpy()
    return columns


def _read_ecsv(path: Path) -> Table:
    from astropy.table import Table as AstropyTable

    try:
        table = AstropyTable.read(path, format="ascii.ecsv")
    except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
        raise _damaged(path, "ECSV", error) from error
    return _from_astropy(table)


def _read_fits(path: Path) -> Table:
    from astropy.io import fits
    from astropy.table import Table as AstropyTable
    from astropy.utils.exceptions import AstropyUserWarning

    try:
        with warnings.catch_warnings():
            # astropy only warns of a file that was cut short, then gives what is left of it
            warnings.filterwarnings("error", message=".*truncated.*", category=AstropyUserWarning)
            warnings.filterwarnings("ignore", category=fits.verify.VerifyWarning)
            with fits.open(path, memmap=False) as units:
                tables = [unit for unit in units if isinstance(unit, fits.BinTableHDU)]
                tables += [unit for unit in units if type(unit) is fits.TableHDU]
                if not tables:
                    raise CatalogueError(
                        f"{path} holds no table: it has only images or headers, or is cut "
                        "short. Name the catalogue file, or copy it again."
                    )
                table = AstropyTable.read(tables[0], format="fits")
    except (OSError, ValueError, TypeError, KeyError, IndexError, AstropyUserWarning) as error:
        raise _damaged(path, "FITS", error) from error
    return _from_astropy(table)


def _from_astropy(table: Any) -> Table:
    """Columns of an astropy table; masked numbers become NaN, bytes become text."""
    columns: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}
    for name in table.colnames:
        column = table[name]
        unit = getattr(column, "unit", None)
        if unit is not None and str(unit):
            units[name] = str(unit)
        columns[name] = _plain(column)
    metadata = {str(key).lower(): value for key, value in table.meta.items()}
    return Table(columns, _with_record(metadata), units)


def _plain(column: Any) -> np.ndarray:
    """One astropy column (or quantity, or masked column) as a native numpy array."""
    value = getattr(column, "value", column)
    mask = np.ma.getmaskarray(value) if np.ma.isMaskedArray(value) else None
    array = np.asarray(np.ma.getdata(value))
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    elif array.dtype.kind == "O":
        array = array.astype(np.str_)
    elif array.dtype.kind in "iufb":
        # FITS is big-endian; what follows is not
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if mask is not None and mask.any():
        if array.dtype.kind in "iufb":
            array = np.where(mask, np.nan, array.astype(float))
        else:
            array = np.where(mask, "", array)
    return array


def _with_record(metadata: dict[str, Any]) -> dict[str, Any]:
    """Metadata whose `photoz` entry, if any, is the record instead of its JSON text."""
    text = metadata.get(METADATA_KEY)
    if isinstance(text, str):
        try:
            return {**metadata, METADATA_KEY: json.loads(text)}
        except json.JSONDecodeError:
            return {**metadata, METADATA_KEY: {}}
    return metadata
