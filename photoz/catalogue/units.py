"""Units of flux columns: what the file states is converted, what is not a flux is refused."""

from typing import Any, cast

import numpy as np

from photoz.catalogue.tables import Table
from photoz.errors import CatalogueError

IMPORT = "`photoz import FILE --mapping M.toml --out F.parquet`"
# spellings of microjansky that astropy does not know
MICROJANSKY = ("ujy", "microjy", "microjansky", "microjanskys", "mujy", "µjy", "μjy")
# a table of fluxes has hardly ever nearly all values between these; a table of magnitudes has
MAGNITUDE_RANGE = (10.0, 35.0)
MAGNITUDE_SHARE = 0.98
MIN_VALUES = 10


def factor_to_ujy(unit: str | None, column: str, where: str) -> float:
    """Return by what a column is multiplied to be in microjansky; no unit means it is already.

    Args:
        unit: as the file states it, or None.
        column: name of the column, for the sentence.
        where: name of the file, for the sentence.

    Raises:
        CatalogueError: the unit is not one of flux density, or is not understood.
    """
    if unit is None or not unit.strip() or unit.strip().lower() in MICROJANSKY:
        return 1.0
    from astropy import units as u

    # the metaclass that reads text is not seen by type checkers
    parsed = cast("Any", u.Unit)(unit, parse_strict="silent")
    if "magg" in unit.lower() or "mgy" in unit.lower():
        raise CatalogueError(
            f"{where}: column {column} is in {unit}; expected microjansky. Convert it with "
            f"{IMPORT}, unit = 'nanomaggy' for its bands."
        )
    if "mag" in unit.lower():
        raise CatalogueError(
            f"{where}: column {column} is in magnitudes ({unit}); expected fluxes in microjansky. "
            f"Convert it with {IMPORT}, unit = 'mag_ab' for its bands."
        )
    try:
        return float(np.real(parsed.to(u.Unit("uJy"))))
    except (u.UnitConversionError, ValueError) as error:
        raise CatalogueError(
            f"{where}: column {column} is in {unit!r}, which is not a unit of flux density; "
            f"expected microjansky (uJy). Convert it with {IMPORT}, or correct the unit."
        ) from error


def check_plausible(table: Table, bands: tuple[str, ...], where: str) -> None:
    """Refuse tables without units whose fluxes are visibly magnitudes or nanomaggies.

    Nanomaggies (3.631 microjansky) cannot be told by their size, only where the file says so.

    Raises:
        CatalogueError: they are.
    """
    said = " ".join(str(v) for k, v in table.metadata.items() if k != "photoz").lower()
    if "nanomagg" in said or "nmgy" in said:
        raise CatalogueError(
            f"{where}: the header speaks of nanomaggies, the flux columns state no unit; expected "
            f"microjansky. Convert them with {IMPORT}, unit = 'nanomaggy' for the bands, or state "
            "the unit uJy in the columns."
        )
    columns = table.columns
    flux = np.concatenate([np.asarray(columns[f"flux_{b}"], float) for b in bands])
    err = np.concatenate([np.asarray(columns[f"err_{b}"], float) for b in bands])
    seen = np.isfinite(flux) & np.isfinite(err)
    if seen.sum() < MIN_VALUES:
        return
    low, high = MAGNITUDE_RANGE
    like = (flux[seen] > low) & (flux[seen] < high) & (err[seen] < 1.0)
    if like.mean() >= MAGNITUDE_SHARE:
        raise CatalogueError(
            f"{where}: {like.mean():.0%} of the fluxes lie between {low:g} and {high:g} with "
            "errors below 1, as magnitudes do; expected fluxes in microjansky (AB 23.9). Convert "
            f"them with {IMPORT}, unit = 'mag_ab' for the bands. If they are fluxes, say so: give "
            "the columns the unit uJy."
        )
