"""A survey: its bands and their curves, read from a TOML file of one line per band."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from photoz.assets import assets_dir, named_or_path
from photoz.errors import RecipeError
from photoz.sed.entry import read_band
from photoz.sed.filters import Band

SURVEY_KEYS = {"name", "title", "reference_band", "curves", "citation", "band"}
# Further folders of curve files, as the shell's PATH has folders of programs.
CURVES_VARIABLE = "PHOTOZ_CURVES"


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


def load_survey(name: str | Path, curves: str | Path | None = None) -> Survey:
    """Load a shipped survey by name, or a survey TOML by path.

    Args:
        name: `cosmos2020`, `sdss-2mass`, ... or the path of a TOML file.
        curves: folder in which curve files are looked for first. Then come the file's `curves`
            key (relative to the file; without it, the file's own folder) and the folders of the
            variable PHOTOZ_CURVES.

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
    for key in ("name", "title", "reference_band", "curves"):
        if not isinstance(table.get(key, ""), str):
            raise RecipeError(f"{path}: {key} = {table[key]!r}: expected text in quotes.")
    entries = table.get("band")
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict):
        raise RecipeError(f"{path}: a survey needs at least one [[band]] entry.")
    folders = _folders(table, path, curves)
    bands = tuple(
        read_band(entry, folders, f"{path}, band {entry.get('name', '?')}")
        for entry in table["band"]
    )
    names = [band.name for band in bands]
    double = sorted({n for n in names if names.count(n) > 1})
    if double:
        raise RecipeError(f"{path}: band {', '.join(double)} is listed twice.")
    reference = table.get("reference_band", names[0])
    if reference not in names:
        raise RecipeError(f"{path}: reference_band {reference!r} is not among its bands.")
    return Survey(table.get("name", path.stem), table.get("title", path.stem), bands, reference)


def _folders(table: Mapping[str, Any], path: Path, curves: str | Path | None = None) -> list[Path]:
    """Where the curve files of a survey file are looked for, in order."""
    stated = path.parent / Path(table.get("curves", "")).expanduser()
    variable = [place for place in os.environ.get(CURVES_VARIABLE, "").split(os.pathsep) if place]
    given = [] if curves is None else [curves]
    return [Path(place).expanduser() for place in (*given, stated, *variable)]


@cache
def shipped_surveys() -> dict[str, dict[str, Any]]:
    """Return the tables of the shipped survey files by name, in order; no curve is read."""
    paths = sorted((assets_dir() / "surveys").glob("*.toml"))
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in paths}


def surveys_of_bands(bands: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the tables of the shipped surveys that have all these bands, fewest bands first."""
    having = {
        name: table
        for name, table in shipped_surveys().items()
        if set(bands) <= {band["name"] for band in table.get("band", [])}
    }
    return dict(sorted(having.items(), key=lambda item: len(item[1]["band"])))


def shipped_pivots_aa(bands: Sequence[str]) -> dict[str, float]:
    """Return pivot wavelengths in angstrom of those bands that a shipped survey has.

    A pivot stated in the survey file (`pivot_aa`) is taken as it is, so the bands of a survey
    whose curve files are elsewhere have a wavelength too.
    """
    known: dict[str, float] = {}
    for name, table in shipped_surveys().items():
        for entry in table["band"]:
            band = entry["name"]
            if band in bands and band not in known:
                stated = entry.get("pivot_aa")
                known[band] = float(stated or read_band(entry, [], f"{name}, {band}").pivot_aa)
    return known
