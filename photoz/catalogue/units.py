"""Units of flux columns: what the file states is converted, what is not a flux is refused."""

from typing import Any, cast

import numpy as np

from photoz.catalogue.checks import as_numbers
from photoz.catalogue.tables import Table
from photoz.errors import CatalogueError

IMPORT = "`photoz import FILE --mapping M.toml --out F.parquet`"
# spellings of microjansky that astropy does not know
MICROJANSKY = ("ujy", "microjy", "microjansky", "microjanskys", "mujy", "µjy", "μjy")
# a table of fluxes has hardly ever nearly all values between these; a table of magnitudes has
MAGNITUDE_RANGE = (10.0, 35.0)
MAGNITUDE_SHARE = 0.98
MIN_VALUES = 10
MANY_VALUES = 100
MIN_CORRELATION = 0.5
# 5 sigma at AB 32; the deepest fields of JWST reach 31
SMALLEST_ERROR_UJY = 1e-4


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
    """Refuse columns without a unit that are visibly magnitudes, nanomaggies, Jy or mJy.

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
    flux = np.stack([as_numbers(table.columns[f"flux_{b}"], b, where) for b in bands], axis=1)
    err = np.stack([as_numbers(table.columns[f"err_{b}"], b, where) for b in bands], axis=1)
    seen = np.isfinite(flux) & np.isfinite(err)
    _check_not_magnitudes(flux, err, seen, bands, where)
    for b, band in enumerate(bands):
        _check_not_jansky(err[seen[:, b], b], band, where)


def _check_not_magnitudes(
    flux: np.ndarray, err: np.ndarray, seen: np.ndarray, bands: tuple[str, ...], where: str
) -> None:
    """Refuse fluxes (n, n_band) that look like magnitudes, all of them or a band among others.

    A band of magnitudes among fluxes is told by its order: it falls where the others rise.
    """
    if seen.sum() < MIN_VALUES:
        return
    low, high = MAGNITUDE_RANGE
    inside = (flux > low) & (flux < high)
    # errors left as fluxes' do not speak for fluxes in a table long enough
    like = inside if seen.sum() >= MANY_VALUES else inside & (err < 1.0)
    if like[seen].mean() >= MAGNITUDE_SHARE:
        raise CatalogueError(
            f"{where}: {like[seen].mean():.0%} of the fluxes lie between {low:g} and {high:g}, as "
            "magnitudes do; expected fluxes in microjansky (AB 23.9). Convert them with "
            f"{IMPORT}, unit = 'mag_ab' for the bands. If they are fluxes, say so: give the "
            "columns the unit uJy."
        )
    for b, band in enumerate(bands):
        others = np.where(seen, flux, np.nan)
        others[:, b] = np.nan
        rows = seen[:, b] & np.isfinite(others).any(axis=1)
        if rows.sum() < MIN_VALUES or inside[rows, b].mean() < MAGNITUDE_SHARE:
            continue
        order = _rank_correlation(flux[rows, b], np.nanmedian(others[rows], axis=1))
        if order < -MIN_CORRELATION:
            raise CatalogueError(
                f"{where}: flux_{band} looks like magnitudes: it lies between {low:g} and "
                f"{high:g} and falls where the other bands rise; expected fluxes in microjansky "
                f"(AB 23.9). Convert it with {IMPORT}, unit = 'mag_ab' for the band. If it is a "
                "flux, give the column the unit uJy."
            )


def _rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's correlation of two arrays (n,); 0 where one is constant."""
    if np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return 0.0
    return float(np.corrcoef(x.argsort().argsort(), y.argsort().argsort())[0, 1])


def _check_not_jansky(err: np.ndarray, band: str, where: str) -> None:
    """Refuse errors (n,) smaller than any telescope's in microjansky."""
    if len(err) and 0.0 < np.median(err) < SMALLEST_ERROR_UJY:
        raise CatalogueError(
            f"{where}: err_{band} is {np.median(err):.2g} in the median, less than any survey "
            "reaches in microjansky; the band looks like Jy or mJy. Convert it with "
            f"{IMPORT}, unit = 'Jy' (or what it is) for the band. If it is in microjansky, give "
            "the column the unit uJy."
        )
