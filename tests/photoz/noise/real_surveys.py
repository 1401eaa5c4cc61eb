"""The real catalogues of the data folder as surveys: their bands from the JSON beside each."""

import json
import os
from pathlib import Path

import pytest

from photoz.catalogue import Catalogue, read_catalogue
from photoz.sed.survey import load_survey

DATA = Path(os.environ.get("PHOTOZ_DATA", "nowhere"))
NAMES = ("cosmos2020_first100", "cosmos2020_highz_half", "vvds_deep", "hdfn_fs99")


def real_survey(name: str, folder: Path) -> tuple[Catalogue, dict[str, float]]:
    """Read a table and the pivot wavelengths of its bands, or skip where it is not here.

    The bands go through a survey TOML in `folder`, as a person would write it: sedpy's curve
    where it has one, else the two-column file of the folder `filters` beside the data.
    """
    path = DATA / f"{name}.parquet"
    if not path.is_file():
        pytest.skip(f"{name}.parquet is not here; PHOTOZ_DATA names the folder of real galaxies.")
    curves = DATA.parent / "filters"
    entries = json.loads(path.with_suffix(".json").read_text())["bands"]
    lines = [f'name = "{name}"', f'title = "{name}"', f'reference_band = "{next(iter(entries))}"']
    lines += [f'curves = "{curves}"']
    for band, entry in entries.items():
        curve = f'sedpy = "{entry["sedpy"]}"' if entry["sedpy"] else f'file = "{entry["curve"]}"'
        lines += ["[[band]]", f'name = "{band}"', 'group = "broad"', curve]
    toml = folder / f"{name}.toml"
    toml.write_text("\n".join(lines) + "\n")
    survey = load_survey(toml)
    catalogue = read_catalogue(path, bands=survey.band_names)
    return catalogue, {band.name: float(band.pivot_aa) for band in survey.bands}
