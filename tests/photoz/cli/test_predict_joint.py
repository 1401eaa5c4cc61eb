"""`photoz predict-joint`: keys, table, sentences; `photoz predict` points to it."""

import pyarrow.parquet as pq
import pytest

from photoz.catalogue import write_catalogue
from tests.photoz.train.toy_joint import NAMES, toy_catalogue, trained_joint


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return trained_joint(tmp_path_factory)


def test_the_command_writes_the_table(photoz, folder, tmp_path):
    write_catalogue(toy_catalogue(), tmp_path / "cat.parquet")
    done = photoz("predict-joint", folder, "cat.parquet", "--out", "j.parquet", "--json")
    assert done.code == 0, done.err
    assert (done.json["n"], done.json["path"]) == (50, "j.parquet")
    assert done.json["n_without_photometry"] == 1
    table = pq.read_table(tmp_path / "j.parquet")
    assert table.num_rows == 50
    expected = {f"{name}_{which}" for name in NAMES for which in ("median", "lo68", "hi68")}
    assert expected <= set(table.column_names)
    assert b"photoz" in table.schema.metadata


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("MDN", "cat.parquet", "--out", "j.parquet"), "holds no joint model"),
        (("JOINT", "no.parquet", "--out", "j.parquet"), "no.parquet"),
        (("JOINT", "cat.parquet", "--out", "cat.parquet"), "is also an input"),
        (("JOINT", "cat.parquet", "--out", "j.fits"), "expected .parquet"),
        (("JOINT", "cat.parquet"), "--out"),
    ],
)
def test_mistakes_are_one_sentence(photoz, models, folder, tmp_path, arguments, said):
    write_catalogue(toy_catalogue(), tmp_path / "cat.parquet")
    paths = {"MDN": models, "JOINT": folder}
    done = photoz("predict-joint", *(paths.get(a, a) for a in arguments))
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "j.parquet").exists()


def test_predict_sends_a_joint_model_to_its_own_command(photoz, folder, tmp_path):
    write_catalogue(toy_catalogue(), tmp_path / "cat.parquet")
    path = folder / "joint.safetensors"
    done = photoz("predict", path, "cat.parquet", "--out", "p.parquet")
    assert done.code == 2
    assert "`photoz predict-joint` applies it" in done.err
