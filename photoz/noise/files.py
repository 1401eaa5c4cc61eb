"""The noise file: JSON that a person can read and edit."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from photoz.assets import assets_dir
from photoz.atomic import write_text
from photoz.errors import InputError
from photoz.noise.model import PER_BAND, SCALARS, NoiseModel
from photoz.noise.template import TEMPLATE_FRACTION, TEMPLATE_WAVE_AA

FORMAT_VERSION = 1
LATER: dict[str, Any] = {"template_length": 0.0}  # what files from before there was one mean
REMEDY = "`photoz noise fit CATALOGUE --out FILE` makes one."


def noise_to_dict(model: NoiseModel) -> dict[str, Any]:
    """Return the model as what JSON holds: one entry per band, patterns as text of 1 and 0."""
    values = asdict(model)
    bands = [
        {"name": band, **{key: float(values[key][i]) for key in PER_BAND}}
        for i, band in enumerate(model.bands)
    ]
    patterns = {
        "".join("0" if missing else "1" for missing in row): float(share)
        for row, share in zip(model.patterns, model.pattern_share, strict=True)
    }
    return {
        "format": "photoz noise",
        "version": FORMAT_VERSION,
        "bands": bands,
        "observed_patterns": patterns,
        **{key: values[key] for key in SCALARS},
        "template_error": {
            "rest_wave_aa": list(TEMPLATE_WAVE_AA),
            "fraction": list(TEMPLATE_FRACTION),
        },
        "correlation": np.round(model.correlation, 6).tolist(),
        "provenance": model.provenance,
    }


def noise_from_dict(record: dict[str, Any], where: str = "The noise model") -> NoiseModel:
    """Build a model from what `noise_to_dict` gave.

    Raises:
        InputError: another format or version, an entry missing or of another kind.
    """
    if record.get("format") != "photoz noise" or record.get("version") != FORMAT_VERSION:
        raise InputError(
            f"{where} is not a photoz noise file of version {FORMAT_VERSION} (format "
            f"{record.get('format')!r}, version {record.get('version')!r}). {REMEDY}"
        )
    try:
        bands = record["bands"]
        patterns = record["observed_patterns"]
        return NoiseModel(
            bands=tuple(band["name"] for band in bands),
            **{key: np.array([float(band[key]) for band in bands]) for key in PER_BAND},
            correlation=np.array(record["correlation"], float),
            patterns=np.array([[mark == "0" for mark in text] for text in patterns]),
            pattern_share=np.array(list(patterns.values()), float),
            **{key: (LATER | record)[key] for key in SCALARS},
            provenance=record.get("provenance", {}),
        )
    except KeyError as error:
        raise InputError(f"{where} has no entry {error}. {REMEDY}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{where} has an entry that is not as expected ({error}). {REMEDY}"
        ) from error


def save_noise(model: NoiseModel, path: str | Path) -> None:
    """Write a noise file, whole or not at all."""
    write_text(path, json.dumps(noise_to_dict(model), indent=1, default=str) + "\n")


def find_noise(name: str | Path) -> Path:
    """Return the path of a noise file: the user's own, or a shipped one by its name.

    What is neither is returned as it is: `load_noise` says that it is not there.
    """
    path = Path(name)
    shipped = assets_dir() / "noise" / f"{name}.json"
    if path.exists() or path.name != str(name) or not shipped.is_file():
        return path
    return shipped


def load_noise(path: str | Path) -> NoiseModel:
    """Read a noise file.

    Raises:
        InputError: the file is missing, not JSON, of another version, or incomplete.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"Noise file {path} does not exist. {REMEDY}")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is not a JSON noise file ({error}). {REMEDY}") from error
    if not isinstance(record, dict):
        raise InputError(f"{path} is not a photoz noise file. {REMEDY}")
    return noise_from_dict(record, str(path))
