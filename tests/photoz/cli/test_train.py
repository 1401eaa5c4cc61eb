"""`photoz train`: models and scores, sentences before work, Ctrl-C and resume."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from photoz import jobs
from photoz.models import load_model
from tests.photoz.train.toy import write_inputs, write_simulation


@pytest.fixture
def inputs(tmp_path):
    write_inputs(tmp_path, n=2000)
    (tmp_path / "toy-noise.json").rename(tmp_path / "n.json")


def test_it_trains_and_the_run_is_listed(photoz, inputs, tmp_path):
    told = ("--model", "mdn", "--preset", "quick", "--noise", "n.json", "--steps", "30")
    done = photoz("train", "sim.parquet", *told, "--width", "8", "--out", "m", "--json")
    assert done.code == 0, done.err
    assert {"models", "log_score", "crps", "pit_ks", "seconds"} <= done.json.keys()
    card = load_model(done.json["models"]["mdn"]).card
    assert card["test"]["log_score"] == done.json["log_score"]["mdn"]
    assert (card["steps"], card["preset"]) == (30, "quick")
    assert {p.name for p in (tmp_path / "m").iterdir()} == {"mdn.safetensors", "noise.json", "run"}
    listed = photoz("runs", "list", "--json").json["runs"]
    assert [(run["kind"], run["state"]) for run in listed] == [("train", "finished")]
    again = photoz("train", "sim.parquet", *told, "--out", "m")
    assert again.code == 2
    assert "m holds a training already (finished)" in again.err


@pytest.mark.slow
def test_ctrl_c_stops_the_run_and_says_how_to_resume(inputs, tmp_path, monkeypatch):
    workspace = str(tmp_path / "workspace")
    monkeypatch.setenv("PHOTOZ_WORKSPACE", workspace)
    told = ["--model", "mdn", "--noise", "n.json", "--steps", "200000", "--width", "8"]
    process = subprocess.Popen(
        [sys.executable, "-m", "photoz", "train", "sim.parquet", *told, "--out", "m"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    run_dir = tmp_path / "m" / "run"
    deadline = time.monotonic() + 90
    while not (jobs.is_run(run_dir) and jobs.read_metrics(run_dir)[0]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"`photoz runs resume {run_dir}` continues it" in said
    assert "Traceback" not in said
    stopped = jobs.status(run_dir)
    assert stopped.state == "cancelled"
    jobs.resume(run_dir)
    while jobs.status(run_dir).done <= stopped.done:
        assert time.monotonic() < deadline + 90
        time.sleep(0.1)
    assert jobs.cancel(run_dir).state == "cancelled"
    assert not os.path.exists(tmp_path / "m" / "mdn.safetensors")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.parquet", "--noise", "n.json", "--out", "m"), "nowhere.parquet does not exist"),
        (("sim.parquet", "--out", "m"), "ships no noise model for the survey toy"),
        (("sim.parquet", "--noise", "x.json", "--out", "m"), "x.json does not exist"),
        (("sim.parquet", "--noise", "n.json", "--out", "no/such/m"), "does not exist. Create it"),
        (("sim.parquet", "--noise", "n.json", "--out", "n.json"), "it is a file"),
        (("sim.parquet", "--noise", "n.json", "--out", "m", "--steps", "0"), "steps = 0"),
        (("sim.parquet", "--noise", "n.json", "--out", "m", "--seed", "-1"), "seed = -1"),
        (("sim.parquet", "--noise", "n.json", "--out", "m", "--preset", "huge"), "--preset"),
        (("ten.parquet", "--noise", "n.json", "--out", "m"), "has 10 galaxies, too few"),
        (("sim.parquet", "--noise", "other.json", "--out", "m"), "has no band hsc_y"),
        (("n.json", "--noise", "n.json", "--out", "m"), "not a readable Parquet file"),
        (("sim.parquet", "--noise", "n.json", "--out", "m", "--members", "0"), "members = 0"),
        (
            ("sim.parquet", "--noise", "n.json", "--out", "m", "--model", "joint", "--members=2"),
            "members = 2: a joint model has no ensemble",
        ),
        (("sim.parquet", "--noise", "n.json", "--out", "old"), "holds a trained mdn already"),
        (("sim.parquet", "--noise", "n.json"), "--out"),
    ],
)
def test_mistakes_are_one_sentence_before_any_run_starts(photoz, inputs, tmp_path, arguments, said):
    write_simulation(tmp_path / "ten.parquet", n=10)
    noise = json.loads((tmp_path / "n.json").read_text())
    noise["bands"][1]["name"] = "hsc_y"
    (tmp_path / "other.json").write_text(json.dumps(noise))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "mdn.safetensors").write_bytes(b"old")
    before = sorted(tmp_path.rglob("*"))
    done = photoz("train", *arguments)
    assert done.code == 2
    assert said in done.err
    assert sorted(tmp_path.rglob("*")) == before
