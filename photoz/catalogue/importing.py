"""Bring any table into the project's form and say what was changed on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.catalogue.checks import as_numbers, check_ids
from photoz.catalogue.mapping import (
    BandColumns,
    Mapping,
    check_columns,
    default_mapping,
    load_mapping,
)
from photoz.catalogue.read import SKY_COLUMNS, catalogue_from_table
from photoz.catalogue.tables import METADATA_KEY, Table, read_table
from photoz.catalogue.units import check_plausible, factor_to_ujy
from photoz.magnitudes import flux_of_ab
from photoz.provenance import file_sha256, provenance
from photoz.states import LIMIT, MEASURED, MISSING

MAG_TO_FRACTION = 0.4 * np.log(10.0)
# a magnitude outside is a mark or a mistake, not a galaxy
MAGNITUDES = (0.0, 45.0)
FACTOR = {"ujy": 1.0, "njy": 1e-3, "jy": 1e6, "nanomaggy": 3.631}
TEXT_MISSING = ("-", "--", "---", "...", "n/a", "na", "nan", "none", "null", "indef", "nodata")


@dataclass(frozen=True)
class ImportReport:
    """What an import read, kept and changed.

    Attributes:
        rows_read: rows of the file.
        rows_kept: rows of the result.
        dropped: number of rows by reason.
        bands: per band its name, unit, numbers of measured, limited and missing galaxies, and of
            values that were turned into missing by reason.
        cleared: values of other columns that were turned into unknown, by column.
        notes: sentences on what else to know.
    """

    rows_read: int
    rows_kept: int
    dropped: dict[str, int]
    bands: list[dict[str, Any]]
    cleared: dict[str, int]
    notes: list[str]


def import_catalogue(
    path: str | Path, mapping: str | Path | None = None
) -> tuple[Catalogue, ImportReport]:
    """Read any table as a catalogue in the project's form.

    Values that stand for "missing", infinities, and fluxes whose error is not above zero become
    missing; rows without an id and repeated ids (all but the first) are dropped; galaxies without
    any band stay. Everything is counted in the report.

    Args:
        path: Parquet, ECSV, CSV or FITS.
        mapping: TOML file saying which columns are what; None takes the project's own names, or
            mag_<band> with magerr_<band>.

    Raises:
        CatalogueError: the table cannot be read, or misses a column.
        InputError: the mapping cannot be read.
    """
    where = str(path)
    loaded = load_mapping(mapping) if mapping is not None else None
    table = read_table(path)
    plan = loaded or default_mapping(table, where)
    check_columns(plan, table, where)
    notes: list[str] = []
    ids, kept, dropped = _ids(table, plan, notes, where)
    columns: dict[str, np.ndarray] = {"id": ids}
    cleared: dict[str, int] = {}
    for name, _, low, high in SKY_COLUMNS:
        if name in plan.fields:
            values = _numbers(table, plan.fields[name], where)
            bad = ~np.isnan(values) & (
                np.isin(values, plan.sentinels) | ~((values >= low) & (values <= high))
            )
            cleared[name] = int(bad[kept].sum())
            columns[name] = np.where(bad, np.nan, values)[kept]
    changes = []
    for band in plan.bands:
        flux, err, limit, change = _band(table, band, plan, where, kept)
        columns |= {f"flux_{band.name}": flux, f"err_{band.name}": err}
        if limit is not None:
            columns[f"uplim_{band.name}"] = limit
        changes.append(change)
    _check_units(table, plan, columns, where)
    if any(change["unit"] == "mag_ab" for change in changes):
        notes.append("Magnitudes are taken as AB; Vega magnitudes need their offsets first.")
    columns |= {name: table.columns[name][kept] for name in plan.extra}
    record = _record(path, table, plan, notes)
    catalogue = catalogue_from_table(Table(columns, {METADATA_KEY: record}), where)
    report = _report(catalogue, table.n, dropped, changes, cleared, notes)
    record["report"] = {"rows_read": table.n, "dropped": dropped, "cleared": cleared}
    catalogue.provenance.update(record)
    return catalogue, report


def _ids(
    table: Table, plan: Mapping, notes: list[str], where: str
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Ids of the kept rows, the kept rows (n_kept,), and how many were dropped why."""
    if "id" not in plan.fields:
        notes.append("The table has no id: rows are numbered from 1.")
        return np.arange(1, table.n + 1), np.arange(table.n), {}
    values = table.columns[plan.fields["id"]]
    if values.ndim != 1 or values.dtype.kind not in "iufU":
        check_ids(values, where)
    if values.dtype.kind == "U":
        values = np.char.strip(values)
        present = values != ""
    else:
        present = np.isfinite(values.astype(float)) & ~np.isin(values, plan.sentinels)
    first = np.zeros(table.n, bool)
    rows = np.flatnonzero(present)
    first[rows[np.unique(values[rows], return_index=True)[1]]] = True
    counts = {"no id": int((~present).sum()), "repeated id": int((present & ~first).sum())}
    kept = np.flatnonzero(first)
    return values[kept], kept, {reason: n for reason, n in counts.items() if n}


def _numbers(table: Table, column: str, where: str) -> np.ndarray:
    """A column as float64 (n,); words for "missing" become NaN."""
    values = table.columns[column]
    if values.dtype.kind == "U":
        missing = np.isin(np.char.lower(np.char.strip(values)), TEXT_MISSING)
        values = np.where(missing, "", values)
    return as_numbers(values, column, where)


def _band(
    table: Table, band: BandColumns, plan: Mapping, where: str, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, dict[str, Any]]:
    """Flux, error and limit (n_kept,) in microjansky, and what was turned into missing."""
    columns = [band.flux, band.err] + ([band.uplim] if band.uplim else [])
    raw = [_numbers(table, column, where)[kept] for column in columns]
    marks = [np.isin(values, plan.sentinels) for values in raw]
    infinite = [np.isinf(values) for values in raw]
    raw = [np.where(m | i, np.nan, v) for v, m, i in zip(raw, marks, infinite, strict=True)]
    convert, unit, unread = _converter(table, band, where)
    outside = unread(raw[0])
    raw[0] = np.where(outside, np.nan, raw[0])
    bad_error = ~np.isnan(raw[0]) & (raw[1] <= 0)
    if band.uplim:
        bad_error &= np.isnan(raw[2])
    flux, err = convert(np.where(bad_error, np.nan, raw[0]), raw[1])
    limit = convert(raw[2], np.ones_like(raw[2]))[0] if band.uplim else None
    change = {
        "band": band.name,
        "unit": unit,
        "sentinel": int((marks[0] | marks[1]).sum()),
        "infinite": int((infinite[0] | infinite[1]).sum()),
        "error_not_above_0": int(bad_error.sum()),
        "impossible_magnitude": int(outside.sum()),
        "no_error": int((np.isnan(raw[1]) & ~np.isnan(raw[0]) & ~marks[1] & ~infinite[1]).sum()),
    }
    return flux, np.where(np.isnan(flux) | (err <= 0), np.nan, err), limit, change


def _converter(
    table: Table, band: BandColumns, where: str
) -> tuple[Callable[..., tuple[np.ndarray, np.ndarray]], str, Callable[[np.ndarray], np.ndarray]]:
    """How a band's values become microjansky, its unit, and which values cannot be."""
    unit = band.unit or _stated_unit(table, band)

    def magnitudes(mag: np.ndarray, mag_err: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flux = flux_of_ab(mag)
        return flux, MAG_TO_FRACTION * mag_err * flux

    if unit == "mag_ab":
        low, high = MAGNITUDES
        return magnitudes, unit, lambda mag: ~np.isnan(mag) & ~((mag > low) & (mag < high))
    factor = FACTOR[unit] if unit in FACTOR else factor_to_ujy(unit, band.flux, where)
    none = lambda flux: np.zeros(len(flux), bool)  # noqa: E731
    return lambda flux, err: (flux * factor, err * factor), unit, none


def _stated_unit(table: Table, band: BandColumns) -> str:
    """The unit that the file states, in our words where we have them; else microjansky."""
    stated = table.units.get(band.flux, "")
    plain = stated.strip().lower()
    if "mgy" in plain or "magg" in plain:
        return "nanomaggy" if plain in ("nmgy", "nanomaggy", "nanomaggies") else stated
    if plain in ("mag", "abmag", "mag(ab)", "ab"):
        return "mag_ab"
    return stated or "ujy"


def _check_units(table: Table, plan: Mapping, columns: dict[str, np.ndarray], where: str) -> None:
    """Refuse what looks like magnitudes where neither the mapping nor the file states a unit."""
    said = any(band.unit or table.units.get(band.flux) for band in plan.bands)
    if not said and METADATA_KEY not in table.metadata:
        bands = tuple(band.name for band in plan.bands)
        check_plausible(Table(columns, table.metadata), bands, where)


def _record(path: str | Path, table: Table, plan: Mapping, notes: list[str]) -> dict[str, Any]:
    from dataclasses import asdict

    used = {*plan.fields.values(), *plan.extra}
    used |= {column for b in plan.bands for column in (b.flux, b.err, b.uplim) if column}
    left_out = len(set(table.columns) - used)
    if left_out:
        notes.append(f"{left_out} columns of the file are not carried over.")
    own = table.metadata.get(METADATA_KEY)
    source = {"name": Path(path).name, "sha256": file_sha256(path)}
    parents = {"file": source | ({"provenance": own} if own else {})}
    return provenance("catalogue", parents=parents, mapping=asdict(plan))


def _report(
    catalogue: Catalogue,
    rows_read: int,
    dropped: dict[str, int],
    changes: list[dict[str, Any]],
    cleared: dict[str, int],
    notes: list[str],
) -> ImportReport:
    state = catalogue.state
    bands = [
        change
        | {
            "measured": int((state[:, b] == MEASURED).sum()),
            "limits": int((state[:, b] == LIMIT).sum()),
            "missing": int((state[:, b] == MISSING).sum()),
        }
        for b, change in enumerate(changes)
    ]
    without = int((~catalogue.usable).sum())
    if without:
        notes.append(f"{without} galaxies have no band at all; they are kept, without posteriors.")
    return ImportReport(
        rows_read,
        catalogue.n,
        dropped,
        bands,
        {name: n for name, n in cleared.items() if n},
        notes,
    )
