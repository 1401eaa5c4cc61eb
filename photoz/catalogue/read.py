"""Read catalogues in the project's own form: checked, in microjansky, three states a band."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.catalogue.checks import (
    as_numbers,
    check_errors,
    check_ids,
    check_range,
    check_sentinels,
)
from photoz.catalogue.tables import METADATA_KEY, Table, read_table
from photoz.catalogue.units import IMPORT, check_plausible, factor_to_ujy
from photoz.errors import CatalogueError
from photoz.provenance import file_sha256, provenance

# column in the file, attribute, lowest and highest value that can be meant
SKY_COLUMNS = (
    ("z_spec", "z_spec", -0.05, 20.0),
    ("ra", "ra_deg", -180.0, 360.0),
    ("dec", "dec_deg", -90.0, 90.0),
    ("ebv_mw", "ebv_mw", 0.0, 20.0),
)
BAND_PREFIXES = ("flux_", "err_", "uplim_")
FORM = "id, flux_<band> and err_<band> in microjansky"


def read_catalogue(path: str | Path, *, bands: Sequence[str] | None = None) -> Catalogue:
    """Read a catalogue in the project's own form.

    Columns: `id`; optional `z_spec`, `ra`, `dec`, `ebv_mw`; `flux_<band>`, `err_<band>` and
    optional `uplim_<band>`; all others are kept in `extra`. Fluxes are in microjansky unless the
    file states another unit of flux density. NaN is missing: a flux without an error counts as
    missing, an error without a flux as well, and where `uplim_<band>` is given the band is a
    limit and whatever stands as its flux is not used. In all three cases flux and error are NaN
    in the result. Galaxies without any band are kept; the provenance counts them.

    Args:
        path: Parquet, ECSV, CSV or FITS file.
        bands: the bands wanted, in this order; None takes all in the order of the file.

    Raises:
        CatalogueError: anything that cannot be read as photometry, with row, column and remedy.
    """
    table = read_table(path)
    catalogue = catalogue_from_table(table, str(path))
    record = catalogue.provenance | {"file": Path(path).name, "sha256": file_sha256(path)}
    catalogue = replace(catalogue, provenance=record)
    return catalogue if bands is None else catalogue.with_bands(bands)


def catalogue_from_table(table: Table, where: str) -> Catalogue:
    """Turn a table into a catalogue, checking every column it is made of.

    Args:
        table: the table.
        where: name of the file, for the sentences.

    Raises:
        CatalogueError: as `read_catalogue`.
    """
    bands = _bands(table, where)
    if "id" not in table.columns:
        raise CatalogueError(
            f"{where} has no column id; expected {FORM}. {IMPORT} names or numbers the rows."
        )
    ids = check_ids(table.columns["id"], where)
    sky = {}
    for column, name, low, high in SKY_COLUMNS:
        if column in table.columns:
            sky[name] = as_numbers(table.columns[column], column, where)
            check_range(sky[name], column, low, high, ids, where)
    flux, err, limit = (np.full((len(ids), len(bands)), np.nan) for _ in range(3))
    for b, band in enumerate(bands):
        flux[:, b], err[:, b], limit[:, b] = _band(table, band, ids, where)
    stated = any(f"flux_{band}" in table.units for band in bands)
    if not stated:
        check_plausible(table, bands, where)
    used = {"id", *(column for column, *_ in SKY_COLUMNS)}
    used |= {prefix + band for prefix in BAND_PREFIXES for band in bands}
    rest = {name: column for name, column in table.columns.items() if name not in used}
    extra = {n: c for n, c in rest.items() if c.ndim == 1 and c.dtype.kind in "iufbU"}
    record = _record(table) or provenance("catalogue")
    catalogue = Catalogue(ids, bands, flux, err, limit, **sky, extra=extra, provenance=record)
    record = record | {
        "n": catalogue.n,
        "n_without_photometry": int((~catalogue.usable).sum()),
        "columns_left_out": sorted(set(rest) - set(extra)),
        "flux_unit": "stated" if stated or _record(table) else "assumed",
    }
    return replace(catalogue, provenance=record)


def _record(table: Table) -> dict:
    """The provenance record of a file that the project wrote; empty for others."""
    record = table.metadata.get(METADATA_KEY)
    return record if isinstance(record, dict) else {}


def _bands(table: Table, where: str) -> tuple[str, ...]:
    """Names of the bands in the order of the file, each with a flux and an error."""
    names = list(table.columns)
    having = {
        prefix: [name[len(prefix) :] for name in names if name.startswith(prefix)]
        for prefix in BAND_PREFIXES
    }
    bands = having["flux_"]
    if not bands and any(name.startswith("mag_") for name in names):
        raise CatalogueError(
            f"{where} holds magnitudes (mag_<band>); expected {FORM}. Convert it with {IMPORT}, "
            "unit = 'mag_ab' for its bands."
        )
    if not bands:
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise CatalogueError(
            f"{where} has no column flux_<band>; expected {FORM}, found {shown}. Convert it with "
            f"{IMPORT}."
        )
    if not having["err_"] and _record(table).get("kind") == "simulation":
        raise CatalogueError(
            f"{where} is a simulation: true fluxes without errors. `photoz noise apply {where} "
            "--noise N --seed S --out F` makes a catalogue of it."
        )
    for prefix, other in (("flux_", "err_"), ("err_", "flux_"), ("uplim_", "flux_")):
        alone = [band for band in having[prefix] if band not in having[other]]
        if alone:
            raise CatalogueError(
                f"{where} has {prefix}{alone[0]} but no {other}{alone[0]}"
                f"{f' ({len(alone)} bands like this)' if len(alone) > 1 else ''}; expected both "
                f"flux_<band> and err_<band>. Add the column, or rename {prefix}{alone[0]}."
            )
    return tuple(bands)


def _band(
    table: Table, band: str, ids: np.ndarray, where: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flux, error and limit (n,) of one band in microjansky, NaN where not to be read."""
    own = bool(_record(table))
    found = []
    for prefix in BAND_PREFIXES:
        name = prefix + band
        if name not in table.columns:
            found.append(np.full(len(ids), np.nan))
            continue
        values = as_numbers(table.columns[name], name, where)
        check_sentinels(values, name, ids, where, allow_99=own)
        # a file with a unit on the flux only means the same for its error
        unit = table.units.get(name) or table.units.get(f"flux_{band}")
        found.append(values * factor_to_ujy(unit, name, where))
    flux, err, limit = found
    check_errors(flux, err, limit, band, ids, where)
    unread = np.isnan(flux) | np.isnan(err) | ~np.isnan(limit)
    return np.where(unread, np.nan, flux), np.where(unread, np.nan, err), limit
