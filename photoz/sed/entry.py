"""One `[[band]]` entry of a survey file: its keys, the source of its curve, its band."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from photoz.errors import RecipeError
from photoz.sed.curves import (
    DETECTORS,
    Curve,
    file_curve,
    photon_counting,
    sedpy_curve,
    smooth_curve,
    speclite_curve,
)
from photoz.sed.filters import Band
from photoz.sed.svo import svo_curve

SOURCES = ("sedpy", "speclite", "svo", "file", "centre_aa")
BAND_KEYS = {"name", "group", "width_aa", "detector", "pivot_aa", "note", *SOURCES}
NUMBERS = ("centre_aa", "width_aa", "pivot_aa")
GROUPS = ("broad", "medium", "narrow", "irac")
# A stated pivot and the curve's may differ by this fraction: curve releases differ by 1 to 2 %.
PIVOT_TOLERANCE = 0.03


def read_band(entry: Mapping[str, Any], folders: Sequence[Path], where: str) -> Band:
    """Build the band of one entry.

    Args:
        entry: the entry's keys and values, as TOML gives them.
        folders: where relative `file` and `svo` paths are looked for, in order.
        where: the survey file and the band, to begin error messages with.

    Raises:
        RecipeError: an unknown or missing key, no or several sources, a value of the wrong kind,
            a curve that cannot be read, or one whose pivot is not the stated `pivot_aa`.
    """
    _check_keys(entry, where)
    group = entry.get("group", "broad")
    if group not in GROUPS:
        raise RecipeError(f"{where}: group {group!r} is none of {', '.join(GROUPS)}.")
    curve, source = _curve(entry, folders, where)
    band = Band(entry["name"], *curve, group, source)
    stated = entry.get("pivot_aa")
    if stated and abs(band.pivot_aa / stated - 1) > PIVOT_TOLERANCE:
        raise RecipeError(
            f"{where}: the curve's pivot wavelength is {band.pivot_aa:.0f} angstrom, pivot_aa says "
            f"{stated:g}. Is it the curve of another band, or not in angstrom?"
        )
    return band


def _check_keys(entry: Mapping[str, Any], where: str) -> None:
    unknown = set(entry) - BAND_KEYS
    if unknown or "name" not in entry:
        raise RecipeError(
            f"{where}: {'unknown key ' + ', '.join(sorted(unknown)) if unknown else 'no name'}; "
            f"a band has {', '.join(sorted(BAND_KEYS))}."
        )
    given = [key for key in SOURCES if key in entry]
    if len(given) != 1:
        raise RecipeError(
            f"{where}: give exactly one of {', '.join(SOURCES[:-1])}, or centre_aa with width_aa; "
            f"found {', '.join(given) or 'none'}."
        )
    for key, value in entry.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number != (key in NUMBERS) or (number and not value > 0):
            wanted = "a positive number" if key in NUMBERS else "text in quotes"
            raise RecipeError(f"{where}: {key} = {value!r} must be {wanted}.")
    if ("centre_aa" in entry) != ("width_aa" in entry):
        raise RecipeError(f"{where}: centre_aa needs width_aa (the FWHM in angstrom) beside it.")
    detector = entry.get("detector", DETECTORS[0])
    if detector not in DETECTORS:
        raise RecipeError(f"{where}: detector {detector!r} is none of {', '.join(DETECTORS)}.")
    if "detector" in entry and given[0] not in ("file", "svo"):
        raise RecipeError(f"{where}: detector belongs to a file or svo curve; remove the key.")


def _curve(entry: Mapping[str, Any], folders: Sequence[Path], where: str) -> tuple[Curve, str]:
    """The curve of an entry and a description of its source."""
    if "centre_aa" in entry:
        centre_aa, width_aa = float(entry["centre_aa"]), float(entry["width_aa"])
        return smooth_curve(centre_aa, width_aa), f"smooth {centre_aa:g}/{width_aa:g} angstrom"
    packages: dict[str, tuple[str, Callable[[str], Curve]]] = {
        "sedpy": ("astro-sedpy", sedpy_curve),
        "speclite": ("speclite", speclite_curve),
    }
    for key, (package, read) in packages.items():
        if key in entry:
            return read(entry[key]), f"{package} {entry[key]}"
    detector = entry.get("detector")
    if "svo" in entry:
        return svo_curve(_find(entry["svo"], folders, where), detector), f"SVO {entry['svo']}"
    curve = file_curve(_find(entry["file"], folders, where))
    return photon_counting(curve, detector or DETECTORS[0]), str(entry["file"])


def _find(name: str, folders: Sequence[Path], where: str) -> Path:
    """The curve file of that name in the first folder that has it."""
    path = Path(name).expanduser()
    places = [path] if path.is_absolute() else [folder / path for folder in folders]
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(str(place.parent) for place in places)
    raise RecipeError(
        f"{where}: curve file {path.name} does not exist; looked in {looked}. Give the folder that "
        'has it: curves = "FOLDER" in the survey file, the variable PHOTOZ_CURVES, or --curves '
        "where a command has it."
    )
