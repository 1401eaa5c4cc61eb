"""Predicting from files: the same posteriors whatever the chunk, whole files or none."""

import json
from dataclasses import replace

import numpy as np
import pytest

from photoz.calibrate import identity, save_calibration
from photoz.catalogue import read_catalogue, write_catalogue
from photoz.errors import JobError, ModelError, PhotozError
from photoz.infer import predict, read_posterior
from photoz.infer.job import predict_file
from photoz.infer.job import run as predict_job
from photoz.models import load_models
from tests.photoz.train.toy import Z_MAX, make_run, toy_catalogue, trained_models


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return trained_models(tmp_path_factory)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    path = tmp_path_factory.mktemp("catalogue") / "toy.parquet"
    whole = toy_catalogue(n=150)
    flux = whole.flux_ujy.copy()
    flux[7] = np.nan  # a galaxy without photometry, and one without a band
    flux[9, 1] = np.nan
    err = np.where(np.isnan(flux), np.nan, whole.err_ujy)
    write_catalogue(replace(whole, flux_ujy=flux, err_ujy=err), path)
    return path


def test_chunks_change_nothing(tmp_path, models, catalogue):
    result = predict_file(models, catalogue, tmp_path / "small.parquet", chunk=16)
    found = read_posterior(tmp_path / "small.parquet")
    expected = predict(load_models(models), read_catalogue(catalogue))
    np.testing.assert_array_equal(found.ids, expected.ids)
    for name in ("mdn", "flow", "mixture"):
        np.testing.assert_allclose(found.pdf[name], expected.pdf[name], rtol=1e-4, atol=1e-5)
        assert found.summaries[name].keys() == expected.summaries[name].keys()
        np.testing.assert_allclose(
            found.summaries[name]["z_median"], expected.summaries[name]["z_median"], atol=1e-4
        )
    assert result["n"] == 150
    assert result["n_without_photometry"] == 1
    assert np.isnan(found.pdf["mdn"][7]).all()
    assert np.isfinite(found.pdf["mdn"][9]).all()


def test_the_file_says_of_the_whole_what_made_it(tmp_path, models, catalogue):
    predict_file(models, catalogue, tmp_path / "p.parquet", chunk=16)
    record = read_posterior(tmp_path / "p.parquet").provenance
    assert (record["n"], record["n_without_photometry"], record["calibrated"]) == (150, 1, False)
    assert record["parents"]["models"]["mdn"]["seed"] == 3


def test_progress_counts_every_row_once(tmp_path, models, catalogue):
    seen = []
    out = tmp_path / "p.parquet"
    predict_file(models, catalogue, out, chunk=16, progress=lambda done, n: seen.append((done, n)))
    assert seen[0] == (0, 150)
    assert seen[-1] == (150, 150)
    steps = np.diff([done for done, _ in seen])
    assert len(steps) == 3  # slabs of at most 4 chunks
    assert steps.max() <= 64
    assert steps.min() >= 48


def test_stopping_leaves_the_old_file_whole(tmp_path, models, catalogue):
    out = tmp_path / "p.parquet"
    out.write_text("something else")
    looks = iter([False, True])
    with pytest.raises(JobError, match="after 50 of 150 galaxies; nothing was written"):
        predict_file(models, catalogue, out, chunk=16, should_stop=lambda: next(looks))
    assert out.read_text() == "something else"
    assert [p.name for p in tmp_path.iterdir()] == ["p.parquet"]


def test_a_calibration_is_applied_as_offsets_to_the_catalogue(tmp_path, models, catalogue):
    offsets = identity(("c", "b", "a"))  # in another order than the model's
    offsets = replace(offsets, flux_scale=np.array([1.0, 1.0, 1.3]))
    save_calibration(offsets, tmp_path / "c.toml")
    out = tmp_path / "p.parquet"
    predict_file(models, catalogue, out, calibration=tmp_path / "c.toml")
    found = read_posterior(out)
    by_hand = read_catalogue(catalogue)
    scale = np.array([1.3, 1.0, 1.0])
    by_hand = replace(by_hand, flux_ujy=by_hand.flux_ujy * scale, err_ujy=by_hand.err_ujy * scale)
    expected = predict(load_models(models), by_hand)
    np.testing.assert_allclose(found.pdf["mdn"], expected.pdf["mdn"], rtol=2e-3, atol=1e-4)
    assert found.provenance["calibrated"] is True


@pytest.mark.parametrize("form", ["quantiles", "components", "none"])
def test_every_form_has_the_same_points(tmp_path, models, catalogue, form):
    import pyarrow.parquet as pq

    predict_file(models, catalogue, tmp_path / "g.parquet")
    predict_file(models, catalogue, tmp_path / "f.parquet", pdf=form)
    grid, other = (pq.read_table(tmp_path / f"{name}.parquet") for name in "gf")
    for column in ("z_map_mdn", "z_lo68_flow", "odds_mdn", "pit_flow", "z_hi68_mixture"):
        np.testing.assert_array_equal(grid[column].to_numpy(), other[column].to_numpy())
    assert ("pdf_mdn" in other.column_names) is False


def test_the_job_does_the_same_and_stops(tmp_path, models, catalogue):
    config = {"models": str(models), "catalogue": str(catalogue), "chunk": 16}
    run = make_run(tmp_path / "run", {}, "predict")
    result = predict_job(run, config | {"out": str(tmp_path / "p.parquet"), "calibration": None})
    assert json.loads(json.dumps(result))["n"] == 150
    assert read_posterior(tmp_path / "p.parquet").n == 150
    assert (run.status.done, run.status.total) == (150, 150)
    stopped = make_run(tmp_path / "stopped", {}, "predict", looks=1)
    with pytest.raises(JobError):
        predict_job(stopped, config | {"out": str(tmp_path / "q.parquet")})
    assert not (tmp_path / "q.parquet").exists()


def test_it_works_in_a_worker(tmp_path, models, catalogue):
    from photoz import jobs

    out = tmp_path / "p.parquet"
    config = {"models": str(models), "catalogue": str(catalogue), "out": str(out)}
    found = jobs.wait(jobs.start("predict", config, tmp_path / "run"), timeout_s=120)
    assert found.state == "finished", found.message
    assert found.result["path"] == str(out)
    assert read_posterior(out).z_max == Z_MAX


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"out": "no/such/p.parquet"}, "does not exist"),
        ({"out": "."}, "is a folder"),
        ({"out": "toy.parquet"}, "is also an input"),
        ({"pdf": "histogram"}, "no posterior form 'histogram'"),
        ({"chunk": 0}, "chunk = 0"),
        ({"models": "cosmos2021"}, "no model file or folder cosmos2021"),
        ({"catalogue": "nowhere.parquet"}, r"nowhere\.parquet"),
        ({"calibration": "nowhere.toml"}, r"no calibration file nowhere\.toml"),
        ({"calbration": "c.toml"}, "unknown: calbration"),
        ({"models": None}, "missing: models"),
    ],
)
def test_bad_requests_are_sentences_and_write_nothing(
    tmp_path, monkeypatch, models, catalogue, change, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.parquet").write_bytes(catalogue.read_bytes())
    config = {"models": str(models), "catalogue": "toy.parquet", "out": "p.parquet"} | change
    with pytest.raises(PhotozError, match=said):
        predict_job(make_run(tmp_path / "run", {}, "predict"), config)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "toy.parquet"]


def test_empty_catalogues_and_other_bands_are_refused(tmp_path, models):
    whole = toy_catalogue(n=20)
    write_catalogue(whole.with_bands(("a", "b")), tmp_path / "ab.parquet")
    out = tmp_path / "p.parquet"
    with pytest.raises(ModelError, match=r"lacks 1 of the model's 3 bands.*--allow-missing-bands"):
        predict_file(models, tmp_path / "ab.parquet", out)
    assert not out.exists()
    predict_file(models, tmp_path / "ab.parquet", out, allow_missing_bands=True)
    assert read_posterior(out).usable.all()
    out.unlink()
    write_catalogue(whole.take(np.arange(0)), tmp_path / "empty.parquet")
    with pytest.raises(PhotozError, match="without rows"):
        predict_file(models, tmp_path / "empty.parquet", out)
    assert not out.exists()
