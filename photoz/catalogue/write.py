"""Write catalogues in the project's own form, whole or not at all."""

from pathlib import Path
from typing import Any

import numpy as np

from photoz.atomic import atomic_path
from photoz.catalogue.catalogue import Catalogue
from photoz.catalogue.tables import METADATA_KEY, UNIT_KEY
from photoz.jobs import targets
from photoz.provenance import to_json

FLUX_UNIT = "uJy"


def write_catalogue(catalogue: Catalogue, path: str | Path) -> None:
    """Write a catalogue as Parquet, ECSV or FITS, told by the end of the name.

    Columns carry their units, the metadata key `photoz` the provenance as JSON. A band gets a
    column `uplim_<band>` only if any galaxy has a limit in it.

    Raises:
        InputError: another ending, or a folder that does not exist or cannot be written.
    """
    path = Path(path)
    check_target(path)
    writers = {".parquet": _write_parquet, ".ecsv": _write_ecsv, ".fits": _write_fits}
    writer = writers[path.suffix.lower()]
    columns, units = _columns(catalogue)
    with atomic_path(path) as temporary:
        writer(columns, units, to_json(catalogue.provenance), temporary)


def _columns(
    catalogue: Catalogue, limits: bool | None = None
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Columns and units in the order of the file."""
    columns: dict[str, np.ndarray] = {"id": catalogue.ids}
    units: dict[str, str] = {}
    for name, values, unit in (
        ("z_spec", catalogue.z_spec, ""),
        ("ra", catalogue.ra_deg, "deg"),
        ("dec", catalogue.dec_deg, "deg"),
        ("ebv_mw", catalogue.ebv_mw, "mag"),
    ):
        if values is not None:
            columns[name] = values
            if unit:
                units[name] = unit
    for b, band in enumerate(catalogue.bands):
        columns[f"flux_{band}"] = catalogue.flux_ujy[:, b]
        columns[f"err_{band}"] = catalogue.err_ujy[:, b]
        units |= {f"flux_{band}": FLUX_UNIT, f"err_{band}": FLUX_UNIT}
        limited = np.isfinite(catalogue.uplim_ujy[:, b]).any() if limits is None else limits
        if limited:
            columns[f"uplim_{band}"] = catalogue.uplim_ujy[:, b]
            units[f"uplim_{band}"] = FLUX_UNIT
    for name, values in catalogue.extra.items():
        columns[name] = values.astype(np.str_) if values.dtype.kind == "O" else values
    return columns, units


def check_target(path: str | Path) -> None:
    """Refuse a file that could not be written, before anything is computed.

    Raises:
        InputError: the ending is not one of a catalogue, or the folder does not exist.
    """
    targets.check_target(path, suffixes=(".parquet", ".ecsv", ".fits"))


def to_arrow(catalogue: Catalogue, limits: bool | None = None) -> Any:
    """Return the catalogue as the pyarrow table that its Parquet file holds.

    Args:
        catalogue: the galaxies.
        limits: whether every band has a column `uplim_<band>`; None gives it to the bands that
            have limits. Parts of one file must agree.
    """
    return _arrow(*_columns(catalogue, limits), to_json(catalogue.provenance))


def _arrow(columns: dict[str, np.ndarray], units: dict[str, str], record: str) -> Any:
    import pyarrow as pa

    arrays = [pa.array(np.ascontiguousarray(values)) for values in columns.values()]
    fields = [
        pa.field(
            name, array.type, metadata={UNIT_KEY: units[name].encode()} if name in units else None
        )
        for name, array in zip(columns, arrays, strict=True)
    ]
    schema = pa.schema(fields, metadata={METADATA_KEY.encode(): record.encode()})
    return pa.Table.from_arrays(arrays, schema=schema)


def _write_parquet(
    columns: dict[str, np.ndarray], units: dict[str, str], record: str, path: Path
) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_arrow(columns, units, record), path, compression="zstd")


def _astropy_table(columns: dict[str, np.ndarray], units: dict[str, str], record: str) -> Any:
    from astropy.table import Table

    return Table(columns, units=units, meta={METADATA_KEY: record})


def _write_ecsv(
    columns: dict[str, np.ndarray], units: dict[str, str], record: str, path: Path
) -> None:
    _astropy_table(columns, units, record).write(path, format="ascii.ecsv", overwrite=True)


def _write_fits(
    columns: dict[str, np.ndarray], units: dict[str, str], record: str, path: Path
) -> None:
    from astropy.io import fits

    hdu = fits.table_to_hdu(_astropy_table(columns, units, ""))
    hdu.header[METADATA_KEY.upper()] = record
    hdu.writeto(path, overwrite=True)
