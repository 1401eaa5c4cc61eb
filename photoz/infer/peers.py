"""Posteriors of other codes, saved as densities at the points of a grid of their own."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from photoz.errors import InputError
from photoz.infer.posterior import Posterior


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

    Densities are normalised by trapezia, which makes a point's value the mean over its cell.

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
    pdf = pdf / np.trapezoid(pdf, z_grid, axis=1)[:, None]
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
