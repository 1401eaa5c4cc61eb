"""Tables of point estimates (CSV, ECSV, Parquet, FITS), and of spectroscopic redshifts by id."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from photoz.catalogue.checks import as_numbers
from photoz.catalogue.tables import read_table
from photoz.errors import InputError
from photoz.infer.imports.found import Found, ids_of, positive_or_nan
from photoz.infer.imports.lephare import read_lephare_table
from photoz.infer.imports.names import NAMES, named


class KnownRedshifts(NamedTuple):
    """Spectroscopic redshifts by id.

    Attributes:
        ids: whole numbers or text, (n,).
        z_spec: NaN where unknown, (n,).
    """

    ids: np.ndarray
    z_spec: np.ndarray


def read_points(path: Path) -> Found:
    """Read a table with an id and a redshift, and an interval and z_spec where it has them.

    Columns are known by the names of `photoz.infer.imports.names`; redshifts of 0 or less are
    marks of an unknown one.

    Raises:
        InputError: no column of ids or of redshifts.
    """
    table = read_table(path)
    theirs = read_lephare_table(table, path)
    if theirs is not None:
        return theirs
    columns = {name: values for name, values in table.columns.items() if values.ndim == 1}
    ids, point = named(columns, "id"), named(columns, "z_point")
    if ids is None or point is None:
        lacking = "z_point" if ids is not None else "id"
        raise InputError(
            f"{path} is not a posterior file of `photoz predict`, and no table of redshifts either:"
            f" it has no column {lacking} (or {', '.join(NAMES[lacking][1:])}). Its columns are "
            f"{_shown(columns)}."
        )
    number = lambda name: positive_or_nan(as_numbers(columns[name], name, str(path)))  # noqa: E731
    also = {key: named(columns, key) for key in ("z_median", "z_lo68", "z_hi68", "z_spec")}
    known = {key: number(name) for key, name in also.items() if name and name != point}
    return Found(
        code="table",
        ids=ids_of(columns[ids]),
        z_point=number(point),
        z_spec=known.pop("z_spec", None),
        summaries=known,
        notes=(f"The point is {point}.",),
    )


def known_redshifts(path: str | Path) -> KnownRedshifts:
    """Read ids and spectroscopic redshifts of any table that has both, a catalogue for one.

    Raises:
        InputError: it has not.
        CatalogueError: it is no table.
    """
    columns = read_table(path).columns
    known = _redshifts_of(columns, path)
    if known is None:
        raise InputError(
            f"{path} cannot give redshifts by id: it has no column "
            f"{'id' if named(columns, 'id') is None else 'z_spec'}. Its columns are "
            f"{_shown(columns)}."
        )
    return known


def redshifts_if_any(path: str | Path) -> KnownRedshifts | None:
    """As `known_redshifts`; None where the table has no redshifts or no ids."""
    return _redshifts_of(read_table(path).columns, path)


def _redshifts_of(columns: dict[str, np.ndarray], path: str | Path) -> KnownRedshifts | None:
    ids, z_spec = named(columns, "id"), named(columns, "z_spec")
    if ids is None or z_spec is None:
        return None
    values = as_numbers(columns[z_spec], z_spec, str(path))
    return KnownRedshifts(ids_of(columns[ids]), positive_or_nan(values))


def _shown(columns: dict[str, np.ndarray]) -> str:
    return ", ".join(list(columns)[:8]) + (", ..." if len(columns) > 8 else "")
