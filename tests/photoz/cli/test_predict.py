"""`photoz predict`: keys, forms, sentences."""

import numpy as np
import pytest

from photoz.catalogue import write_catalogue
from photoz.infer import read_posterior
from tests.photoz.train.toy import toy_catalogue


@pytest.fixture
def catalogue(tmp_path):
    write_catalogue(toy_catalogue(n=60), tmp_path / "cat.parquet")
    return "cat.parquet"


def test_it_prints_the_keys_that_outside_checks_rely_on(photoz, models, catalogue, tmp_path):
    done = photoz("predict", models, catalogue, "--out", "p.parquet", "--json")
    assert done.code == 0
    assert {"n", "pdfs_per_s", "path"} <= done.json.keys()
    assert (done.json["n"], done.json["path"]) == (60, "p.parquet")
    found = read_posterior(tmp_path / "p.parquet")
    assert found.estimators == ("mdn", "flow", "mixture")
    assert done.json["estimators"] == ["mdn", "flow", "mixture"]
    assert np.isfinite(found.z_map("mdn")).all()


def test_one_model_file_and_a_form(photoz, models, catalogue):
    import pyarrow.parquet as pq

    arguments = (models / "mdn.safetensors", catalogue, "--out", "p.parquet", "--pdf", "none")
    done = photoz("predict", *arguments)
    assert done.code == 0
    assert "60 galaxies" in done.out
    names = pq.read_schema("p.parquet").names
    assert {"id", "z_spec", "z_map_mdn", "z_lo68_mdn", "odds_mdn"} <= set(names)
    assert not any(name.startswith("pdf") or name.endswith(("flow", "mixture")) for name in names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("MODELS", "nowhere.parquet", "--out", "p.parquet"), "nowhere.parquet"),
        (("nowhere", "cat.parquet", "--out", "p.parquet"), "photoz ships no models of that name"),
        (("MODELS", "cat.parquet", "--out", "no/such/p.parquet"), "does not exist"),
        (("MODELS", "cat.parquet", "--out", "."), "is a folder"),
        (("MODELS", "cat.parquet", "--out", "cat.parquet"), "is also an input"),
        (("MODELS", "cat.parquet", "--out", "p.parquet", "--pdf", "x"), "--pdf"),
        (("MODELS", "cat.parquet", "--out", "p", "--calibration", "c.toml"), "no calibration file"),
        (("cat.parquet", "cat.parquet", "--out", "p.parquet"), "is not a model"),
        (("MODELS", "cat.parquet"), "--out"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_two(
    photoz, models, catalogue, tmp_path, arguments, said
):
    done = photoz("predict", *(models if a == "MODELS" else a for a in arguments))
    assert done.code == 2
    assert said in done.err
    assert [p.name for p in tmp_path.iterdir()] == [catalogue]


def test_it_counts_the_flagged_galaxies(photoz, models, tmp_path):
    galaxies = toy_catalogue(n=60)
    galaxies.flux_ujy[0, 2] += 500.0
    galaxies.err_ujy[1] *= 100.0
    write_catalogue(galaxies, tmp_path / "cat.parquet")
    done = photoz("predict", models, "cat.parquet", "--out", "p.parquet", "--json")
    stored = read_posterior(tmp_path / "p.parquet")
    assert stored.ood[0] > 1.0
    assert stored.out_of_range[:2].tolist() == [True, True]
    assert done.json["n_ood"] == np.sum(stored.ood > 1.0)
    assert done.json["n_out_of_range"] == np.sum(stored.out_of_range)
    spoken = photoz("predict", models, "cat.parquet", "--out", "p.parquet")
    assert f"{done.json['n_out_of_range']} are outside the trained range" in spoken.out


def test_older_models_say_that_they_cannot_tell(photoz, models, catalogue, tmp_path):
    from dataclasses import replace

    from photoz.models import load_model, save_model

    old = replace(load_model(models / "mdn.safetensors"), trust=None)
    save_model(old, tmp_path / "old.safetensors")
    done = photoz("predict", "old.safetensors", catalogue, "--out", "p.parquet")
    assert done.code == 0
    assert "No column ood" in done.out
