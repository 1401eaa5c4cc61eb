"""`photoz reprior` and `photoz nz`: keys, files, sentences."""

import numpy as np
import pytest

from photoz.infer import read_posterior, write_posterior
from tests.photoz.infer.test_nz import TRUTH, Z_MAX, survey


@pytest.fixture
def result(tmp_path):
    """The file of a survey whose densities and prior are known."""
    write_posterior(survey(300, 3), tmp_path / "p.parquet")
    return "p.parquet"


def test_reprior_writes_a_posterior_and_prints_its_keys(photoz, result, tmp_path):
    (tmp_path / "table.csv").write_text("z,density\n0,0.1\n2,1\n3,0.1\n")
    done = photoz("reprior", result, "--prior", "table.csv", "--out", "q.parquet", "--json")
    assert done.code == 0
    assert {"n", "refused", "median_ess", "path"} <= done.json.keys()
    assert (done.json["n"], done.json["path"]) == (300, "q.parquet")
    assert 0.3 < done.json["median_ess"] < 1.0
    old, new = read_posterior(result), read_posterior("q.parquet")
    assert np.isnan(new.pdf["flow"]).all(axis=1).sum() == done.json["refused"]
    kept = new.usable
    assert (new.mean("flow") - old.mean("flow"))[kept].mean() > 0.05
    # the file says which prior it has: from there to a flat one is as from the first
    for source, out in ((result, "r.parquet"), ("q.parquet", "s.parquet")):
        said = photoz("reprior", source, "--prior", "flat", "--out", out, "--min-share", "0")
        assert "galaxies under flat" in said.out
    one, other = (read_posterior(name).mean("flow")[kept] for name in ("r.parquet", "s.parquet"))
    np.testing.assert_allclose(one, other, atol=2e-3)


def test_a_prior_that_the_densities_exclude_is_refused(photoz, result, tmp_path):
    (tmp_path / "far.csv").write_text("z,density\n2.99,1\n3,1\n")
    done = photoz(
        "reprior", result, "--prior", "far.csv", "--out", "q.parquet", "--min-share", "0.9"
    )
    assert done.code == 2
    assert "All 300 galaxies are refused" in done.err
    assert not (tmp_path / "q.parquet").exists()


def test_nz_writes_a_table_that_reprior_takes(photoz, result):
    done = photoz("nz", result, "--bins", "8", "--draws", "300", "--out", "nz.ecsv", "--json")
    assert done.code == 0
    keys = {"estimator", "edges", "stack", "hierarchical", "low68", "high68", "n"}
    assert keys <= done.json.keys()
    assert (done.json["estimator"], done.json["n"]) == ("flow", 300)
    assert len(done.json["edges"]) == 9
    truth = TRUTH * 8 / Z_MAX
    inside = (np.array(done.json["low95"]) <= truth) & (truth <= np.array(done.json["high95"]))
    assert inside.sum() >= 6
    people = photoz("nz", result, "--edges", "0,1,2", "--draws", "100", "--out", "b.ecsv")
    assert "not an estimate of n(z)" in " ".join(people.out.split())
    again = photoz("reprior", result, "--prior", "nz.ecsv", "--out", "q.parquet")
    assert "n(z) of nz.ecsv" in again.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reprior", "p.parquet", "--prior", "flat", "--out", "p.parquet"), "is also an input"),
        (("reprior", "p.parquet", "--prior", "nowhere", "--out", "q.parquet"), "expected `flat`"),
        (("reprior", "p.parquet", "--prior", "flat", "--out", "q.fits"), "expected .parquet"),
        (("reprior", "p.parquet", "--out", "q.parquet"), "--prior"),
        (("nz", "p.parquet", "--out", "nz.csv"), "expected .ecsv"),
        (("nz", "p.parquet", "--edges", "0,x", "--out", "nz.ecsv"), "numbers with commas"),
        (("nz", "p.parquet", "--edges", "0,9", "--out", "nz.ecsv"), "within 0 to 3"),
        (("nz", "p.parquet", "--edges", "0,1", "--bins", "3", "--out", "n.ecsv"), "exclude"),
        (("nz", "p.parquet", "--estimator", "mdn", "--out", "nz.ecsv"), "no estimator 'mdn'"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_two(photoz, result, tmp_path, arguments, said):
    done = photoz(*arguments)
    assert done.code == 2
    assert said in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.parquet"]
