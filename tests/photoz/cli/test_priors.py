"""`photoz reprior` and `photoz nz`: keys, files, sentences."""

import numpy as np
import pytest

from photoz.catalogue import write_catalogue
from photoz.infer import read_posterior
from tests.photoz.train.toy import toy_catalogue


@pytest.fixture
def result(photoz, models):
    write_catalogue(toy_catalogue(n=120), "cat.parquet")
    assert photoz("predict", models, "cat.parquet", "--out", "p.parquet", "--no-ood").code == 0
    return "p.parquet"


def test_reprior_writes_a_posterior_and_prints_its_keys(photoz, result):
    with open("table.csv", "w") as file:
        file.write("z,density\n0,0.1\n1,1\n2,0.1\n")
    done = photoz("reprior", result, "--prior", "table.csv", "--out", "q.parquet", "--json")
    assert done.code == 0
    assert {"n", "refused", "median_ess", "path"} <= done.json.keys()
    assert (done.json["n"], done.json["path"]) == (120, "q.parquet")
    assert 0.3 < done.json["median_ess"] < 1.0
    old, new = read_posterior(result), read_posterior("q.parquet")
    assert new.estimators == ("mdn", "flow", "mixture")
    assert np.abs(new.mean("flow") - old.mean("flow")).max() > 0.02
    # the toy was trained on uniform redshifts: what is flat changes little
    done = photoz("reprior", result, "--prior", "flat", "--out", "r.parquet")
    assert "median effective share is 1.00" in done.out
    flat = read_posterior("r.parquet")
    np.testing.assert_allclose(flat.mean("flow"), old.mean("flow"), atol=0.05)
    # from the file's own record of its prior back to the start
    again = photoz("reprior", "q.parquet", "--prior", "flat", "--out", "s.parquet", "--json")
    assert again.code == 0
    np.testing.assert_allclose(
        read_posterior("s.parquet").mean("flow"), flat.mean("flow"), atol=1e-3
    )


def test_nz_writes_a_table_that_reprior_takes(photoz, result):
    done = photoz("nz", result, "--bins", "6", "--draws", "300", "--out", "nz.ecsv", "--json")
    assert done.code == 0
    keys = {"estimator", "edges", "stack", "hierarchical", "low68", "high68", "n"}
    assert keys <= done.json.keys()
    assert (done.json["estimator"], done.json["n"]) == ("mixture", 120)
    assert len(done.json["edges"]) == 7
    z = read_posterior(result).z_spec
    truth = np.histogram(z, done.json["edges"], density=True)[0]
    inside = (done.json["low95"] <= truth) & (truth <= np.array(done.json["high95"]))
    assert inside.mean() > 0.6
    people = photoz("nz", result, "--edges", "0,1,2", "--estimator", "flow", "--out", "b.ecsv")
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
        (("nz", "p.parquet", "--edges", "0,9", "--out", "nz.ecsv"), "within 0 to 2"),
        (("nz", "p.parquet", "--edges", "0,1", "--bins", "3", "--out", "n.ecsv"), "exclude"),
        (("nz", "p.parquet", "--estimator", "x", "--out", "nz.ecsv"), "no estimator 'x'"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_two(photoz, result, tmp_path, arguments, said):
    done = photoz(*arguments)
    assert done.code == 2
    assert said in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cat.parquet", "p.parquet"]
