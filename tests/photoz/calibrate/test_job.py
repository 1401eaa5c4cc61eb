"""Calibrating from files: the offset put in comes out, traced, resumable, whole or not at all."""

import json

import numpy as np
import pytest

from photoz.calibrate import fit_calibration, load_calibration, plan_from_dict
from photoz.calibrate.job import run as calibrate_job
from photoz.catalogue import read_catalogue, write_catalogue
from photoz.errors import JobError, PhotozError
from photoz.jobs import read_metrics
from photoz.models import load_models
from tests.photoz.train.toy import make_run, toy_catalogue, trained_models

PLAN = {"reference_band": "a", "stage": [{"free": ["flux_scale"], "max_iterations": 15}]}


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    catalogue = tmp_path_factory.mktemp("spec") / "spec.parquet"
    write_catalogue(toy_catalogue(n=500, flux_scale=1.25), catalogue)
    models = trained_models(tmp_path_factory)
    return {"models": str(models), "catalogue": str(catalogue), "plan": PLAN, "use": "mdn"}


@pytest.fixture(scope="module")
def done(tmp_path_factory, config):
    """A finished run with two folds: folder, what it returned, the calibration."""
    folder = tmp_path_factory.mktemp("job")
    run = make_run(folder / "run", {}, "calibrate")
    run.report(stage=9, evaluation=9, objective=0.0)  # of an attempt that was interrupted
    out = folder / "c.toml"
    result = calibrate_job(run, config | {"out": str(out), "folds": 2})
    return run, result, load_calibration(out)


def test_it_is_the_fit_of_the_library(config, done):
    expected = fit_calibration(
        load_models(config["models"]),
        read_catalogue(config["catalogue"]),
        plan_from_dict(PLAN),
        use="mdn",
    )
    np.testing.assert_allclose(done[2].flux_scale, expected.calibration.flux_scale, rtol=1e-5)
    assert done[1]["loss_after"] == pytest.approx(expected.loss_after, rel=1e-5)


def test_the_offset_put_in_comes_out_and_helps_unseen_galaxies(done):
    _, result, calibration = done
    found = {p["band"]: p for p in result["parameters"]}
    assert calibration.flux_scale[0] == 1.0  # the reference band
    assert abs(calibration.flux_scale[2] - 1.25) < 3 * found["c"]["sigma"] + 0.05
    assert calibration.flux_scale[2] > 1.1
    assert result["loss_after"] < result["loss_before"]
    assert result["heldout_after"] < result["heldout_before"]


def test_every_evaluation_is_a_line_of_metrics_of_this_attempt(done):
    rows = read_metrics(done[0].dir)[0]
    assert [row["evaluation"] for row in rows] == list(range(1, len(rows) + 1))
    assert {row["stage"] for row in rows} == {1}
    assert min(row["objective"] for row in rows) < rows[0]["objective"]
    record = json.loads((done[0].dir / "result.json").read_text())
    assert record["trace"] == rows
    assert record["parameters"] == done[1]["parameters"]
    assert len(record["covariance"]) == 2
    assert (done[0].status.done, done[0].status.total) == (3, 3)


def test_numbers_that_are_unknown_are_null(tmp_path, config):
    run = make_run(tmp_path / "run", {}, "calibrate")
    result = calibrate_job(run, config | {"out": str(tmp_path / "c.toml"), "folds": 0})
    assert result["heldout_before"] is None
    assert "NaN" not in (run.dir / "result.json").read_text()


def test_a_stopped_fit_writes_nothing(tmp_path, config):
    run = make_run(tmp_path / "run", {}, "calibrate", looks=2)
    with pytest.raises(JobError, match="stopped; nothing was written"):
        calibrate_job(run, config | {"out": str(tmp_path / "c.toml")})
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert len(read_metrics(run.dir)[0]) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"out": "no/such/c.toml"}, "does not exist"),
        ({"out": "."}, "is a folder"),
        ({"use": "gan"}, "use = 'gan'"),
        ({"folds": 1}, "1 folds cannot be made"),
        ({"folds": "5"}, "folds = '5'"),
        ({"folds": 501}, "501 folds cannot be made of 500"),
        ({"plan": "nowhere.toml"}, r"no calibration plan nowhere\.toml"),
        ({"plan": {"stages": []}}, "unknown entry stages"),
        ({"plan": {"reference_band": "r"}}, "reference band 'r' is not among"),
        ({"models": "nowhere"}, "no model file or folder nowhere"),
        ({"catalogue": "nowhere.parquet"}, r"nowhere\.parquet"),
        ({"fold": 5}, "unknown: fold"),
    ],
)
def test_bad_requests_are_sentences_and_write_nothing(tmp_path, monkeypatch, config, change, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PhotozError, match=said):
        calibrate_job(
            make_run(tmp_path / "run", {}, "calibrate"), config | {"out": "c.toml"} | change
        )
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
