"""A survey: its bands and their curves, read from a TOML file of one line per band."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from photoz.assets import assets_dir, named_or_path
from photoz.errors import RecipeError
from photoz.sed.filters import Band, file_curve, sedpy_curve, smooth_curve

SURVEY_KEYS = {"name", "title", "reference_band", "curves", "citation", "band"}
BAND_KEYS = {"name", "group", "sedpy", "file", "centre_aa", "width_aa", "note"}
GROUPS = ("broad", "medium", "narrow", "irac")


@dataclass(frozen=True)
class Survey:
    """The bands of a survey, in order.

    Attributes:
        name: short name, as in `--survey`.
        title: what people read.
        bands: the bands, (n_band,).
        reference_band: the band that selects galaxies and that calibration holds fixed.
    """

    name: str
    title: str
    bands: tuple[Band, ...]
    reference_band: str

    @property
    def band_names(self) -> tuple[str, ...]:
        """Names of the bands, in order."""
        return tuple(band.name for band in self.bands)

    def subset(self, names: tuple[str, ...] | list[str]) -> "Survey":
        """Return the survey with only the named bands, in the order given.

        Raises:
            RecipeError: a name is not a band of this survey.
        """
        by_name = {band.name: band for band in self.bands}
        unknown = [name for name in names if name not in by_name]
        if unknown:
            raise RecipeError(
                f"Survey {self.name} has no band {', '.join(unknown)}; "
                f"its bands are {', '.join(by_name)}."
            )
        reference = self.reference_band if self.reference_band in names else names[0]
        return Survey(self.name, self.title, tuple(by_name[n] for n in names), reference)


def _curve(entry: dict[str, Any], folder: Path, where: str):
    given = [key for key in ("sedpy", "file", "centre_aa") if key in entry]
    if len(given) != 1:
        raise RecipeError(
            f"{where}: give exactly one of sedpy, file or centre_aa with width_aa; found {given}."
        )
    if given[0] == "sedpy":
        return (*sedpy_curve(entry["sedpy"]), f"astro-sedpy {entry['sedpy']}")
    if given[0] == "file":
        path = Path(entry["file"]).expanduser()
        return (*file_curve(path if path.is_absolute() else folder / path), str(entry["file"]))
    if "width_aa" not in entry:
        raise RecipeError(f"{where}: centre_aa needs width_aa (the FWHM in angstrom) beside it.")
    source = f"smooth curve {entry['centre_aa']}/{entry['width_aa']} angstrom"
    return (*smooth_curve(float(entry["centre_aa"]), float(entry["width_aa"])), source)


def _band(entry: dict[str, Any], folder: Path, path: Path) -> Band:
    where = f"{path}, band {entry.get('name', '?')}"
    unknown = set(entry) - BAND_KEYS
    if unknown or "name" not in entry:
        raise RecipeError(
            f"{where}: {'unknown key ' + ', '.join(sorted(unknown)) if unknown else 'no name'}; "
            f"a band has {', '.join(sorted(BAND_KEYS))}."
        )
    group = entry.get("group", "broad")
    if group not in GROUPS:
        raise RecipeError(f"{where}: group {group!r} is none of {', '.join(GROUPS)}.")
    wave_aa, transmission, source = _curve(entry, folder, where)
    return Band(entry["name"], wave_aa, transmission, group, source)


def load_survey(name: str | Path, curves: str | Path | None = None) -> Survey:
    """Load a shipped survey by name, or a survey TOML by path.

    Args:
        name: `cosmos2020`, `sdss-2mass`, ... or the path of a TOML file.
        curves: folder of the curve files; default the file's `curves` key, else its own folder.

    Raises:
        RecipeError: the file cannot be parsed, or a band or key in it is wrong.
    """
    path = named_or_path(name, "surveys")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML: {error}.") from error
    unknown = set(table) - SURVEY_KEYS
    if unknown:
        raise RecipeError(
            f"{path}: unknown key {', '.join(sorted(unknown))}; "
            f"a survey has {', '.join(sorted(SURVEY_KEYS))}."
        )
    if not table.get("band"):
        raise RecipeError(f"{path}: a survey needs at least one [[band]] entry.")
    folder = Path(curves or table.get("curves", path.parent)).expanduser()
    bands = tuple(_band(entry, folder, path) for entry in table["band"])
    names = [band.name for band in bands]
    double = sorted({n for n in names if names.count(n) > 1})
    if double:
        raise RecipeError(f"{path}: band {', '.join(double)} is listed twice.")
    reference = table.get("reference_band", names[0])
    if reference not in names:
        raise RecipeError(f"{path}: reference_band {reference!r} is not among its bands.")
    return Survey(table.get("name", path.stem), table.get("title", path.stem), bands, reference)


@cache
def shipped_surveys() -> dict[str, dict[str, Any]]:
    """Return the tables of the shipped survey files by name, in order; no curve is read."""
    paths = sorted((assets_dir() / "surveys").glob("*.toml"))
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in paths}


def surveys_of_bands(bands: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the tables of the shipped surveys that have all these bands, by name."""
    return {
        name: table
        for name, table in shipped_surveys().items()
        if set(bands) <= {band["name"] for band in table.get("band", [])}
    }
