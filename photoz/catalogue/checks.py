"""Checks on columns of a catalogue; each refusal names the column, row, value and remedy."""

import numpy as np

from photoz.errors import CatalogueError

# what catalogues write where they have no value; a flux of 99 may be real, see `check_sentinels`
SENTINELS = (-99.0, 99.0, -999.0, -9999.0, 1e20, -1e20)
MAYBE_REAL = 99.0
IMPORT = "`photoz import FILE --out F.parquet`"
SHOWN = 3


def rows_named(bad: np.ndarray, ids: np.ndarray) -> str:
    """Name the rows of a mask, counted from 1, with their ids."""
    index = np.flatnonzero(bad)
    named = ", ".join(f"row {i + 1} (id {ids[i]})" for i in index[:SHOWN])
    return named + (f" and {len(index) - SHOWN} more rows" if len(index) > SHOWN else "")


def as_numbers(values: np.ndarray, column: str, where: str) -> np.ndarray:
    """Return a column as float64 (n,); text that spells numbers counts, empty text is NaN.

    Raises:
        CatalogueError: text that is no number, or more than one value a row.
    """
    if values.ndim != 1 or values.dtype.kind not in "iufbU":
        raise CatalogueError(
            f"{where}: column {column} must be one number per row; found {values.dtype} of shape "
            f"{values.shape}. Rename it if it is something else."
        )
    if values.dtype.kind != "U":
        return values.astype(float)
    numbers = np.full(len(values), np.nan)
    for i, text in enumerate(values):
        if not text.strip():
            continue
        try:
            numbers[i] = float(text)
        except ValueError as error:
            raise CatalogueError(
                f"{where}: column {column} has the text {str(text)!r} in row {i + 1}; expected "
                "numbers, empty where missing. Correct or clear it, or rename the column."
            ) from error
    return numbers


def check_ids(values: np.ndarray, where: str) -> np.ndarray:
    """Return ids (n,) as int64 or text; whole numbers stored as floats become integers.

    Raises:
        CatalogueError: an id is missing, given twice, or not a whole number or text.
    """
    if values.ndim != 1 or values.dtype.kind not in "iufU":
        raise CatalogueError(
            f"{where}: column id must be whole numbers or text; found {values.dtype} of shape "
            f"{values.shape}."
        )
    rows = np.arange(1, len(values) + 1)
    missing = values == "" if values.dtype.kind == "U" else ~np.isfinite(values.astype(float))
    if missing.any():
        raise CatalogueError(
            f"{where}: column id is missing in {rows_named(missing, rows)}; expected one per "
            f"galaxy. Fill it in, or number the rows with {IMPORT}."
        )
    ids = values
    if values.dtype.kind == "f":
        ids = values.astype(np.int64)
        if (ids != values).any() or (np.abs(values) >= 2.0**53).any():
            i = int(np.argmax((ids != values) | (np.abs(values) >= 2.0**53)))
            raise CatalogueError(
                f"{where}: column id holds the number {float(values[i])!r} in row {i + 1}; "
                "expected whole numbers or text. Store ids as integers or as text."
            )
    elif values.dtype.kind == "u" and values.max(initial=0) < 2**63:
        ids = values.astype(np.int64)
    unique, count = np.unique(ids, return_counts=True)
    if len(unique) < len(ids):
        twice = unique[np.argmax(count > 1)]
        at = ", ".join(str(i + 1) for i in np.flatnonzero(ids == twice)[:SHOWN])
        raise CatalogueError(
            f"{where}: {int((count > 1).sum())} ids are given more than once, the first is "
            f"{twice} in rows {at}; expected one row per galaxy. Remove the copies or renumber."
        )
    return ids


def check_range(
    values: np.ndarray, column: str, low: float, high: float, ids: np.ndarray, where: str
) -> None:
    """Refuse values (n,) outside low..high; NaN passes as unknown.

    Raises:
        CatalogueError: a value outside.
    """
    bad = ~np.isnan(values) & ~((values >= low) & (values <= high))
    if bad.any():
        raise CatalogueError(
            f"{where}: column {column} is {values[bad][0]:g} in {rows_named(bad, ids)}; expected "
            f"{low:g} to {high:g}, or NaN where unknown. If it marks a missing value, "
            f"{IMPORT} turns it into one."
        )


def check_sentinels(
    values: np.ndarray, column: str, ids: np.ndarray, where: str, allow_99: bool = False
) -> None:
    """Refuse values that stand for "missing".

    Args:
        values: (n,) fluxes, errors or limits.
        column: its name.
        ids: (n,).
        where: name of the file.
        allow_99: exactly 99 is a flux: true for files that the project itself wrote.

    Raises:
        CatalogueError: there are some.
    """
    marks = [mark for mark in SENTINELS if not (allow_99 and mark == MAYBE_REAL)]
    bad = np.isin(values, marks)
    if bad.any():
        raise CatalogueError(
            f"{where}: column {column} is {values[bad][0]:g} in {rows_named(bad, ids)}, which "
            f"stands for a missing value; expected NaN there. {IMPORT} turns such values into NaN."
        )
    infinite = np.isinf(values)
    if infinite.any():
        raise CatalogueError(
            f"{where}: column {column} is infinite in {rows_named(infinite, ids)}; expected a "
            f"number, or NaN where missing. {IMPORT} turns infinities into NaN."
        )


def check_errors(
    flux: np.ndarray, err: np.ndarray, limit: np.ndarray, band: str, ids: np.ndarray, where: str
) -> None:
    """Refuse errors (n,) that are not above zero at a measured flux, and limits below the flux.

    Raises:
        CatalogueError: there are some.
    """
    limited = ~np.isnan(limit)
    bad = ~np.isnan(flux) & ~limited & (err <= 0)
    if bad.any():
        raise CatalogueError(
            f"{where}: err_{band} is {err[bad][0]:g} in {rows_named(bad, ids)}, where flux_{band} "
            f"is {flux[bad][0]:g}; expected an error above 0. Give the true error, or set it to "
            f"NaN if the flux is not to be used; {IMPORT} does that."
        )
    bad = limited & (limit <= 0)
    if bad.any():
        raise CatalogueError(
            f"{where}: uplim_{band} is {limit[bad][0]:g} in {rows_named(bad, ids)}; expected an "
            "upper limit above 0 microjansky, or NaN where the band is measured or missing."
        )
    bad = limited & (flux > limit)
    if bad.any():
        raise CatalogueError(
            f"{where}: uplim_{band} is {limit[bad][0]:g} but flux_{band} is {flux[bad][0]:g}, "
            f"above it, in {rows_named(bad, ids)}; a limit means that only the limit is known. "
            "Set the limit to NaN where the band is detected."
        )
