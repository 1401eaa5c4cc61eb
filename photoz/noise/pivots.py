"""Where bands lie in wavelength, by their names in the shipped surveys."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from photoz.errors import InputError


def pivots_aa(bands: Sequence[str], wave_aa: Mapping[str, float] | None) -> np.ndarray:
    """Pivot wavelengths (n_band,) in angstrom, from `wave_aa` or, if None, the shipped surveys.

    Raises:
        InputError: a band whose wavelength is not known.
    """
    waves = shipped_pivots_aa(bands) if wave_aa is None else wave_aa
    absent = [band for band in bands if band not in waves]
    if absent:
        raise InputError(
            f"The wavelength of {', '.join(absent)} is not known; known are "
            f"{', '.join(sorted(waves))}. Name a survey file that has the band (--survey)."
        )
    return np.array([waves[band] for band in bands])


def shipped_pivots_aa(bands: Sequence[str]) -> dict[str, float]:
    """Pivot wavelengths in angstrom of bands that a shipped survey knows.

    Raises:
        InputError: a band that no shipped survey has.
    """
    from photoz.sed.survey import shipped_surveys

    known = known_pivots_aa(bands)
    absent = [band for band in bands if band not in known]
    if absent:
        raise InputError(
            f"No shipped survey ({', '.join(shipped_surveys())}) has the band "
            f"{', '.join(absent)}, so its wavelength is not known. Name a survey file that has "
            "it, or one whose bands are the ones you want (--survey)."
        )
    return {band: known[band] for band in bands}


def adjacent_bands(
    bands: Sequence[str], wave_aa: Mapping[str, float] | None = None
) -> list[tuple[str, str]]:
    """Return pairs of neighbours in wavelength, bluer band first.

    Args:
        bands: names.
        wave_aa: pivot wavelengths; None looks the bands up in the shipped surveys. Where any band
            has none, neighbours are those in the order given.
    """
    waves = known_pivots_aa(bands) if wave_aa is None else wave_aa
    ordered = list(bands)
    if all(band in waves for band in bands):
        ordered.sort(key=lambda band: waves[band])
    return list(pairwise(ordered))


def known_pivots_aa(bands: Sequence[str]) -> dict[str, float]:
    """Return the pivot wavelengths in angstrom that the shipped surveys know of these bands.

    Bands that no shipped survey has are left out; others may be in it.
    """
    from photoz.sed.survey import shipped_pivots_aa as surveys_pivots_aa

    return surveys_pivots_aa(bands)
