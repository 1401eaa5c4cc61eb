"""Training that goes on from models there already are."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from photoz.errors import InputError
from photoz.jobs import read_metrics
from photoz.models import load_model
from photoz.noise.files import load_noise, save_noise
from photoz.train.config import config_from_dict
from photoz.train.job import read_inputs
from photoz.train.job import run as train
from tests.photoz.train.toy import TINY, make_run, trained_models, write_simulation


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    return trained_models(tmp_path_factory)


@pytest.fixture
def told(toy_inputs, begun):
    return toy_inputs | TINY | {"begin": str(begun), "learning_rate": 1e-3}


def test_it_goes_on_from_the_weights_and_features_of_the_model(tmp_path, told, begun):
    before = load_model(begun / "mdn.safetensors")
    train(make_run(tmp_path / "run", {}), told)
    after = load_model(tmp_path / "run" / "mdn.safetensors")
    for name, value in before.features.to_arrays().items():
        assert np.array_equal(after.features.to_arrays()[name], value)
    assert after.estimator.width == 24  # the model's, not the configuration's 16
    first = read_metrics(tmp_path / "run")[0][0]
    untrained = read_metrics(untrained_run(tmp_path, told))[0][0]
    assert first["val_log_score"] > untrained["val_log_score"] + 0.3
    assert after.card["begun_from"]["steps"] == 400
    assert len(after.card["parents"]["sha256"]["begin_mdn"]) == 64


def test_galaxies_trained_on_before_are_never_held_out(tmp_path, told):
    begin = make_run(tmp_path / "first", {})
    train(begin, {**told, "begin": "", "models": ["mdn"], "seed": 5})
    again = {**told, "begin": str(tmp_path / "first"), "models": ["mdn"], "seed": 6}
    parts = [
        read_inputs(config_from_dict(config), tmp_path / "features.safetensors").split
        for config in ({**told, "begin": "", "seed": 5}, again, {**told, "begin": "", "seed": 6})
    ]
    assert np.array_equal(parts[1].test.z, parts[0].test.z)
    assert not np.array_equal(parts[1].test.z, parts[2].test.z)
    train(make_run(tmp_path / "second", {}), again)
    assert load_model(tmp_path / "second" / "mdn.safetensors").card["split_seed"] == 5


def untrained_run(tmp_path, told):
    train(make_run(tmp_path / "other", {}), {**told, "begin": "", "models": ["mdn"]})
    return tmp_path / "other"


def test_without_steps_worth_the_name_it_stays_what_it_was(tmp_path, told, begun):
    train(make_run(tmp_path / "run", {}), told | {"learning_rate": 1e-12, "weight_decay": 0.0})
    for kind in ("mdn", "flow"):
        old, new = (load_file(f / f"{kind}.safetensors") for f in (begun, tmp_path / "run"))
        weights = [name for name in old if name.startswith("network.")]
        assert weights
        assert all(np.allclose(old[name], new[name], rtol=0, atol=1e-6) for name in weights)


def test_models_of_other_bands_or_redshifts_are_refused(tmp_path, told, toy_inputs):
    noise = load_noise(toy_inputs["noise"]).with_bands(("a", "b"))
    save_noise(noise, tmp_path / "noise.json")
    with pytest.raises(InputError, match="have the bands a, b, c; the noise model has a, b"):
        train(make_run(tmp_path / "one", {}), told | {"noise": str(tmp_path / "noise.json")})
    far = write_simulation(tmp_path / "far.parquet")
    raise_z_max(far)
    with pytest.raises(InputError, match="covers z up to 2, the simulation up to 3"):
        train(make_run(tmp_path / "two", {}), told | {"simulation": str(far)})


def raise_z_max(path):
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    record = json.loads(table.schema.metadata[b"photoz"]) | {"z_max": 3.0}
    pq.write_table(table.replace_schema_metadata({"photoz": json.dumps(record)}), path)


def test_a_folder_without_the_estimator_is_refused(tmp_path, told, begun):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "mdn.safetensors").write_bytes((begun / "mdn.safetensors").read_bytes())
    with pytest.raises(InputError, match="holds no flow to go on from"):
        train(make_run(tmp_path / "run", {}), told | {"begin": str(tmp_path / "half")})
