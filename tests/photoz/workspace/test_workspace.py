"""A workspace is made whole or not at all, and never over somebody's files."""

import json

import pytest

from photoz.errors import WorkspaceError
from photoz.workspace import FOLDERS, is_workspace, make_demo, make_workspace


def test_a_new_workspace_has_its_folders(tmp_path):
    root = make_workspace(tmp_path / "deep" / "work")
    assert is_workspace(root)
    assert sorted(p.name for p in root.iterdir() if p.is_dir()) == sorted(FOLDERS)


def test_an_empty_folder_becomes_a_workspace(tmp_path):
    root = tmp_path / "empty"
    root.mkdir()
    assert is_workspace(make_workspace(root))


def test_a_folder_with_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(WorkspaceError, match="not empty"):
        make_workspace(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_failure_leaves_nothing(tmp_path):
    def fill(folder):
        (folder / "models" / "half").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        make_workspace(tmp_path / "work", fill)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"format": 99})])
def test_a_workspace_of_another_kind_is_refused(tmp_path, text):
    root = make_workspace(tmp_path / "work")
    (root / "workspace.json").write_text(text)
    with pytest.raises(WorkspaceError, match="--workspace"):
        is_workspace(root)


def test_the_demonstration_holds_models_and_catalogues_that_fit(tmp_path):
    from photoz.catalogue import read_catalogue
    from photoz.models import load_models

    root = make_demo(tmp_path / "demo")
    for name, catalogue in (("cosmos2020", "cosmos2020-mock"), ("sdss-2mass", "sdss-2mass")):
        models = load_models(root / "models" / name)
        assert set(models) == {"mdn", "flow"}
        read = read_catalogue(root / "catalogues" / f"{catalogue}.parquet")
        assert set(models["mdn"].bands) <= set(read.bands)
        assert read.n in (5_000, 10_000)
