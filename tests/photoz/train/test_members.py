"""A run of several members: the first is that of a run of one, the rest differ, all resume."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from photoz.errors import InputError, JobError
from photoz.infer import predict, read_posterior
from photoz.infer.job import predict_file
from photoz.jobs import StoppedRun, read_metrics
from photoz.models import load_model, load_models
from photoz.train.config import TrainConfig
from photoz.train.job import run as train
from tests.photoz.train.toy import TINY, make_run, toy_catalogue

FILES = [f"{name}.safetensors" for name in ("mdn", "mdn-2", "flow", "flow-2")]


@pytest.fixture(scope="module")
def told(toy_inputs):
    return toy_inputs | TINY | {"members": 2}


@pytest.fixture(scope="module")
def pair(tmp_path_factory, told):
    """The uninterrupted run of two members of both estimators."""
    folder = tmp_path_factory.mktemp("pair") / "run"
    return folder, train(make_run(folder, {}), told)


def same_weights(one, other):
    a, b = (
        {k: v for k, v in load_file(path).items() if k.startswith("network.")}
        for path in (one, other)
    )
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


def lasting(folder):
    rows = read_metrics(folder)[0]
    return [{k: v for k, v in r.items() if k not in ("elapsed_s", "rate_gal_per_s")} for r in rows]


def test_the_first_member_is_that_of_a_run_of_one_and_the_second_is_not(tmp_path, told, pair):
    one = tmp_path / "one"
    train(make_run(one, {}), told | {"members": 1, "models": ["mdn"]})
    assert same_weights(one / "mdn.safetensors", pair[0] / "mdn.safetensors")
    assert not same_weights(one / "mdn.safetensors", pair[0] / "mdn-2.safetensors")
    assert {"member", "n_member", "ensemble"}.isdisjoint(load_model(one / "mdn.safetensors").card)
    assert all("member" not in row for row in read_metrics(one)[0])


# a look is one dispatch of 5 steps: within the first flow, within the second MDN
@pytest.mark.parametrize("looks", [17, 29])
def test_a_stopped_run_resumes_exactly(tmp_path, told, pair, looks):
    folder = tmp_path / "run"
    with pytest.raises(StoppedRun):
        train(make_run(folder, {}, looks=looks), told)
    assert not (folder / "flow-2.safetensors").exists()
    result = train(make_run(folder, {}), told)
    for name in FILES:
        assert same_weights(folder / name, pair[0] / name), name
    assert lasting(folder) == lasting(pair[0])
    assert result["log_score"] == pair[1]["log_score"]


def test_result_metrics_and_cards_name_members(pair):
    folder, result = pair
    assert result["models"]["mdn"] == str(folder / "mdn.safetensors")
    assert result["members"]["flow"] == [str(folder / f) for f in FILES[2:]]
    seen = [(row["model"], row["member"], row["step"]) for row in read_metrics(folder)[0]]
    order = [("mdn", 1), ("flow", 1), ("mdn", 2), ("flow", 2)]
    assert seen == [(*network, step) for network in order for step in range(10, 61, 10)]
    first, second = (load_model(folder / name).card for name in FILES[:2])
    assert (first["member"], second["member"]) == (1, 2)
    assert first["seed"] == 0
    assert second["seed"] == TrainConfig("s", "n").member_seed(2)
    assert second["training"]["seed"] == 0  # of split and features, which members share


def test_scores_are_those_of_the_ensemble_and_at_least_the_mean(pair):
    folder, result = pair
    models = load_models(folder)
    for kind in ("mdn", "flow"):
        each = [load_model(file).card["test"]["log_score"] for file in result["members"][kind]]
        assert result["log_score"][kind] == models[kind].card["test"]["log_score"]
        assert np.mean(each) - 1e-6 <= result["log_score"][kind] <= max(each) + np.log(2)
        assert result["log_score"][kind] not in each


def test_a_finished_run_given_again_trains_nothing(told, pair):
    before = lasting(pair[0])
    assert train(make_run(pair[0], {}), told) == pair[1]
    assert lasting(pair[0]) == before


def test_predicting_with_a_folder_averages_its_members(tmp_path, pair):
    from photoz.catalogue import write_catalogue

    folder, result = pair
    galaxies = toy_catalogue(n=30)
    write_catalogue(galaxies, tmp_path / "toy.parquet")
    predict_file(folder, tmp_path / "toy.parquet", tmp_path / "p.parquet", with_ood=False)
    found = read_posterior(tmp_path / "p.parquet")
    pdf = {}
    for kind in ("mdn", "flow"):
        each = [
            predict({kind: load_model(file)}, galaxies, with_ood=False).pdf[kind]
            for file in result["members"][kind]
        ]
        pdf[kind] = np.mean(each, axis=0)
        np.testing.assert_allclose(found.pdf[kind], pdf[kind], atol=2e-3)
    both = 0.5 * (pdf["mdn"] + pdf["flow"])
    np.testing.assert_allclose(found.pdf["mixture"], both, atol=2e-3)
    assert found.conditional["mdn"].means.shape == (30, 2 * TINY["n_component"])
    assert found.conditional["flow"].x.shape[:2] == (30, 2)
    for kind in found.estimators:
        median = found.summaries[kind]["z_median"]
        np.testing.assert_allclose(found.cdf(kind, median), 0.5, atol=1e-4)
        np.testing.assert_allclose(found.median(kind), median, atol=1e-4)
    peak = found.z_map("mdn", "components_refined")
    best = found.log_prob("mdn", found.z_map("mdn", "grid"))
    assert (found.log_prob("mdn", peak) >= best - 1e-3).all()


def test_going_on_takes_member_after_member(tmp_path, told, pair):
    folder, still = pair[0], {"learning_rate": 1e-12, "weight_decay": 0.0, "models": ["mdn"]}
    run = tmp_path / "run"
    train(make_run(run, {}), told | still | {"begin": str(folder)})
    for name in FILES[:2]:
        old, new = load_file(folder / name), load_file(run / name)
        weights = [k for k in old if k.startswith("network.")]
        assert all(np.allclose(old[k], new[k], rtol=0, atol=1e-6) for k in weights)
    assert "begin_mdn-2" in load_model(run / "mdn-2.safetensors").card["parents"]["sha256"]
    with pytest.raises(InputError, match="holds 2 mdn to go on from, not 3"):
        train(make_run(tmp_path / "more", {}), told | still | {"begin": str(folder), "members": 3})


def test_a_folder_with_members_of_another_run_is_refused(tmp_path, told, pair):
    out = tmp_path / "out"
    out.mkdir()
    for name in FILES[:2]:
        (out / name).write_bytes((pair[0] / name).read_bytes())
    with pytest.raises(JobError, match=r"mdn\.safetensors exists already"):
        train(make_run(tmp_path / "run", {}), told | {"out": str(out), "members": 1})


def test_seeds_of_members_differ_and_the_first_is_the_runs():
    seeds = [TrainConfig("s", "n", seed=s).member_seed(m) for s in (0, 1) for m in range(1, 21)]
    assert (seeds[0], seeds[20]) == (0, 1)
    assert len(set(seeds)) == 40
    assert all(0 <= seed < 2**32 for seed in seeds)
