"""What is said of an SPS_HOME that FSPS could not use, before FSPS is started."""

import os
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import pytest

from photoz import doctor
from photoz.cli import main
from photoz.errors import GridError
from photoz.sed import fsps_home
from photoz.sed.fsps_home import LAYOUTS, checked_home, file_problems, installed_layout


def test_layouts_hold_the_files_fsps_opens():
    sizes = {name: len(layout.files) for name, layout in LAYOUTS.items()}
    assert sizes == {"v4-c3k": 92, "v4-miles": 86, "v3-miles": 85}
    for layout in LAYOUTS.values():
        assert len(set(layout.files)) == len(layout.files)
        assert len(layout.library_files) == (11 if layout.library == "c3k_lr" else 5)


@pytest.mark.parametrize(
    ("release", "strings", "expected"),
    [
        ("0.5.0", b"/SPECTRA/C3K/", "v4-c3k"),
        ("0.5.1", b"/SPECTRA/MILES/miles.lambda", "v4-miles"),
        ("0.4.8", b"/SPECTRA/MILES/miles.lambda", "v3-miles"),
    ],
)
def test_the_layout_is_that_of_the_compiled_library(
    release, strings, expected, tmp_path, monkeypatch
):
    (tmp_path / "_fsps.cpython-311.so").write_bytes(b"\x7fELF\0" + strings + b"\0")
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(fsps_home, "version", lambda name: release)
    monkeypatch.setattr(fsps_home, "find_spec", lambda name: spec)
    assert installed_layout().name == expected


def test_not_installed(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(fsps_home, "version", absent)
    with pytest.raises(GridError, match="python-fsps is not installed"):
        checked_home()
    assert "python-fsps is not installed" in fsps_home.home_state()


def test_a_complete_folder_is_accepted(hollow_home, layout):
    assert checked_home(hollow_home) == (hollow_home, layout)


def test_every_fault_is_named_in_one_sentence(hollow_home, layout):
    first, second = layout.library_files[:2]
    (hollow_home / "data/FILTER_LIST").unlink()
    (hollow_home / "nebular/ZAU_ND_mist.lines").write_bytes(b"")
    os.truncate(hollow_home / first, 123)
    (hollow_home / second).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\n")
    assert file_problems(hollow_home, layout) == {
        "data/FILTER_LIST": "missing",
        "nebular/ZAU_ND_mist.lines": "empty",
        first: f"123 bytes instead of {layout.library_bytes:,}",
        second: "a Git LFS pointer instead of the data",
    }
    with pytest.raises(GridError) as caught:
        checked_home(hollow_home)
    said = str(caught.value)
    for name in ("data/FILTER_LIST", "nebular/ZAU_ND_mist.lines", first, second):
        assert name in said
    assert f"of the {len(layout.files)} files" in said
    assert "4 are missing or of a wrong size" in said
    assert "Copy them again from a clone of https://github.com/cconroy20/fsps" in said


def test_not_set(layout, monkeypatch):
    monkeypatch.delenv("SPS_HOME", raising=False)
    with pytest.raises(GridError, match=r"SPS_HOME is not set.*--from"):
        checked_home()


def test_not_a_folder(layout, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPS_HOME", str(tmp_path / "file"))
    with pytest.raises(GridError, match="is not a folder"):
        checked_home()


def test_a_path_that_fsps_would_cut(layout, tmp_path):
    deep = tmp_path.joinpath(*["x" * 60] * 5)
    deep.mkdir(parents=True)
    with pytest.raises(GridError, match="FSPS reads 250"):
        checked_home(deep)


@pytest.mark.parametrize("command", ["build", "check"])
def test_the_command_says_it_and_leaves_nothing(
    command, hollow_home, tmp_path, monkeypatch, capsys
):
    (hollow_home / "data/allindices.dat").unlink()
    workplace = tmp_path / "here"
    workplace.mkdir()
    monkeypatch.chdir(workplace)
    monkeypatch.setenv("SPS_HOME", str(hollow_home))
    argv = {
        "build": ["ssp", "build", "--source", "fsps", "--out", "grid.npz"],
        "check": ["ssp", "check", str(workplace / "none.npz")],
    }[command]
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert ("data/allindices.dat (missing)" if command == "build" else "does not exist") in said
    assert list(workplace.iterdir()) == []


def test_a_grid_of_other_stars_is_not_checked(layout, capsys):
    from photoz.assets import asset_path

    with pytest.raises(SystemExit) as ended:
        main(["ssp", "check", str(asset_path("ssp", "bc03-miles.npz")), "--survey", "sdss-2mass"])
    assert ended.value.code == 2
    assert "built from 'bc03', not with FSPS" in capsys.readouterr().err


def test_doctor_names_the_missing_file(hollow_home, layout, monkeypatch):
    monkeypatch.setenv("SPS_HOME", str(hollow_home))
    assert f"({layout.name}) can be used with SPS_HOME" in doctor.examine()["fsps"]
    (hollow_home / "data/allfilters.dat").unlink()
    assert "data/allfilters.dat (missing)" in doctor.examine()["fsps"]
