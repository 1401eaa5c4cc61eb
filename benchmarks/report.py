"""What every benchmark's command line takes and prints."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from photoz.assets import asset_path


def run(measure: Callable[[], dict[str, Any]], about: str | None) -> None:
    """Measure and print: `--json` for one JSON object, else a table for people.

    Args:
        measure: returns the figures by name.
        about: what `--help` says.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    show(measure(), given.json)


def run_on_models(measure: Callable[[dict[str, Any]], dict[str, Any]], about: str | None) -> None:
    """As `run`, for a benchmark of trained models: `--models DIR`, the shipped ones by default."""
    from photoz.models import load_models

    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--models", type=Path, help="default: the shipped models")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = given.models or asset_path("models", "cosmos2020")
    show(measure(load_models(folder)), given.json)


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print figures: one JSON object, or a line each."""
    if as_json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:28s} {value:.5g}" if isinstance(value, float) else f"{key:28s} {value}")
