"""Results of LePHARE: the output catalogue and the files of p(z).

Formats as read in lephare 0.3.1 (C++; github.com/lephare-photoz/lephare, April 2026):

- CAT_OUT, text: lines of `#` with the options, then `# Format:` and a line of names with column
  numbers (`IDENT 1 Z_BEST 2 ... MAG_OBS()12-37`); a row a galaxy. LePHARE 2.2 (Fortran) writes
  `# Output format` and commas between the columns.
- PDZ_OUT_<TYPE>.prob, text: `# Id P0 P0.01 ...`, then an id and densities at these redshifts.
- PDZ_OUT.pdz and PDZ_OUT.zph of LePHARE 2.2: densities, with or without an id before them, and the
  redshifts they stand at.
- the FITS table of its Python interface: the same names, `PDF_<TYPE>()` with the redshifts in the
  header under the name of the type.
"""

import re
from pathlib import Path

import numpy as np

from photoz.catalogue.tables import Table
from photoz.errors import InputError
from photoz.infer.imports.found import Found, ids_of, positive_or_nan
from photoz.infer.imports.text import columns_of_text, data_lines, header_lines

CODE = "LePHARE"
# of galaxies; the summed (Bayesian) one first, as LePHARE's own medians come from it
PDF_TYPES = ("BAY_ZG", "MIN_ZG")
NOT_OF_REDSHIFT = ("MASS", "SFR", "SSFR", "AGE", "LDUST", "LIR", "COL1", "COL2", "MREF")
_POINTS = ("Z_BEST", "Z_MED", "Z_ML", "Z_MODE")
_WANTED = {
    "IDENT",
    "ZSPEC",
    *_POINTS,
    *(f"{name}68_{end}" for name in _POINTS for end in ("LOW", "HIGH")),
}
_FORMAT_LINE = re.compile(r"#\s*(Format\s*:|Output format)", re.IGNORECASE)
_COLUMN = re.compile(r"([A-Za-z]\w*(?:\(\))?)\s*(\d+)(?:\s*-\s*\d+)?(?=[\s,]|$)")


def is_output(text: str) -> bool:
    """Return whether the beginning of a file is that of an output catalogue."""
    return any(_FORMAT_LINE.match(line) for line in text.splitlines())


def is_prob(text: str) -> bool:
    """Return whether the beginning of a file is that of a file of p(z)."""
    return any(re.match(r"#\s*Id\s+P\S", line) for line in text.splitlines())


def read_lephare(path: Path) -> Found:
    """Read an output catalogue or a file of p(z), each with the other where it lies beside it.

    Raises:
        InputError: no column of a redshift, rows that do not fit the header, or densities of a
            quantity that is not a redshift.
    """
    if path.suffix in (".prob", ".pdz"):
        beside = _catalogue_beside(path)
        if beside is None:
            return _alone(path)
        return _with_density(_read_output(beside), path)
    found = _read_output(path)
    density = _density_beside(path)
    return found if density is None else _with_density(found, density)


def read_lephare_table(table: Table, path: Path) -> Found | None:
    """Read the FITS table of the Python interface; None where a table is not that."""
    if "IDENT" not in table.columns or not set(_POINTS) & set(table.columns):
        return None
    found = _from_columns(table.columns, path)
    for kind in PDF_TYPES:
        grid, density = table.metadata.get(kind.lower()), table.columns.get(f"PDF_{kind}()")
        if grid is not None and density is not None:
            z_grid = np.array(str(grid).split(), np.float64)
            return _joined(found, found.ids, z_grid, density, path)
    return found


def _read_output(path: Path) -> Found:
    columns = _columns_of(path)
    wanted = [name for name in columns if name in _WANTED]
    try:
        rows = columns_of_text(data_lines(path), np.str_, [columns[name] for name in wanted])
    except ValueError as error:
        raise InputError(
            f"{path}: its rows do not have the columns that its header lists ({error}). Was it "
            "edited, or cut short? Write it again with LePHARE."
        ) from error
    return _from_columns(dict(zip(wanted, rows.T, strict=True)), path)


def _from_columns(columns: dict[str, np.ndarray], path: Path) -> Found:
    """Return points and intervals from columns by LePHARE's names."""
    points = [name for name in _POINTS if name in columns]
    if "IDENT" not in columns or not points or not len(columns["IDENT"]):
        raise InputError(
            f"{path} is LePHARE's, but has no galaxies with IDENT and one of "
            f"{', '.join(_POINTS)}: add these to the output parameters (PARA_OUT) and run again."
        )
    number = lambda name: positive_or_nan(np.asarray(columns[name]).astype(np.float64))  # noqa: E731
    summaries = {}
    for median in ("Z_MED", "Z_ML"):
        if median in columns:
            summaries["z_median"] = number(median)
    for name in (points[0], *points[1:]):
        if f"{name}68_LOW" in columns and f"{name}68_HIGH" in columns:
            summaries["z_lo68"] = number(f"{name}68_LOW")
            summaries["z_hi68"] = number(f"{name}68_HIGH")
            break
    return Found(
        code=CODE,
        ids=ids_of(columns["IDENT"]),
        z_point=number(points[0]),
        z_spec=number("ZSPEC") if "ZSPEC" in columns else None,
        summaries=summaries,
        notes=(f"The point is {points[0]}.",),
    )


def _columns_of(path: Path) -> dict[str, int]:
    """Return the columns, counted from 0, by name."""
    lines = header_lines(path)
    start = next((i for i, line in enumerate(lines) if _FORMAT_LINE.match(line)), len(lines))
    columns: dict[str, int] = {}
    for line in lines[start + 1 :]:
        if _FORMAT_LINE.match(line) or line.startswith("# Format"):
            break  # the same once more, without numbers
        columns |= {name: int(k) - 1 for name, k in _COLUMN.findall(line.lstrip("# "))}
    if not columns:
        raise InputError(
            f"{path}: its header lists no output columns (`# Format:`, then names and numbers). "
            "Give the file that LePHARE wrote, with its header."
        )
    return columns


def _density_beside(path: Path) -> Path | None:
    """Return the file of p(z) in the same folder, by the PDZ_OUT of the header or by name."""
    roots = [path.stem]
    for line in header_lines(path):
        said = re.match(r"#\s*PDZ_OUT\s*:\s*(\S+)", line)
        if said and said.group(1) != "NONE":
            roots.insert(0, Path(said.group(1)).name)
    endings = [f"_{kind}.prob" for kind in PDF_TYPES] + [".pdz"]
    candidates = [path.with_name(root + ending) for root in roots for ending in endings]
    return next((c for c in candidates if c.is_file()), None)


def _catalogue_beside(path: Path) -> Path | None:
    """Return the output catalogue whose p(z) a file holds, where it is in the same folder."""
    for other in sorted(path.parent.glob("*.out")):
        if is_output("\n".join(header_lines(other))) and _density_beside(other) == path:
            return other
    return None


def _with_density(found: Found, path: Path) -> Found:
    return _joined(found, *_read_density(path), path)


def _alone(path: Path) -> Found:
    ids, z_grid, density = _read_density(path)
    numbered = ids is None
    ids = np.arange(1, len(density) + 1) if ids is None else ids
    return Found(CODE, ids, z_grid=z_grid, density=density, numbered=numbered)


def _joined(
    found: Found, ids: np.ndarray | None, z_grid: np.ndarray, density: np.ndarray, path: Path
) -> Found:
    """Give each galaxy its density, by id, or by row where the densities have none."""
    if ids is None or np.array_equal(ids, found.ids):
        if len(density) != found.n:
            raise InputError(
                f"{path} has {len(density)} densities without ids, the output catalogue "
                f"{found.n} galaxies: they are not of one run."
            )
        rows = np.arange(found.n)
    else:
        place = {str(i): row for row, i in enumerate(ids)}
        rows = np.array([place.get(str(i), -1) for i in found.ids])
        if (rows < 0).all():
            raise InputError(f"{path} has no id of the output catalogue: not of one run.")
        density = np.concatenate([density, np.full((1, density.shape[1]), np.nan)])
    notes = (*found.notes, f"The densities are those of {path.name}.")
    return Found(**{**vars(found), "z_grid": z_grid, "density": density[rows], "notes": notes})


def _read_density(path: Path) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """Return ids (n,) or None, redshifts (m,) and densities there (n, m)."""
    kind = path.stem.rsplit("_", 1)[-1]
    if kind in NOT_OF_REDSHIFT:
        raise InputError(
            f"{path} holds densities of {kind}, not of the redshift: give the file of BAY_ZG or "
            "MIN_ZG (PDZ_TYPE)."
        )
    z_grid = _grid_of_pdz(path) if path.suffix == ".pdz" else _grid_of_prob(path)
    try:
        lines = data_lines(path)
        width = len(lines[0].split()) if lines else 0
        with_ids = path.suffix != ".pdz" or width == len(z_grid) + 1
        density = columns_of_text(lines, usecols=range(int(with_ids), width))
        ids = ids_of(columns_of_text(lines, np.str_, [0])[:, 0]) if with_ids else None
    except ValueError as error:
        raise InputError(f"{path} cannot be read as densities of LePHARE ({error}).") from error
    if width - int(with_ids) != len(z_grid):
        raise InputError(
            f"{path} has {width} columns, expected {len(z_grid)} densities, one at each redshift "
            "of its grid, and an id before them (which a .pdz may lack)."
        )
    return ids, z_grid, density


def _grid_of_prob(path: Path) -> np.ndarray:
    for line in header_lines(path):
        if is_prob(line):
            return np.array([name[1:] for name in line.split()[2:]], np.float64)
    raise InputError(f"{path} has no line `# Id P0 ...` with the redshifts of its densities.")


def _grid_of_pdz(path: Path) -> np.ndarray:
    beside = path.with_suffix(".zph")
    if not beside.is_file():
        raise InputError(
            f"{path} needs the redshifts of its densities: put {beside.name} beside it, which "
            "LePHARE wrote with it."
        )
    return columns_of_text(data_lines(beside)).ravel()
