"""Results of EAZY: the `.zout` catalogue and the text files of p(z) beside it.

Formats as read in EAZY's C code (github.com/gbrammer/eazy-photoz, September 2024):

- MAIN_OUTPUT_FILE.zout, text: `# id z_spec z_a z_m1 chi_a z_p chi_p z_m2 odds l68 u68 ... z_peak
  peak_prob z_mc`, `# EAZY <version>`, a row a galaxy, -99 where it was not fitted.
- MAIN_OUTPUT_FILE_<id>.pz, text, one a galaxy (POFZ_FILE = y): `# z chi2 prior pz`; without a
  prior only z and chi2, whatever the header says.

The binary MAIN_OUTPUT_FILE.pz (BINARY_OUTPUT = y) holds chi2 and a table of priors without the
magnitudes that choose among them, so p(z) cannot be had from it alone; it is not read.
"""

from pathlib import Path

import numpy as np

from photoz.errors import InputError
from photoz.infer.imports.found import Found, ids_of, positive_or_nan
from photoz.infer.imports.text import columns_of_text, data_lines, header_lines

CODE = "EAZY"
_POINTS = ("z_peak", "z_p", "z_m2", "z_a", "z_2", "z_1")


def is_zout(text: str) -> bool:
    """Return whether the beginning of a file is that of a `.zout` catalogue."""
    names = text.split("\n", 1)[0].lstrip("# ").split()
    return names[:2] == ["id", "z_spec"] and bool(set(_POINTS) & set(names))


def read_eazy(path: Path) -> Found:
    """Read a `.zout` catalogue, with the `.pz` text files of its galaxies where they lie beside it.

    Raises:
        InputError: rows that do not fit the header, or p(z) on different grids.
    """
    names = header_lines(path)[0].lstrip("# ").split()
    try:
        rows = columns_of_text(data_lines(path), np.str_)
    except ValueError as error:
        raise InputError(f"{path} cannot be read as EAZY's .zout ({error}).") from error
    if not len(rows) or rows.shape[1] != len(names):
        raise InputError(
            f"{path} has {rows.shape[1]} columns in its rows and "
            f"{len(names)} in its header; expected the same. Write it again with EAZY."
        )
    columns = dict(zip(names, rows.T, strict=True))
    number = lambda name: positive_or_nan(columns[name].astype(np.float64))  # noqa: E731
    point = next(name for name in _POINTS if name in columns)
    summaries = {}
    if {"l68", "u68"} <= columns.keys():
        summaries = {"z_lo68": number("l68"), "z_hi68": number("u68")}
    z_grid, density = _densities(path, columns["id"])
    return Found(
        code=CODE,
        ids=ids_of(columns["id"]),
        z_point=number(point),
        z_spec=number("z_spec"),
        summaries=summaries,
        z_grid=z_grid,
        density=density,
        notes=(f"The point is {point}.",),
    )


def _densities(path: Path, ids: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return redshifts (m,) and densities there (n, m) from the `.pz` files; None without any."""
    z_grid: np.ndarray | None = None
    density: np.ndarray | None = None
    for row, name in enumerate(ids):
        file = path.with_name(f"{path.stem}_{name}.pz")
        if not file.is_file():
            continue
        z, values = _one(file)
        if z_grid is None or density is None:
            z_grid, density = z, np.full((len(ids), len(z)), np.nan)
        if not np.array_equal(z, z_grid):
            raise InputError(
                f"{file} has another redshift grid than the .pz files before it: they are not of "
                "one run. Remove those of the other run."
            )
        density[row] = values
    return z_grid, density


def _one(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return redshifts and density (m,) of one galaxy's file."""
    names = " ".join(header_lines(path)[:1]).lstrip("# ").split()
    try:
        columns = columns_of_text(data_lines(path)).T
    except ValueError as error:
        raise InputError(f"{path} cannot be read as a .pz text file of EAZY ({error}).") from error
    if "pz" in names and len(columns) == len(names):
        return columns[0], columns[names.index("pz")]
    chi2 = columns[1]
    return columns[0], np.exp(-0.5 * (chi2 - chi2.min()))
