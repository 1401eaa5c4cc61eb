"""Band curves from VOTables of the SVO Filter Profile Service.

The service states with each curve whether it was made for a detector that counts energy
(`DetectorType` 0) or photons (1); Rodrigo & Solano 2020, 2020sea..confE.182R.
"""

from pathlib import Path
from typing import Any

import numpy as np

from photoz.errors import RecipeError
from photoz.sed.curves import DETECTORS, Curve, photon_counting, tidy

DETECTOR_TYPE = {"0": "energy", "1": "photon"}


def svo_curve(path: Path, detector: str | None = None) -> Curve:
    """Read a filter VOTable: wavelength (angstrom) and photon-counting transmission.

    Args:
        path: the XML file that the service gives for one filter.
        detector: `photon` or `energy`, for a file that does not say which.

    Raises:
        RecipeError: no such file, no VOTable, no curve or unit of wavelength in it, or the kind
            of detector is not known, or stated differently in the file.
    """
    if not path.is_file():
        raise RecipeError(f"Filter VOTable {path} does not exist; give the path of its XML file.")
    table = _table(path)
    wave_field, trans_field = _fields(table, path)
    unit = wave_field.unit
    if unit is None or not unit.is_equivalent("angstrom"):
        stated = "" if unit is None else unit.to_string()
        raise RecipeError(
            f"{path}: column {wave_field.name} has the unit {stated or 'none'}, which is no "
            'length; write unit="Angstrom" (or nm, um) into its FIELD.'
        )
    wave_aa = unit.to("angstrom", _numbers(table, wave_field))
    curve = tidy(wave_aa, _numbers(table, trans_field))
    return photon_counting(curve, _detector(table, detector, path))


def _table(path: Path) -> Any:
    import warnings
    from xml.parsers.expat import ExpatError

    from astropy.io.votable import parse_single_table

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_single_table(path, verify="ignore")
    except (OSError, ValueError, IndexError, SyntaxError, ExpatError) as error:
        first = (str(error).splitlines() or ["no table in it"])[0]
        raise RecipeError(
            f"{path} is not a VOTable with one filter curve ({first}); save the XML that the SVO "
            "Filter Profile Service gives for one filter."
        ) from error


def _fields(table: Any, path: Path) -> tuple[Any, Any]:
    """The columns of wavelength and transmission, by name or by UCD."""
    found = []
    for name, ucd in (("wavelength", "em.wl"), ("transmission", "phys.transmission")):
        fields = [
            field
            for field in table.fields
            if (field.name or "").lower() == name or (field.ucd or "").lower().startswith(ucd)
        ]
        if len(fields) != 1:
            names = ", ".join(field.name or "?" for field in table.fields) or "none"
            raise RecipeError(
                f"{path}: one column of {name} is needed (by its name, or ucd {ucd}); its columns "
                f"are {names}. A list of filters is not a curve: save the XML of one filter."
            )
        found += fields
    return found[0], found[1]


def _numbers(table: Any, field: Any) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(table.array[field.ID], float), np.nan)


def _detector(table: Any, given: str | None, path: Path) -> str:
    values = [
        str(param.value).strip()
        for param in table.iter_fields_and_params()
        if (param.name or "").lower() == "detectortype" and hasattr(param, "value")
    ]
    stated = DETECTOR_TYPE.get(values[0]) if values else None
    if values and stated is None:
        raise RecipeError(
            f"{path}: DetectorType is {values[0]!r}; expected 0 (energy counter) or 1 (photon)."
        )
    if stated and given and stated != given:
        raise RecipeError(
            f'{path} says that its detector counts {stated}, the survey file detector = "{given}"; '
            "remove the key."
        )
    if not (stated or given):
        raise RecipeError(
            f"{path} has no DetectorType, so it is not known whether the curve counts photons or "
            f'energy; add detector = "{DETECTORS[0]}" or "{DETECTORS[1]}" to the band.'
        )
    return stated or given or DETECTORS[0]
