"""A run is a folder that says what became of it, whatever became of it."""

import json
import os
import signal
import sys
import time
from dataclasses import replace

import pytest

from photoz import jobs
from photoz.errors import JobError
from photoz.jobs.folder import read_status, write_status
from photoz.jobs.process import ProcessIdentity, me
from photoz.jobs.watch import worker

TOY = (sys.executable, "-m", "tests.photoz.jobs.toy_worker")
SLOW = {"n": 400, "pause_s": 0.05}


def start(folder, config, kind="simulate"):
    return jobs.start(kind, config, folder, command=TOY)


def until_metric(folder, n=1):
    deadline = time.monotonic() + 20
    while len(jobs.read_metrics(folder)[0]) < n:
        assert time.monotonic() < deadline, (folder / "log.txt").read_text()
        time.sleep(0.02)


@pytest.fixture
def slow_run(tmp_path):
    folder = start(tmp_path / "slow", SLOW)
    until_metric(folder, 3)
    yield folder
    if (process := worker(folder)) and process.alive:
        os.kill(process.pid, signal.SIGKILL)


def test_a_run_finishes_with_its_result_metrics_and_progress(tmp_path):
    folder = start(tmp_path / "deep" / "run", {"n": 5})
    found = jobs.wait(folder, timeout_s=20)
    assert (found.state, found.result, found.done, found.total) == ("finished", {"sum": 15}, 5, 5)
    rows, offset = jobs.read_metrics(folder)
    assert [row["square"] for row in rows] == [1, 4, 9, 16, 25]
    assert jobs.read_metrics(folder, offset) == ([], offset)
    assert found.started <= found.heartbeat <= time.time()


def test_the_worker_is_not_in_the_callers_session(slow_run):
    assert os.getsid(worker(slow_run).pid) != os.getsid(0)


def test_an_explained_error_becomes_the_message(tmp_path):
    found = jobs.wait(start(tmp_path / "r", {"n": 5, "sentence_at": 3}), timeout_s=20)
    assert found.state == "failed"
    assert found.message == "The third step is broken; mend it."


def test_a_bug_fails_with_its_traceback_in_the_log(tmp_path):
    folder = start(tmp_path / "r", {"n": 5, "bug_at": 2})
    found = jobs.wait(folder, timeout_s=20)
    assert found.state == "failed"
    assert "one over nought" in found.message
    assert "Traceback" in (folder / "log.txt").read_text()


def test_cancel_then_resume_continues_from_the_checkpoint(slow_run):
    found = jobs.cancel(slow_run)
    assert found.state == "cancelled"
    assert worker(slow_run).alive is False
    done = json.loads((slow_run / "checkpoints" / "count.json").read_text())
    assert 3 <= done < 400
    jobs.resume(slow_run, command=TOY)
    until_metric(slow_run, done + 2)
    jobs.cancel(slow_run)
    rows, _ = jobs.read_metrics(slow_run)
    assert [row["i"] for row in rows] == list(range(1, len(rows) + 1))
    assert jobs.status(slow_run).attempt == 2


def test_a_killed_worker_is_lost_and_can_be_resumed(slow_run):
    os.kill(worker(slow_run).pid, signal.SIGKILL)
    found = jobs.wait(slow_run, timeout_s=5)
    assert found.state == "lost"
    assert "Resume" in found.message
    assert read_status(slow_run).state == "lost"
    assert jobs.resume(slow_run, command=TOY).state == "queued"
    assert jobs.cancel(slow_run).state == "cancelled"


def test_a_deaf_worker_is_killed(tmp_path):
    folder = start(tmp_path / "deaf", {}, kind="train")
    until_metric(folder)
    found = jobs.cancel(folder, patience_s=0.3, terminate_s=0.3)
    assert found.state == "cancelled"
    assert worker(folder).alive is False


def test_sigterm_ends_a_run_as_cancelled(slow_run):
    os.kill(worker(slow_run).pid, signal.SIGTERM)
    assert jobs.wait(slow_run, timeout_s=10).state == "cancelled"


def test_the_same_process_number_of_another_start_or_boot_is_another_process():
    mine = me()
    assert mine.alive
    assert not replace(mine, started=str(int(mine.started) - 1)).alive
    assert not replace(mine, boot="another").alive
    assert ProcessIdentity.from_dict(mine.to_dict()) == mine


def test_a_run_of_before_a_reboot_is_lost(tmp_path):
    folder = start(tmp_path / "r", {"n": 1})
    done = jobs.wait(folder, timeout_s=20)
    write_status(replace(done, state="running", ended=None))
    before = replace(me(), boot="another").to_dict()
    (folder / "worker.json").write_text(json.dumps(before))
    assert jobs.status(folder).state == "lost"


def test_a_run_on_another_machine_lives_by_its_heartbeat(tmp_path):
    folder = start(tmp_path / "r", {"n": 1})
    done = jobs.wait(folder, timeout_s=20)
    elsewhere = replace(me(), host="another", boot="another").to_dict()
    (folder / "worker.json").write_text(json.dumps(elsewhere))
    write_status(replace(done, state="running", ended=None, heartbeat=time.time()))
    assert jobs.status(folder).state == "running"
    write_status(replace(done, state="running", ended=None, heartbeat=time.time() - 600))
    assert jobs.status(folder).state == "lost"


def test_what_cannot_be_done_is_refused_in_a_sentence(tmp_path, slow_run):
    with pytest.raises(JobError, match="no kind of run 'paint'"):
        jobs.start("paint", {}, tmp_path / "p")
    with pytest.raises(JobError, match="holds a run already"):
        start(slow_run, {"n": 1})
    with pytest.raises(JobError, match="is running; only a failed"):
        jobs.resume(slow_run, command=TOY)
    with pytest.raises(JobError, match="cancel"):
        jobs.delete(slow_run)
    with pytest.raises(JobError, match="not a run folder"):
        jobs.status(tmp_path)


def test_a_second_worker_is_turned_away(slow_run, capfd):
    import subprocess

    process = subprocess.run([*TOY, str(slow_run)], capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert "Another worker" in process.stderr
    assert jobs.status(slow_run).state == "running"


def test_list_and_delete(tmp_path):
    for name in ("a", "b"):
        jobs.wait(start(tmp_path / "runs" / name, {"n": 1}), timeout_s=20)
    (tmp_path / "runs" / "not-a-run").mkdir()
    assert [run.id for run in jobs.list_runs(tmp_path)] == ["b", "a"]
    jobs.delete(tmp_path / "runs" / "a")
    assert [run.id for run in jobs.list_runs(tmp_path)] == ["b"]
    assert [run.id for run in jobs.list_runs(tmp_path / "runs" / "b")] == ["b"]


def test_a_half_written_metrics_line_is_not_read(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"i": 1}\n{"i": 2')
    rows, offset = jobs.read_metrics(tmp_path)
    assert rows == [{"i": 1}]
    assert offset == 9


def test_to_the_end_from_nothing_from_a_stopped_run_and_from_a_finished_one(tmp_path):
    folder = start(tmp_path / "run", {"n": 12, "pause_s": 0.1})
    until_metric(folder, 2)
    jobs.cancel(folder)
    found = jobs.run_to_end("simulate", {"n": 3}, folder, command=TOY)
    assert (found.state, found.result) == ("finished", {"sum": 78})  # its own configuration
    assert [row["i"] for row in jobs.read_metrics(folder)[0]] == list(range(1, 13))
    assert jobs.run_to_end("simulate", {"n": 3}, folder, command=TOY).started == found.started
    fresh = jobs.run_to_end("simulate", {"n": 3}, tmp_path / "fresh", command=TOY)
    assert fresh.result == {"sum": 6}
    with pytest.raises(JobError, match="ended failed: The third step is broken"):
        jobs.run_to_end("simulate", {"n": 5, "sentence_at": 3}, tmp_path / "bad", command=TOY)
