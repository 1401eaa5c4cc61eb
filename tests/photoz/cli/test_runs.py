"""`photoz runs`: the workspace's runs, found by id, path or what they made."""

import sys

import pytest

from photoz import jobs

TOY = (sys.executable, "-m", "tests.photoz.jobs.toy_worker")


def toy_run(folder, config=None):
    """A finished run of the toy worker, which counts to three."""
    path = jobs.start("simulate", config or {"n": 3}, folder, command=TOY)
    jobs.wait(path, timeout_s=30)
    return path


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch):
    """The toy worker is a module of the tests: its process must find them."""
    import pathlib

    monkeypatch.setenv("PYTHONPATH", str(pathlib.Path(__file__).parents[3]))


def test_a_workspace_that_was_never_opened_has_no_runs(photoz):
    done = photoz("runs", "list", "--json")
    assert (done.code, done.json) == (0, {"runs": []})
    assert "No runs in" in photoz("runs", "list").out
    named = photoz("runs", "list", "--workspace", "nowhere")
    assert named.code == 2
    assert "no folder nowhere" in named.err


def test_the_dashboards_runs_are_listed_and_shown(photoz, tmp_path):
    toy_run(tmp_path / "workspace" / "runs" / "simulate-20260101-000000")
    found = photoz("runs", "list", "--json").json["runs"]
    assert [(r["id"], r["state"], r["done"]) for r in found] == [
        ("simulate-20260101-000000", "finished", 3)
    ]
    shown = photoz("runs", "show", "simulate-20260101-000000", "--json").json["runs"][0]
    assert shown["config"] == {"n": 3}
    assert [row["square"] for row in shown["metrics"]] == [1, 4, 9]
    assert shown["result"] == {"sum": 6}
    assert "finished" in photoz("runs", "show", "simulate-20260101-000000").out


def test_a_run_elsewhere_is_listed_by_a_link_and_deleted_with_it(photoz, tmp_path):
    folder = toy_run(tmp_path / "models" / "run")
    (tmp_path / "models" / "mdn.safetensors").write_bytes(b"made by it")
    link = jobs.register(folder, "simulate", jobs.default_workspace())
    assert link.parent == tmp_path / "workspace" / "runs"
    found = photoz("runs", "list", "--json").json["runs"]
    assert [r["id"] for r in found] == [link.name]
    # by the folder that it made, by its own, by id
    for name in ("models", "models/run", link.name):
        assert photoz("runs", "show", name, "--json").json["runs"][0]["result"] == {"sum": 6}
    assert photoz("runs", "delete", link.name).code == 0
    assert not folder.exists()
    assert not link.is_symlink()
    assert (tmp_path / "models" / "mdn.safetensors").exists()
    assert photoz("runs", "list", "--json").json["runs"] == []


def test_two_links_at_one_moment_have_two_names(tmp_path):
    folder = toy_run(tmp_path / "a")
    links = {jobs.register(folder, "train", tmp_path / "ws") for _ in range(3)}
    assert len(links) == 3


def test_a_workspace_that_cannot_be_written_is_no_obstacle(tmp_path):
    (tmp_path / "file").write_text("")
    assert jobs.register(tmp_path, "train", tmp_path / "file") is None


def test_cancel_stops_what_runs_and_only_that(photoz, tmp_path):
    folder = tmp_path / "workspace" / "runs" / "r1"
    jobs.start("simulate", {"n": 400, "pause_s": 0.05}, folder, command=TOY)
    refused = photoz("runs", "delete", "r1")
    assert refused.code == 2
    assert "cancel" in refused.err
    assert photoz("runs", "cancel", "r1", "--json").json["runs"][0]["state"] == "cancelled"
    again = photoz("runs", "cancel", "r1")
    assert again.code == 2
    assert "is cancelled: there is nothing to cancel" in again.err


def test_a_finished_run_is_not_resumed(photoz, tmp_path):
    toy_run(tmp_path / "workspace" / "runs" / "r1")
    done = photoz("runs", "resume", "r1")
    assert done.code == 2
    assert "r1 is finished; only a failed" in done.err


def test_a_resumed_run_that_fails_says_its_sentence(photoz, tmp_path):
    """The real worker takes over; its `simulate` does not know an entry of the toy's."""
    folder = tmp_path / "workspace" / "runs" / "r1"
    toy_run(folder, {"n": 5, "sentence_at": 3, "recipe": "nowhere", "seed": 0, "out": "x.parquet"})
    assert jobs.status(folder).explained
    done = photoz("runs", "resume", "r1")
    assert done.code == 2
    assert "entries that do not fit (unknown: sentence_at)" in done.err


def test_a_fault_of_ours_is_told_from_a_mistake(photoz, tmp_path):
    folder = tmp_path / "workspace" / "runs" / "r1"
    toy_run(folder, {"n": 5, "bug_at": 2})
    assert not jobs.status(folder).explained
    shown = photoz("runs", "show", "r1")
    assert shown.code == 0
    assert "log.txt has the traceback" in " ".join(shown.out.split())


@pytest.mark.parametrize("word", ["show", "cancel", "resume", "delete"])
def test_a_mistyped_id_names_the_near_one(photoz, tmp_path, word):
    toy_run(tmp_path / "workspace" / "runs" / "train-20260101-000000")
    done = photoz("runs", word, "train-20260101-00000")
    assert done.code == 2
    assert "Did you mean train-20260101-000000?" in done.err


def test_a_run_does_not_start_in_a_folder_of_other_files(tmp_path):
    from photoz.errors import JobError

    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(JobError, match="holds other files"):
        jobs.start("simulate", {"n": 1}, tmp_path, command=TOY)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
