"""An SPS_HOME of analytic synthetic data for the compiled FSPS, and a grid built from it."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from photoz.sed.fsps_home import Layout, installed_layout
from photoz.sed.grid import load_grid

TOOL = Path(__file__).resolve().parents[4] / "shared" / "tools" / "make_sps_home.py"


@pytest.fixture(scope="session")
def layout() -> Layout:
    if find_spec("fsps") is None:
        pytest.skip("python-fsps is not installed; it has no wheel for some platforms.")
    return installed_layout()


@pytest.fixture(scope="session")
def sps_home(layout, tmp_path_factory) -> Path:
    if not TOOL.is_file():
        pytest.skip(f"{TOOL} is absent: it writes the synthetic data that FSPS needs here.")
    home = tmp_path_factory.mktemp("fsps") / "sps-home"
    command = [sys.executable, str(TOOL), str(home), "--layout", layout.name]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return home


@pytest.fixture(scope="session")
def built(sps_home, tmp_path_factory):
    """`photoz ssp build --source fsps` as a person runs it: its JSON, its notes, the grid."""
    folder = tmp_path_factory.mktemp("grid")
    path = folder / "fsps.npz"
    command = ["ssp", "build", "--source", "fsps", "--from", str(sps_home)]
    done = subprocess.run(
        [sys.executable, "-m", "photoz", *command, "--out", str(path), "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    return SimpleNamespace(path=path, said=said, notes=done.stderr, grid=load_grid(path))


@pytest.fixture
def hollow_home(layout, tmp_path) -> Path:
    """Every file by its name and size, none with anything in it that FSPS could use."""
    home = tmp_path / "hollow"
    for name in layout.files:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("hollow\n")
        if name in layout.library_files:
            os.truncate(path, layout.library_bytes)
    return home


@pytest.fixture
def linked_home(layout, sps_home, tmp_path):
    """`linked_home(without=NAME)`: links to the synthetic data, less one file."""

    def link(without: str) -> Path:
        home = tmp_path / "linked"
        for name in layout.files:
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name != without:
                path.symlink_to((sps_home / name).resolve())
        return home

    return link
