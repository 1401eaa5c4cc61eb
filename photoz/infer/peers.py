"""Posteriors of other codes in the project's own file: one estimator, densities or points alone.

A peer file is Parquet, one row a galaxy: `id`, `z_spec`, `z_point` (the code's own peak) and `pz`,
a list of densities, or null where the code gave none; further columns like `z_median`, `z_lo68`,
`z_hi68` where it gave them. The metadata key `photoz_peer` holds the grid, the estimator's name,
and whether densities are `cells` (mass of a cell over its width, as everywhere in the project) or
values at the grid's `points`. Files without the key hold values at 0 to 6 in steps of 0.01.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from photoz.atomic import atomic_path
from photoz.errors import InputError
from photoz.infer.grid import cell_edges, default_grid
from photoz.infer.posterior import Posterior
from photoz.provenance import to_json

FORMAT_VERSION = 1
_KEY = b"photoz_peer"
_REFINEMENT = 4
_CHUNK = 10_000
_SUMMARIES = ("z_median", "z_lo68", "z_hi68")


def is_peer_file(path: str | Path) -> bool:
    """Return whether a Parquet file has the columns of a reference code's result."""
    try:
        return {"pz", "z_point"} <= set(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        return False


def read_peer(
    path: str | Path, estimator: str | None = None, z_grid: np.ndarray | None = None
) -> Posterior:
    """Read `id`, `z_spec`, `z_point` (peak) and `pz` (densities).

    Args:
        path: Parquet file.
        estimator: name of the code; default the one in the file, or the file's name.
        z_grid: redshifts of the points; default the grid in the file, or 0 to 6 in steps of 0.01.

    Raises:
        InputError: missing, damaged, without these columns, or on a grid of another length.
    """
    path = Path(path)
    if not is_peer_file(path) or not {"id", "z_spec"} <= set(pq.read_schema(path).names):
        raise InputError(f"{path} is not a reference result: it needs id, z_spec, z_point, pz.")
    table = pq.read_table(path)
    header = _header(table, path)
    name = estimator or header.get("estimator") or path.stem
    grid = np.asarray(z_grid if z_grid is not None else header["z_grid"], np.float64)
    z_point = table["z_point"].to_numpy().astype(np.float64)
    if table["pz"].null_count == table.num_rows:
        grid, pdf = no_density(z_point)
    else:
        pdf = _densities(table["pz"], grid, path)
        if header["density"] == "points":
            grid, pdf = densities_of_points(grid, pdf)
    summaries = {"z_map": z_point} | {
        key: table[key].to_numpy().astype(np.float64)
        for key in _SUMMARIES
        if key in table.column_names
    }
    record = json.loads((table.schema.metadata or {}).get(b"photoz", b"{}"))
    return Posterior(
        ids=table["id"].to_numpy(),
        z_grid=grid,
        pdf={name: pdf},
        z_max=float(grid[-1]),
        z_spec=table["z_spec"].to_numpy().astype(np.float64),
        summaries={name: summaries},
        provenance=record or {"kind": "posterior", "code": name, "file": path.name},
    )


def write_peer(posterior: Posterior, estimator: str, path: str | Path) -> Path:
    """Write one estimator of a posterior as a peer file; `read_peer` gives it back.

    Raises:
        InputError: no such estimator, or a path that cannot be written.
    """
    alone = posterior.alone(estimator)
    pdf = alone.pdf[estimator]
    z_spec = np.full(alone.n, np.nan) if alone.z_spec is None else alone.z_spec
    columns = {
        "id": pa.array(alone.ids),
        "z_spec": pa.array(np.asarray(z_spec, np.float64)),
        "z_point": pa.array(np.asarray(alone.z_map(estimator), np.float64)),
        "pz": _nullable_lists(pdf),
    }
    for key in _SUMMARIES:
        if key in alone.summaries.get(estimator, {}):
            columns[key] = pa.array(np.asarray(alone.summaries[estimator][key], np.float64))
    header = {
        "format_version": FORMAT_VERSION,
        "estimator": estimator,
        "density": "cells",
        "z_grid": np.asarray(alone.z_grid, np.float64).tolist(),
    }
    metadata = {_KEY: json.dumps(header), b"photoz": to_json(alone.provenance)}
    with atomic_path(path) as temporary:
        table = pa.table(columns).replace_schema_metadata(metadata)
        pq.write_table(table, temporary, compression="zstd")
    return Path(path)


def densities_of_points(z_grid: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn densities at grid points into masses of cells on a grid four times finer.

    A point's value is the density there, linear between points. Peaks are often as narrow as the
    step, so the mass of a cell is that of the linear density on a finer grid; taken as masses of
    their own coarse cells they would look too confident.

    Args:
        z_grid: the points, (m,).
        values: the densities there, (n, m), of any positive normalisation.

    Returns:
        The finer grid (4 m - 3,) and densities on its cells (n, 4 m - 3), NaN where a row is not
        finite or has no mass.
    """
    z_grid = np.asarray(z_grid, np.float64)
    fine = _refine(z_grid, np.zeros((1, len(z_grid))))[0]
    pdf = np.empty((len(values), len(fine)), np.float32)
    for first in range(0, len(values), _CHUNK):
        some = np.asarray(values[first : first + _CHUNK], np.float64)
        pdf[first : first + _CHUNK] = normalised(*_refine(z_grid, some))[1]
    return fine, pdf


def normalised(z_grid: np.ndarray, pdf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a grid (m,) and densities (n, m) float32 of mass one; NaN rows where there is none."""
    mass = pdf @ np.diff(cell_edges(z_grid))
    usable = np.isfinite(mass) & (mass > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        pdf = pdf / mass[:, None]
    return z_grid, np.where(usable[:, None], pdf, np.nan).astype(np.float32)


def no_density(z_point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a grid that holds all points (n,), at least to 6, and NaN densities on it.

    The densities take no memory: they are one number seen n times.
    """
    z_grid = default_grid(float(np.ceil(np.max(np.nan_to_num(z_point), initial=6.0))))
    return z_grid, np.broadcast_to(np.float32(np.nan), (len(z_point), len(z_grid)))


def _header(table: pa.Table, path: Path) -> dict[str, Any]:
    """Return what the file says of its densities."""
    metadata = table.schema.metadata or {}
    if _KEY not in metadata:
        return {"density": "points", "z_grid": np.linspace(0.0, 6.0, 601)}
    header = json.loads(metadata[_KEY])
    if header["format_version"] != FORMAT_VERSION:
        raise InputError(
            f"{path} has peer format version {header['format_version']}, this photoz reads "
            f"version {FORMAT_VERSION}: import the result again."
        )
    return header


def _densities(column: pa.ChunkedArray, z_grid: np.ndarray, path: Path) -> np.ndarray:
    """Return the lists of a column as (n, m) float64, NaN where null."""
    lists = column.combine_chunks()
    known = np.asarray(lists.is_valid())
    flat = lists.flatten().to_numpy(zero_copy_only=False)
    if flat.size != known.sum() * z_grid.size:
        raise InputError(
            f"{path}: its densities have {flat.size / max(known.sum(), 1):g} points, the grid "
            f"has {z_grid.size}. Give the grid that they were made on."
        )
    pdf = np.full((len(known), z_grid.size), np.nan)
    pdf[known] = flat.reshape(-1, z_grid.size)
    return pdf


def _nullable_lists(pdf: np.ndarray) -> pa.Array:
    """Return rows (n, m) as lists of float32, null where a row has no density."""
    known = np.isfinite(pdf[:, 0])
    offsets = np.concatenate([[0], np.cumsum(np.where(known, pdf.shape[1], 0))])
    flat = np.ascontiguousarray(pdf[known], np.float32).ravel()
    return pa.LargeListArray.from_arrays(
        pa.array(offsets, pa.int64()), pa.array(flat), mask=pa.array(~known)
    )


def _refine(z_grid: np.ndarray, pdf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Insert points on straight lines between those of a grid (m,) and its densities (n, m)."""
    share = np.arange(_REFINEMENT) / _REFINEMENT
    z = (z_grid[:-1, None] + share * np.diff(z_grid)[:, None]).ravel()
    inner = pdf[:, :-1, None] + share * np.diff(pdf, axis=1)[:, :, None]
    fine = np.concatenate([inner.reshape(len(pdf), -1), pdf[:, -1:]], axis=1)
    return np.append(z, z_grid[-1]), fine
