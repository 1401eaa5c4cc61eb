"""The prior a model implies: training writes it, adding writes the same, predicting keeps it."""

from dataclasses import replace

import numpy as np
import pytest

from photoz.errors import InputError
from photoz.infer import RedshiftPrior, default_grid, predict, prior_of
from photoz.models import load_model, load_models, save_model
from photoz.train.add_prior import add_prior, main
from tests.photoz.train.toy import TINY, Z_MAX, make_run, toy_catalogue, write_inputs

GRID = default_grid(Z_MAX)


@pytest.fixture(scope="module", params=["proposal", "target"])
def trained(request, tmp_path_factory):
    from photoz.train.job import run as train

    folder = tmp_path_factory.mktemp("add")
    inputs = write_inputs(folder, n=20_000)
    out = folder / "models"
    told = inputs | TINY | {"models": ["mdn"], "steps": 10, "prior": request.param}
    train(make_run(folder / "run", {}), told | {"out": str(out)})
    return out, inputs["simulation"], request.param


def stripped(trained, folder, **card):
    """A copy of the models whose card does not tell the prior, as before."""
    folder.mkdir()
    model = load_model(trained / "mdn.safetensors")
    kept = {k: v for k, v in model.card.items() if k != "prior_z"} | card
    save_model(replace(model, card=kept), folder / "mdn.safetensors")
    return folder


def test_the_card_has_the_redshifts_of_the_training_with_their_weights(trained):
    """The toy's redshifts are uniform; its weights towards the target make 0.5 + z of them."""
    models, _, prior = trained
    record = load_model(models / "mdn.safetensors").card["prior_z"]
    found = RedshiftPrior.from_dict(record).on_cells(GRID)
    truth = np.full(len(GRID), 0.5) if prior == "proposal" else (0.5 + GRID) / 3.0
    other = (0.5 + GRID) / 3.0 if prior == "proposal" else np.full(len(GRID), 0.5)
    # 100 different redshifts a bin at least
    assert np.std(found / truth) < 0.12
    assert np.std(found / other) > 0.2
    assert min(record["density"]) >= record["floor"] > 0.0
    assert (record["edges"][0], record["edges"][-1]) == (0.0, Z_MAX)


def test_adding_gives_what_training_gave_and_nothing_else(trained, tmp_path):
    models, simulation, _ = trained
    expected = load_model(models / "mdn.safetensors")
    (path,) = add_prior(stripped(models, tmp_path / "old"), simulation, tmp_path / "new")
    found = load_model(path)
    assert found.card == expected.card
    catalogue = toy_catalogue(n=20)
    want, got = (predict({"mdn": m}, catalogue) for m in (expected, found))
    np.testing.assert_array_equal(got.pdf["mdn"], want.pdf["mdn"])
    assert prior_of(got, "mdn").to_dict() == expected.card["prior_z"] | {"name": "training"}


def test_predictions_of_models_from_before_say_what_is_missing(trained, tmp_path):
    models = load_models(stripped(trained[0], tmp_path / "old"))
    with pytest.raises(InputError, match="add_prior MODELS SIMULATION"):
        prior_of(predict(models, toy_catalogue(n=20)), "mdn")


def test_what_does_not_fit_is_refused(trained, tmp_path, capsys):
    models, simulation, _ = trained
    with pytest.raises(InputError, match="not an empty folder"):
        add_prior(models, simulation, models)
    with pytest.raises(InputError, match="is a file"):
        add_prior(models / "mdn.safetensors", simulation, tmp_path / "new")
    old = stripped(models, tmp_path / "old", recipe="cosmos2020")
    assert main([str(old), simulation, "--out", str(tmp_path / "new")]) == 2
    assert "the models were trained on 'cosmos2020'" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
