"""Results of eazy-py: `.zout.fits`, `.data.fits` with chi2 on the grid, and its HDF5 file.

Formats as read in eazy-py 0.8.7 (github.com/gbrammer/eazy-py):

- ROOT.zout.fits: a table with `id`, `z_spec`, `z_phot`, `z160`, `z500`, `z840`; values that are not
  finite are written as -9e29, limits that could not be had as -1.
- ROOT.data.fits: images `ZGRID` (m,) and `CHI2` (n, m), in the order of the table, no ids.
- the file of `eazy.hdf5.write_hdf5`: `cat/id`, `cat/z_spec`, `fit/zbest`, `fit/chi2_fit`, and the
  grid by Z_MIN, Z_MAX, Z_STEP, Z_STEP_TYPE among the attributes of `fit`.

Both hold chi2 alone. p(z) is exp(-chi2 / 2): without the magnitude prior, where one was used, and
without the normalisation of errors that change with redshift (the template error).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from photoz.catalogue.tables import Table, read_table
from photoz.errors import InputError
from photoz.infer.imports.found import Found, ids_of, positive_or_nan
from photoz.infer.imports.qp_file import is_hdf5

CODE = "eazy-py"
_SUMMARIES = {"z_median": "z500", "z_lo68": "z160", "z_hi68": "z840"}
_WITHOUT = "The densities are exp(-chi2 / 2), all that the file holds: without {what}."
_TEMPLATE_ERROR = "the normalisation of the template error"


def is_zout_table(names: Iterable[str]) -> bool:
    """Return whether a FITS table has the columns of `.zout.fits`."""
    return {"id", "z_phot", "z_ml"} <= set(names)


def read_eazy_py(path: Path) -> Found:
    """Read `.zout.fits` or `.data.fits`, each with the other beside it, or the HDF5 file.

    Raises:
        InputError: chi2 and table of different lengths, or chi2 without a table of ids.
    """
    if is_hdf5(path):
        return _read_hdf5(path)
    table_path, data_path = (
        path.with_name(path.name.replace(*ends))
        for ends in ((".data.fits", ".zout.fits"), (".zout.fits", ".data.fits"))
    )
    if not table_path.is_file() or (table_path == path and data_path == path and _has_chi2(path)):
        raise InputError(
            f"{path} holds chi2 without ids: put the table {table_path.name} of the same run "
            "beside it (their names end in .data.fits and .zout.fits)."
        )
    found = _read_table(read_table(table_path))
    if data_path == table_path or not data_path.is_file():
        return found
    z_grid, chi2, prior = _read_data(data_path)
    if len(chi2) != found.n:
        raise InputError(
            f"{data_path} has chi2 of {len(chi2)} galaxies, {table_path.name} has {found.n}: they "
            "are not of one run."
        )
    return _with_chi2(found, z_grid, chi2, prior)


def _has_chi2(path: Path) -> bool:
    from astropy.io import fits

    with fits.open(path) as units:
        return "CHI2" in units


def _read_table(table: Table) -> Found:
    columns = table.columns
    return Found(
        code=CODE,
        ids=ids_of(columns["id"]),
        z_point=positive_or_nan(columns["z_phot"]),
        z_spec=positive_or_nan(columns["z_spec"]) if "z_spec" in columns else None,
        summaries={k: positive_or_nan(columns[c]) for k, c in _SUMMARIES.items() if c in columns},
        notes=("The point is z_phot.",),
    )


def _read_data(path: Path) -> tuple[np.ndarray, np.ndarray, bool]:
    from astropy.io import fits

    try:
        with fits.open(path, memmap=False) as units:
            z_grid: Any = units["ZGRID"].data  # pyright: ignore[reportAttributeAccessIssue]
            image: Any = units["CHI2"]
            prior = bool(image.header.get("PRIOR")) or bool(image.header.get("BPRIOR"))
            return np.asarray(z_grid, np.float64), np.asarray(image.data, np.float64), prior
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} cannot be read as eazy-py's .data.fits ({error}).") from error


def _read_hdf5(path: Path) -> Found:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            read: Any = file
            ids, z_spec = read["cat/id"][:], read["cat/z_spec"][:]
            z_point, chi2 = read["fit/zbest"][:], read["fit/chi2_fit"][:]
            step = {key: read["fit"].attrs[key] for key in ("Z_MIN", "Z_STEP", "Z_STEP_TYPE")}
            of_point = read["fit/zml"].attrs
            prior = any(of_point.get(f"ZML_WITH_{kind}") for kind in ("PRIOR", "BETA_PRIOR"))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} cannot be read as eazy-py's HDF5 file ({error}).") from error
    steps = float(step["Z_STEP"]) * np.arange(chi2.shape[1])
    z_min = float(step["Z_MIN"])
    z_grid = (1.0 + z_min) * np.exp(steps) - 1.0 if int(step["Z_STEP_TYPE"]) else z_min + steps
    found = Found(
        code=CODE,
        ids=ids_of(ids),
        z_point=positive_or_nan(z_point),
        z_spec=positive_or_nan(z_spec),
        notes=("The point is zbest.",),
    )
    return _with_chi2(found, z_grid, np.asarray(chi2, np.float64), prior)


def _with_chi2(found: Found, z_grid: np.ndarray, chi2: np.ndarray, prior: bool) -> Found:
    """Add exp(-chi2 / 2); chi2 of nothing but zeros marks a galaxy that was not fitted."""
    fitted = (chi2 != 0.0).any(axis=1) & np.isfinite(chi2).all(axis=1)
    density = np.full(chi2.shape, np.nan)
    lowest = chi2[fitted].min(axis=1, keepdims=True)
    density[fitted] = np.exp(-0.5 * (chi2[fitted] - lowest))
    what = f"the prior that the point was found with, and {_TEMPLATE_ERROR}"
    note = _WITHOUT.format(what=what if prior else _TEMPLATE_ERROR)
    return Found(
        **{**vars(found), "z_grid": z_grid, "density": density, "notes": (*found.notes, note)}
    )
