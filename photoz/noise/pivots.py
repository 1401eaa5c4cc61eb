"""Where bands lie in wavelength, by their names in the shipped surveys."""

from collections.abc import Mapping, Sequence

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
    from photoz.sed.survey import shipped_pivots_aa as known_pivots_aa
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
