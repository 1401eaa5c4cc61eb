"""Models from before there was a reference get the one that training would have given them."""

from dataclasses import replace

import numpy as np
import pytest

from photoz.errors import InputError
from photoz.models import load_model, save_model
from photoz.trust.add import add_reference, main
from tests.photoz.train.toy import make_run, write_inputs


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    from photoz.train.job import run as train
    from tests.photoz.train.toy import TINY

    folder = tmp_path_factory.mktemp("add")
    inputs = write_inputs(folder)
    out = folder / "models"
    told = inputs | TINY | {"models": ["mdn"], "steps": 20, "out": str(out)}
    train(make_run(folder / "run", {}), told)
    return out, inputs["simulation"]


def stripped(trained, folder):
    """A copy of the models without their reference."""
    folder.mkdir()
    (folder / "noise.json").write_bytes((trained / "noise.json").read_bytes())
    model = load_model(trained / "mdn.safetensors")
    save_model(replace(model, trust=None), folder / "mdn.safetensors")
    return folder


def test_training_gives_a_reference_and_adding_gives_the_same(trained, tmp_path):
    models, simulation = trained
    expected = load_model(models / "mdn.safetensors")
    old = stripped(models, tmp_path / "old")
    assert load_model(old / "mdn.safetensors").trust is None
    (path,) = add_reference(old, simulation, tmp_path / "new")
    found = load_model(path)
    assert (tmp_path / "new" / "noise.json").is_file()
    assert found.card == expected.card
    for name, value in expected.trust.to_arrays().items():
        np.testing.assert_array_equal(found.trust.to_arrays()[name], value)


def test_a_folder_with_files_and_a_lost_noise_model_are_refused(trained, tmp_path, capsys):
    models, simulation = trained
    with pytest.raises(InputError, match="not an empty folder"):
        add_reference(models, simulation, models)
    old = stripped(models, tmp_path / "old")
    (old / "noise.json").unlink()
    assert main([str(old), simulation, "--out", str(tmp_path / "new")]) == 2
    assert "no noise.json" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
