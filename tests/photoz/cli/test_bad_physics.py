"""Curves, grids, recipes, depths and simulations that cannot be used: exit code 2, no file left."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photoz.provenance import provenance, to_json

CURVE = "5000 0\n5500 1\n6000 1\n6500 0\n"
SURVEY = 'name = "mine"\n[[band]]\nname = "mine_r"\nfile = "curve.txt"\n'
RECIPE = 'survey = "survey.toml"\nz_max = 0.4\n[selection]\nmine_r = 20.0\n'
DEPTHS = "band,depth_ab_mag,n_sigma\nhsc_g,26.4,5\nhsc_r,23.9,3\n"

SIMULATE = ("simulate", "recipe.toml", "--n", "10", "--out", "out.parquet")
CHECK = ("survey", "check", "survey.toml")
FIT = ("noise", "fit", "depths.csv", "--out", "out.json")
APPLY = ("noise", "apply", "sim.parquet", "--noise", "n.json", "--out", "out.parquet")


@pytest.fixture
def folder(tmp_path, photoz):
    """A folder in which every command of this file works."""
    (tmp_path / "curve.txt").write_text(CURVE)
    (tmp_path / "survey.toml").write_text(SURVEY)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    (tmp_path / "depths.csv").write_text(DEPTHS)
    write_simulation(tmp_path / "sim.parquet", 0.5)
    assert photoz("noise", "fit", "depths.csv", "--out", "n.json").code == 0
    return tmp_path


def write_simulation(path, flux):
    """Write three galaxies, the last of this flux in the second band."""
    record = provenance("simulation", bands=["hsc_g", "hsc_r"], seed=1, n=3, survey="cosmos2020")
    columns = {
        "id": np.arange(3),
        "z": np.full(3, 0.5, np.float32),
        "flux_hsc_g": np.ones(3, np.float32),
        "flux_hsc_r": np.array([1.0, 1.0, flux], np.float32),
    }
    pq.write_table(pa.table(columns).replace_schema_metadata({"photoz": to_json(record)}), path)


def edit(name, old, new):
    """Return a change of a text file."""

    def change(folder):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def another_version(folder):
    """Write a grid of another format version into the recipe."""
    np.savez(folder / "grid.npz", header=np.array(json.dumps({"format": 99})))
    edit("recipe.toml", "z_max", 'grid = "grid.npz"\nz_max')(folder)


CASES = [
    (CHECK, edit("curve.txt", "6000", "5400"), ("mine_r", "row 3", "must increase", "Sort")),
    (CHECK, edit("curve.txt", "6000 1", "6000 -1"), ("mine_r", "row 3 is negative", "set it to 0")),
    (CHECK, edit("curve.txt", "6000 1", "6000 nan"), ("mine_r", "NaN", "remove that row")),
    (SIMULATE, edit("curve.txt", "6000 1", "6000 nan"), ("mine_r", "NaN", "remove that row")),
    (SIMULATE, edit("curve.txt", "6500 0", "90000 1"), ("mine_r reaches", "z = 0", "--last-aa")),
    (SIMULATE, edit("curve.txt", "5000 0", "350 0.5"), ("mine_r begins", "z_max", "--first-aa")),
    (SIMULATE, edit("recipe.toml", "20.0", "nan"), ("selection.mine_r = nan", "finite")),
    (SIMULATE, edit("recipe.toml", "mine_r", "other_r"), ("other_r", "its bands are mine_r")),
    (SIMULATE, another_version, ("grid.npz has format 99", "photoz ssp build")),
    (FIT, edit("depths.csv", "23.9", "nan"), ("depth_ab_mag of band hsc_r is nan", "10 to 40")),
    (FIT, edit("depths.csv", "23.9,3", "23.9,"), ("n_sigma of band hsc_r is nan", "0.1 to 100")),
    (APPLY, lambda f: write_simulation(f / "sim.parquet", np.nan), ("id 2", "Simulate it again")),
    (APPLY, edit("n.json", '"student_nu": 8.0', '"student_nu": NaN'), ("student_nu is nan",)),
]


@pytest.mark.parametrize(("command", "change", "said"), CASES)
def test_refused_with_code_2_and_nothing_left(folder, photoz, command, change, said):
    change(folder)
    before = {path.name for path in folder.iterdir()}
    result = photoz(*command)
    assert result.code == 2
    assert result.err.startswith("photoz: ")
    for words in said:
        assert words in result.err
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("command", [CHECK, FIT, APPLY])
def test_the_same_folder_unchanged_is_fine(folder, photoz, command):
    assert photoz(*command).code == 0
