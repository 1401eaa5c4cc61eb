"""Ensembles of qp, as RAIL and others write them (HDF5, FITS, or Parquet in parts).

Read with qp 1.1: a table `meta` with the parameterisation (`pdf_name`), `data` with its numbers,
and optionally `ancil` with one row a galaxy. `F.pq` is three files, Fdata.pq, Fmeta.pq, Fancil.pq.
Histograms are kept exactly, interpolated densities are values at points, all others are evaluated
by their own CDF on a grid of step 0.005 from 0; what lies below 0 is cut off.
"""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from photoz.errors import InputError
from photoz.infer.grid import cell_edges, default_grid
from photoz.infer.imports.found import Found, ids_of, positive_or_nan
from photoz.infer.imports.names import first_named

CODE = "qp"
_PARTS = ("data", "meta", "ancil")
_HIGHEST_Z = 20.0


def root_of_parts(path: Path) -> Path:
    """Return the name that qp knows an ensemble of Parquet parts by; other names unchanged."""
    for part in _PARTS:
        if path.name.endswith(f"{part}.pq"):
            root = path.with_name(path.name.removesuffix(f"{part}.pq") + ".pq")
            if root.with_name(f"{root.stem}meta.pq").is_file():
                return root
    return path


def has_parts(path: Path) -> bool:
    """Return whether a name, itself perhaps no file, stands for an ensemble of Parquet parts."""
    root = root_of_parts(path)
    return root.suffix == ".pq" and root.with_name(f"{root.stem}meta.pq").is_file()


def read_qp(path: Path) -> Found:
    """Read an ensemble; ids, z_spec and points come from its ancillary table where it has them.

    Raises:
        InputError: qp is not installed, cannot read it, or would have to unpickle it.
    """
    ensemble = _ensemble(path)
    n = int(ensemble.npdf)
    ancil = {str(k): np.asarray(v) for k, v in (ensemble.ancil or {}).items()}
    ids, z_spec, point = (first_named(ancil, what) for what in ("id", "z_spec", "z_mode"))
    z_grid, density, at_points = _density(ensemble)
    return Found(
        code=CODE,
        ids=np.arange(1, n + 1) if ids is None else ids_of(ids),
        z_point=None if point is None else positive_or_nan(point.ravel()),
        z_spec=None if z_spec is None else positive_or_nan(z_spec.ravel()),
        z_grid=z_grid,
        density=density,
        at_points=at_points,
        numbered=ids is None,
    )


def _ensemble(path: Path) -> Any:
    try:
        import qp
    except ImportError as error:
        raise InputError(
            f"{path} is an ensemble of qp, which is not installed: pip install qp-prob."
        ) from error
    path = root_of_parts(path)
    hdf5 = path.is_file() and is_hdf5(path)
    if hdf5:
        _refuse_pickled(path)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # qp prints while it reads
            return qp.read(str(path), fmt="hdf5" if hdf5 else None)
    except Exception as error:  # qp raises whatever its readers raise
        said = " ".join(str(error).split())[:200]
        raise InputError(f"{path} cannot be read by qp ({said}).") from error


def is_hdf5(path: Path) -> bool:
    """Return whether a file begins as HDF5 does."""
    with path.open("rb") as stream:
        return stream.read(4) == b"\x89HDF"


def _refuse_pickled(path: Path) -> None:
    """Refuse the HDF5 that pandas writes under the ending .h5: its objects are pickled."""
    import h5py

    with h5py.File(path, "r") as file:
        if "PYTABLES_FORMAT_VERSION" in file.attrs:
            raise InputError(
                f"{path} is an ensemble written through pandas, whose objects would have to be "
                "unpickled, which can run code. Write it with the ending .hdf5, .fits or .pq."
            )


def _density(ensemble: Any) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return a grid (m,), densities (n, m), and whether they are values at points."""
    name = ensemble.gen_class.name
    n = int(ensemble.npdf)
    data = {str(k): np.asarray(v, np.float64) for k, v in ensemble.objdata.items()}
    shared = ensemble.metadata
    if name == "hist":
        bins = np.asarray(shared["bins"], np.float64).ravel()
        z_grid = grid_of_cells(bins)
        middle = 0.5 * (cell_edges(z_grid)[1:] + cell_edges(z_grid)[:-1])
        return z_grid, data["pdfs"].reshape(n, -1)[:, np.searchsorted(bins, middle) - 1], False
    if name == "interp":
        return np.asarray(shared["xvals"], np.float64).ravel(), data["yvals"].reshape(n, -1), True
    highest = float(np.nanmax(ensemble.ppf([0.9999])))
    z_grid = default_grid(float(np.clip(np.ceil(highest), 1.0, _HIGHEST_Z)))
    edges = cell_edges(z_grid)
    cdf = np.asarray(ensemble.cdf(edges), np.float64).reshape(n, len(edges))
    return z_grid, np.maximum(np.diff(cdf, axis=1), 0.0) / np.diff(edges), False


def grid_of_cells(bins: np.ndarray) -> np.ndarray:
    """Return a grid whose cells are bins of a histogram (m + 1 edges), or parts of these.

    A grid's cell edges are the midpoints of its points. Where the bins are the cells of a grid, as
    in this project's own exports, that grid is returned; else one with two points in each bin,
    mirrored at the bins' edges, so that no cell reaches across an edge.
    """
    points = [float(bins[0])]
    for edge in bins[1:-1]:
        points.append(2.0 * float(edge) - points[-1])
    z_grid = np.array(points)
    z_grid[-1] = bins[-1]
    width = np.diff(bins)
    increasing = len(z_grid) >= 3 and bool((np.diff(z_grid) > 0).all())
    if increasing and np.allclose(cell_edges(z_grid), bins, rtol=0.0, atol=1e-6 * width.min()):
        return z_grid
    reach = 0.25 * np.minimum(width[1:], width[:-1])
    inner = np.stack([bins[1:-1] - reach, bins[1:-1] + reach], axis=1).ravel()
    return np.concatenate([bins[:1], inner, bins[-1:]])
