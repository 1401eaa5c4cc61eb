"""An interrupted training gives bit for bit the model of the uninterrupted one."""

import os
import signal
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from photoz import jobs
from photoz.errors import JobError
from photoz.jobs import StoppedRun, read_metrics
from photoz.jobs.watch import worker
from photoz.models import load_model
from photoz.train.job import run as train
from photoz.train.job import stored_progress
from tests.photoz.train.toy import make_run, write_inputs

KINDS = ("mdn", "flow")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, toy_inputs):
    """The uninterrupted run of both estimators."""
    from tests.photoz.train.toy import TINY

    folder = tmp_path_factory.mktemp("whole") / "run"
    result = train(make_run(folder, {}), toy_inputs | TINY)
    return folder, result


def same_arrays(one, other):
    a, b = load_file(one), load_file(other)
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


def lasting(folder):
    """The metrics without clock times."""
    rows = read_metrics(folder)[0]
    return [{k: v for k, v in r.items() if k not in ("elapsed_s", "rate_gal_per_s")} for r in rows]


# a look is one dispatch of 5 steps: within the MDN, between two evaluations, within the flow
@pytest.mark.parametrize("looks", [1, 7, 17])
def test_a_stopped_run_resumes_exactly(tmp_path, tiny, whole, looks):
    folder = tmp_path / "run"
    with pytest.raises(StoppedRun):
        train(make_run(folder, {}, looks=looks), tiny)
    assert not (folder / "flow.safetensors").exists()
    train(make_run(folder, {}), tiny)
    for kind in KINDS:
        assert same_arrays(folder / f"{kind}.safetensors", whole[0] / f"{kind}.safetensors")
    assert lasting(folder) == lasting(whole[0])


def test_a_run_stopped_again_and_again_resumes_exactly(tmp_path, tiny, whole):
    folder, stops = tmp_path / "run", 0
    while True:
        try:
            train(make_run(folder, {}, looks=3), tiny | {"models": ["mdn"]})
            break
        except StoppedRun:
            stops += 1
    assert stops == 3  # 12 dispatches, 3 of them at each attempt
    # the first estimator does not depend on whether a second is trained
    assert same_arrays(folder / "mdn.safetensors", whole[0] / "mdn.safetensors")


@pytest.mark.slow
def test_a_killed_worker_resumes_exactly(tmp_path, tiny):
    config = tiny | {"steps": 6000, "evaluate_every": 50, "models": ["mdn"]}
    folder = jobs.start("train", config, tmp_path / "killed")
    deadline = time.monotonic() + 60
    checkpoint = folder / "checkpoints" / "mdn.safetensors"
    while not ((rows := read_metrics(folder)[0]) and checkpoint.exists()):
        assert time.monotonic() < deadline, (folder / "log.txt").read_text()
        time.sleep(0.01)
    os.kill(worker(folder).pid, signal.SIGKILL)
    assert jobs.wait(folder, timeout_s=10).state == "lost"
    assert rows[-1]["step"] < 6000
    assert 50 <= stored_progress(checkpoint).step < 6000
    jobs.resume(folder)
    found = jobs.wait(folder, timeout_s=120)
    assert (found.state, found.attempt) == ("finished", 2), found.message
    straight = tmp_path / "straight"
    train(make_run(straight, {}), config)
    assert same_arrays(folder / "mdn.safetensors", straight / "mdn.safetensors")
    assert lasting(folder) == lasting(straight)


def test_a_finished_run_given_again_trains_nothing(tiny, whole):
    folder, result = whole
    before = lasting(folder)
    assert train(make_run(folder, {}), tiny) == result
    assert lasting(folder) == before


def test_the_result_is_that_of_the_cards(whole):
    folder, result = whole
    for kind in KINDS:
        card = load_model(folder / f"{kind}.safetensors").card
        assert result["log_score"][kind] == card["test"]["log_score"]
        assert card["steps"] == 60
        assert card["parents"]["sha256"].keys() == {"simulation", "noise"}
    assert (folder / "noise.json").is_file()


def test_a_checkpoint_serves_no_other_noise_or_configuration(tmp_path, tiny):
    inputs = write_inputs(tmp_path)
    config = tiny | inputs | {"models": ["mdn"]}
    folder = tmp_path / "run"
    with pytest.raises(StoppedRun):
        train(make_run(folder, {}, looks=4), config)
    with pytest.raises(JobError, match="belongs to another configuration"):
        train(make_run(folder, {}), config | {"seed": 1})
    noise = tmp_path / "toy-noise.json"
    noise.write_text(noise.read_text().replace('"floor": 0.0', '"floor": 0.01'))
    with pytest.raises(JobError, match="another noise model"):
        train(make_run(folder, {}), config)


def test_a_damaged_checkpoint_is_named(tmp_path, tiny):
    folder, config = tmp_path / "run", tiny | {"models": ["mdn"]}
    with pytest.raises(StoppedRun):
        train(make_run(folder, {}, looks=4), config)
    checkpoint = folder / "checkpoints" / "mdn.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    with pytest.raises(JobError, match=r"checkpoints/mdn\.safetensors cannot be read"):
        train(make_run(folder, {}), config)


def test_models_of_another_run_are_not_overwritten(tmp_path, tiny, whole):
    before = (whole[0] / "mdn.safetensors").read_bytes()
    with pytest.raises(JobError, match="this run did not make it"):
        train(make_run(tmp_path / "run", {}), tiny | {"out": str(whole[0])})
    assert (whole[0] / "mdn.safetensors").read_bytes() == before
