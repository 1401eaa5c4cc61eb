"""`photoz evaluate` beyond its rows: pairs, bins, local coverage, odds, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from photoz.catalogue import Catalogue, write_catalogue
from photoz.infer import write_posterior
from tests.photoz.metrics.gaussians import gaussians

QUICK = ("--bootstrap", "0", "--json")


@pytest.fixture
def result(tmp_path):
    """Right posteriors `mdn` and shifted ones `flow` of 240 galaxies, and their catalogue."""
    right, wrong = gaussians(240), gaussians(240, name="flow", shift=0.1)
    both = replace(right, pdf=right.pdf | wrong.pdf)
    write_posterior(both, tmp_path / "r.parquet")
    z = both.require_z_spec()
    # brighter where nearer, and redder where farther; the last ten have no i
    flux = np.column_stack([10 ** (2.0 - z), 10 ** (2.0 - 0.5 * z)])
    flux[-10:, 1] = np.nan
    empty = np.full(flux.shape, np.nan)
    galaxies = Catalogue(np.arange(240), ("g", "i"), flux, 0.1 * flux, empty)
    write_catalogue(galaxies, tmp_path / "cat.parquet")
    return both


def test_pairs_are_always_there_and_the_right_posteriors_win(photoz, result):
    done = photoz("evaluate", "r.parquet", "--bootstrap", "50", "--json")
    assert done.code == 0
    assert set(done.json) == {"rows", "pairs"}
    found = {(row["first"], row["second"]): row for row in done.json["pairs"]}
    assert len(found) == 6  # of four: mdn, flow and the two baselines
    ours = found["mdn", "flow"]
    assert ours["n"] == 240
    assert ours["log_score_difference"] > 3 * ours["log_score_difference_err"]
    assert ours["crps_difference"] < -3 * ours["crps_difference_err"]
    rows = {row["estimator"]: row for row in done.json["rows"]}
    assert ours["crps_difference"] == pytest.approx(rows["mdn"]["crps"] - rows["flow"]["crps"])


def test_the_table_of_pairs_is_of_differences_to_the_best(photoz, result):
    done = photoz("evaluate", "r.parquet", "--bootstrap", "20")
    told = done.out[done.out.index("Differences to mdn") :]
    flow = next(line for line in told.splitlines() if "flow" in line)
    assert "-0." in flow  # a lower log score
    assert "±" in flow
    assert "trainz" in told
    assert "…" not in told


def test_two_results_are_compared_galaxy_by_galaxy(photoz, result, tmp_path):
    write_posterior(result.alone("flow").take(np.arange(239, 99, -1)), tmp_path / "half.parquet")
    done = photoz("evaluate", "r.parquet", "half.parquet", *QUICK)
    across = [
        row
        for row in done.json["pairs"]
        if (row["first"], row["second"], row["second_result"]) == ("flow", "flow", "half.parquet")
    ]
    assert [(row["n"], row["log_score_difference"]) for row in across] == [(140, 0.0)]


def test_bins_by_peak_magnitude_and_colour(photoz, result):
    by = ("--by", "z_map", "--by", "i", "--by", "g-i", "--catalogue", "cat.parquet")
    done = photoz("evaluate", "r.parquet", *by, "--bins", "3", *QUICK)
    assert done.code == 0
    rows = done.json["bins"]
    assert {row["estimator"] for row in rows} == {"mdn", "flow"}
    for name in ("z_map", "i", "g-i"):
        some = [row for row in rows if row["by"] == name and row["estimator"] == "mdn"]
        assert sum(row["n"] for row in some) == 240
    magnitudes = [row for row in rows if row["by"] == "i" and row["estimator"] == "mdn"]
    assert [row["bin"] for row in magnitudes][-1] == "i unknown"
    assert magnitudes[-1]["n"] == 10
    assert magnitudes[-1]["low"] is None
    # i = 23.9 - 2.5 (2 - z / 2): the faint bin begins at the redshift two thirds of the way up
    z = result.require_z_spec()[:-10]
    assert magnitudes[2]["low"] == pytest.approx(18.9 + 1.25 * np.quantile(z, 2 / 3), abs=5e-3)
    assert all(row["result"] == "r.parquet" for row in rows)


def test_bins_for_people_say_which_are_too_small(photoz, result):
    done = photoz("evaluate", "r.parquet", "--by", "z_spec", "--edges", "0,0.4,1,9")
    assert done.code == 0
    assert "mdn of r.parquet by z_spec" in done.out
    few = next(line for line in done.out.splitlines() if "0 to 0.4" in line)
    assert "too few" in few
    assert "use z_map" in done.out.replace("\n", " ")


def test_local_coverage_passes_the_right_and_fails_who_knows_nothing(photoz, result):
    """trainz has a uniform PIT over all galaxies, and only there."""
    done = photoz("evaluate", "r.parquet", "--local", *QUICK)
    rows = {row["estimator"]: row for row in done.json["local"]}
    assert rows["mdn"]["covariates"] == ["z_map"]
    assert rows["mdn"]["p_value"] > 0.05
    assert rows["flow"]["p_value"] < 0.01
    assert rows["trainz"]["p_value"] < 0.01
    pit_ks_p = {row["estimator"]: row["pit_ks_p"] for row in done.json["rows"]}
    assert pit_ks_p["trainz"] > 0.05
    assert rows["flow"]["worst"][0]["mean_pit"] < 0.4
    assert rows["trainz"]["rms_excess"] > 0.2 > rows["flow"]["rms_excess"] / 2


def test_local_coverage_for_people_names_the_place(photoz, result):
    arguments = ("--local", "--covariates", "z_map,g-i", "--catalogue", "cat.parquet")
    done = photoz("evaluate", "r.parquet", *arguments, "--bootstrap", "0")
    assert done.code == 0
    assert "Is the PIT uniform everywhere in z_map, g-i?" in done.out
    place = next(line for line in done.out.splitlines() if "flow of r.parquet, z_map" in line)
    assert "too high" in done.out[done.out.index(place) :]
    few = photoz("evaluate", "r.parquet", "--local", "--covariates", "odds", "--bootstrap", "0")
    assert few.code == 0


def test_a_sample_too_small_for_the_local_test_is_said_and_the_rest_is_given(
    photoz, result, tmp_path
):
    write_posterior(result.take(np.arange(20)), tmp_path / "few.parquet")
    done = photoz("evaluate", "few.parquet", "--local", *QUICK)
    assert done.code == 0
    assert len(done.json["rows"]) == 4
    assert all("needs 30" in row["problem"] for row in done.json["local"])
    people = photoz("evaluate", "few.parquet", "--local", "--bootstrap", "0")
    assert "needs 30" in people.out.replace("\n", " ")


def test_odds_have_bins_and_cuts(photoz, result):
    done = photoz("evaluate", "r.parquet", "--odds", *QUICK)
    (ours, _) = done.json["odds"]
    assert sum(row["n"] for row in ours["bins"]) == ours["n"] == 240
    assert ours["curve"][0]["kept"] == 1.0
    assert ours["curve"][0]["completeness"] == 1.0
    kept = [row["kept"] for row in ours["curve"]]
    assert kept == sorted(kept, reverse=True)
    # |dz| > 0.15 (1 + z) is beyond 2 sigma of these posteriors everywhere
    promised = [row["promised"] for row in ours["bins"] if row["n"]]
    assert max(promised) < 0.05
    people = photoz("evaluate", "r.parquet", "--odds", "--bootstrap", "0")
    assert "outliers by odds" in people.out
    assert "completeness" in people.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "i"), "--catalogue FILE says where"),
        (("--by", "r", "--catalogue", "cat.parquet"), "bands are g, i"),
        (("--by", "z_map", "--catalogue", "none.parquet", "--by", "i"), "none.parquet"),
        (("--bins", "3"), "give --by NAME too"),
        (("--by", "z_map", "--edges", "1,x"), "expected numbers with commas"),
        (("--by", "z_map", "--edges", "1,0"), "two or more, increasing"),
        (("--by", "z_map", "--edges", "0,1", "--bins", "2"), "without --bins"),
        (("--covariates", "z_map"), "give --local too"),
        (("--local", "--covariates", "z_spec"), "not even a perfect posterior's"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(photoz, result, arguments, said):
    done = photoz("evaluate", "r.parquet", "--bootstrap", "0", *arguments)
    assert done.code == 2
    assert said in done.err.replace("\n", " ")
    assert "Traceback" not in done.err
