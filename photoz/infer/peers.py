"""Posteriors of other codes, saved as densities at the points of a grid of their own."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from photoz.errors import InputError
from photoz.infer.grid import cell_edges
from photoz.infer.posterior import Posterior

_REFINEMENT = 4


def is_peer_file(path: str | Path) -> bool:
    """Return whether a Parquet file has the columns of a reference code's result."""
    try:
        return {"pz", "z_point"} <= set(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        return False


def read_peer(
    path: str | Path, estimator: str | None = None, z_grid: np.ndarray | None = None
) -> Posterior:
    """Read `id`, `z_spec`, `z_point` (peak) and `pz` (densities at grid points).

    A point's value is the density there, linear between points. Peaks are often as narrow as the
    step, so the densities are put on a grid four times finer, where the mass of a cell is that of
    the linear density; taken as masses of their own coarse cells they would look too confident.

    Args:
        path: Parquet file.
        estimator: name of the code; default the file's name.
        z_grid: redshifts of the points; default 0 to 6 in steps of 0.01.

    Raises:
        InputError: missing, damaged, without these columns, or on a grid of another length.
    """
    path = Path(path)
    if not is_peer_file(path):
        raise InputError(f"{path} is not a reference result: it needs id, z_spec, z_point, pz.")
    table = pq.read_table(path, columns=["id", "z_spec", "z_point", "pz"])
    z_grid = np.linspace(0.0, 6.0, 601) if z_grid is None else np.asarray(z_grid, float)
    flat = table["pz"].combine_chunks().flatten().to_numpy()
    if flat.size != table.num_rows * z_grid.size:
        raise InputError(
            f"{path}: its densities have {flat.size / max(table.num_rows, 1):g} points, the grid "
            f"has {z_grid.size}. Give the grid that they were made on."
        )
    pdf = flat.reshape(table.num_rows, -1).astype(np.float64)
    z_grid, pdf = _refine(z_grid, pdf)
    pdf = pdf / (pdf @ np.diff(cell_edges(z_grid)))[:, None]
    name = estimator or path.stem
    return Posterior(
        ids=table["id"].to_numpy(),
        z_grid=z_grid,
        pdf={name: pdf.astype(np.float32)},
        z_max=float(z_grid[-1]),
        z_spec=table["z_spec"].to_numpy().astype(np.float64),
        summaries={name: {"z_map": table["z_point"].to_numpy().astype(np.float64)}},
        provenance={"kind": "posterior", "code": name, "file": path.name},
    )


def _refine(z_grid: np.ndarray, pdf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Insert points on straight lines between those of a grid (m,) and its densities (n, m)."""
    share = np.arange(_REFINEMENT) / _REFINEMENT
    z = (z_grid[:-1, None] + share * np.diff(z_grid)[:, None]).ravel()
    inner = pdf[:, :-1, None] + share * np.diff(pdf, axis=1)[:, :, None]
    fine = np.concatenate([inner.reshape(len(pdf), -1), pdf[:, -1:]], axis=1)
    return np.append(z, z_grid[-1]), fine
