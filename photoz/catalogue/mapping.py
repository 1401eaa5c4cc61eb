"""Which columns of a foreign table are what: read from a TOML file, or guessed from own names."""

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from photoz.catalogue.checks import SENTINELS
from photoz.catalogue.tables import Table
from photoz.errors import CatalogueError, InputError

UNITS = ("ujy", "njy", "jy", "nanomaggy", "mag_ab")
FIELDS = ("id", "z_spec", "ra", "dec", "ebv_mw")
MAPPING_KEYS = {*FIELDS, "unit", "sentinels", "extra", "band"}
BAND_KEYS = {"name", "flux", "err", "uplim", "unit"}
EXAMPLE = "[[band]] name = 'hsc_g', flux = 'HSC_g_FLUX', err = 'HSC_g_FLUXERR', unit = 'ujy'"


@dataclass(frozen=True)
class BandColumns:
    """Where one band lies in a foreign table.

    Attributes:
        name: what the band is called here.
        flux: column of the fluxes or magnitudes.
        err: column of their errors.
        uplim: column of upper limits, or None.
        unit: one of `UNITS`; None takes the unit that the file states, else microjansky.
    """

    name: str
    flux: str
    err: str
    uplim: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Mapping:
    """Where everything lies in a foreign table.

    Attributes:
        fields: column of `id`, `z_spec`, `ra`, `dec`, `ebv_mw`, those that there are.
        bands: the bands, in order.
        sentinels: numbers that stand for a missing value.
        extra: further columns to keep under their names.
    """

    fields: dict[str, str]
    bands: tuple[BandColumns, ...]
    sentinels: tuple[float, ...] = SENTINELS
    extra: tuple[str, ...] = ()


def load_mapping(path: str | Path) -> Mapping:
    """Read a mapping.

    Raises:
        InputError: the file is missing, not TOML, or has an unknown, missing or wrong entry.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"Mapping {path} does not exist; write one with entries like {EXAMPLE}.")
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"Mapping {path} is not valid TOML ({error}).") from error
    _refuse_unknown(entries, MAPPING_KEYS, str(path))
    fields = {name: _text(entries, name, str(path)) for name in FIELDS if name in entries}
    listed = entries.get("band", [])
    if not isinstance(listed, list) or not listed:
        raise InputError(f"Mapping {path} names no band; expected entries like {EXAMPLE}.")
    unit = _unit(entries, str(path))
    bands = tuple(_band(entry, unit, i, str(path)) for i, entry in enumerate(listed))
    names = [band.name for band in bands]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"Mapping {path} has band {', '.join(twice)} twice: keep one of each.")
    sentinels, extra = entries.get("sentinels", SENTINELS), entries.get("extra", [])
    try:
        return Mapping(fields, bands, tuple(float(s) for s in sentinels), tuple(map(str, extra)))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Mapping {path}: sentinels must be a list of numbers and extra a list of column names."
        ) from error


def default_mapping(table: Table, where: str) -> Mapping:
    """Guess the mapping of a table with the project's own names, or mag_<band>, magerr_<band>.

    Raises:
        CatalogueError: no band can be told by the names.
    """
    names = list(table.columns)
    bands = []
    for flux, err, unit in (("flux_", "err_", None), ("mag_", "magerr_", "mag_ab")):
        for name in names:
            band = name.removeprefix(flux)
            if name.startswith(flux) and err + band in names:
                limit = f"uplim_{band}" if unit is None and f"uplim_{band}" in names else None
                bands.append(BandColumns(band, name, err + band, limit, unit))
        if bands:
            break
    if not bands:
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise CatalogueError(
            f"{where} has no columns flux_<band> with err_<band>, nor mag_<band> with "
            f"magerr_<band>; found {shown}. Say which columns are what with --mapping, a TOML file "
            f"with entries like {EXAMPLE}."
        )
    used = {c for b in bands for c in (b.flux, b.err, b.uplim)} | set(FIELDS)
    extra = tuple(n for n in names if n not in used and _carried(table.columns[n]))
    return Mapping({name: name for name in FIELDS if name in names}, tuple(bands), extra=extra)


def _carried(column: np.ndarray) -> bool:
    return column.ndim == 1 and column.dtype.kind in "iufbU"


def check_columns(mapping: Mapping, table: Table, where: str) -> None:
    """Refuse a mapping that names columns the table does not have.

    Raises:
        CatalogueError: naming the columns that are nearest in spelling.
    """
    wanted: Sequence[str | None] = [
        *mapping.fields.values(),
        *mapping.extra,
        *(column for b in mapping.bands for column in (b.flux, b.err, b.uplim)),
    ]
    for column in wanted:
        if column is not None and column not in table.columns:
            near = difflib.get_close_matches(column, table.columns, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            raise CatalogueError(
                f"{where} has no column {column}, which the mapping names{hint} It has "
                f"{len(table.columns)} columns. Correct the mapping."
            )


def _band(entry: Any, unit: str | None, index: int, where: str) -> BandColumns:
    where = f"{where}, band {index + 1}"
    if not isinstance(entry, dict):
        raise InputError(f"{where}: expected a table like {EXAMPLE}.")
    _refuse_unknown(entry, BAND_KEYS, where)
    for key in ("name", "flux", "err"):
        if key not in entry:
            raise InputError(f"{where} has no {key}; expected an entry like {EXAMPLE}.")
    return BandColumns(
        name=_text(entry, "name", where),
        flux=_text(entry, "flux", where),
        err=_text(entry, "err", where),
        uplim=_text(entry, "uplim", where) if "uplim" in entry else None,
        unit=_unit(entry, where) or unit,
    )


def _unit(entry: dict[str, Any], where: str) -> str | None:
    unit = entry.get("unit")
    if unit is not None and unit not in UNITS:
        raise InputError(f"{where}: unit is {unit!r}; expected one of {', '.join(UNITS)}.")
    return unit


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value:
        raise InputError(f"{where}: {key} is {value!r}; expected the name of a column in quotes.")
    return value


def _refuse_unknown(entries: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(entries) - known)
    if unknown:
        raise InputError(
            f"{where}: unknown entry {', '.join(unknown)}; expected {', '.join(sorted(known))}."
        )
