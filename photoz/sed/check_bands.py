"""Refuse bands that see, at some redshift, light the SSP grid does not have."""

import math

import numpy as np

from photoz.errors import GridError
from photoz.sed.filters import Band
from photoz.sed.igm import transmission

# beyond a Lyman limit that lets through less than this, missing light is no loss
OPAQUE = 1e-3
Z_LARGEST = 20.0


def band_problems(
    bands: tuple[Band, ...], edges_aa: np.ndarray, z_max: float, igm: str | None
) -> list[str]:
    """Say of each band what part of it has no spectrum, and the remedy; empty if all is well.

    The red end matters at z = 0. The blue end matters from the redshift at which it leaves the
    spectrum, unless the intergalactic medium is opaque there: the mean transmission at a fixed
    observed wavelength only falls with redshift, so it is asked once, at that redshift.

    Args:
        bands: the bands.
        edges_aa: rest-frame pixel edges of the grid in angstrom, (n_wave + 1,).
        z_max: largest redshift.
        igm: model of the intergalactic medium, or None where it is switched off.
    """
    first, last = float(edges_aa[0]), float(edges_aa[-1])
    said = []
    for band in bands:
        blue, red = band.range_aa
        if red > last:
            said.append(
                f"Band {band.name} reaches {red:.0f} A, but the SSP grid ends at {last:.0f} A: at "
                "z = 0 part of the band has no spectrum. Build a grid with `photoz ssp build "
                f"--last-aa {red * 1.02:.0f}`, or leave the band out."
            )
        z_leave = blue / first - 1.0
        if z_leave >= z_max:
            continue
        if z_leave <= 0.0:
            said.append(
                f"Band {band.name} begins at {blue:.4g} A, but the SSP grid begins at {first:.0f} "
                "A: part of the band has no spectrum at any redshift. Curves are in angstrom; "
                "check the unit, or leave the band out."
            )
        elif igm is None or _seen(first, z_leave, igm) > OPAQUE:
            said.append(
                f"Band {band.name} begins at {blue:.0f} A, but the SSP grid begins at {first:.0f} "
                f"A: above z = {z_leave:.2f} part of the band has no spectrum, and z_max is "
                f"{z_max:g}. Lower z_max to {math.floor(100 * z_leave) / 100:g}, build a grid with "
                f"`photoz ssp build --first-aa {0.98 * blue / (1 + z_max):.0f}`, or leave the "
                "band out."
            )
    return said


def check_bands(
    bands: tuple[Band, ...], edges_aa: np.ndarray, z_max: float, igm: str | None
) -> None:
    """Refuse bands outside the spectrum; see `band_problems`.

    Raises:
        GridError: a band has no spectrum in part at some redshift, or `z_max` is no redshift.
    """
    if not 0.0 < z_max <= Z_LARGEST:
        raise GridError(f"z_max is {z_max:g}: expected a redshift above 0 and up to {Z_LARGEST:g}.")
    problems = band_problems(bands, edges_aa, z_max, igm)
    if problems:
        raise GridError("\n".join(problems))


def _seen(rest_aa: float, z: float, model: str) -> float:
    return float(transmission(np.array([rest_aa]), z, model)[0])
