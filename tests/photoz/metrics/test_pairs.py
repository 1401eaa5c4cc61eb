"""Paired differences: signs, errors and galaxies of two results that differ in a known way."""

from dataclasses import replace

import numpy as np
import pytest

from photoz import metrics
from tests.photoz.metrics.gaussians import SIGMA, gaussians


def test_the_difference_is_that_of_the_scores_and_the_truth_wins():
    right, wrong = gaussians(400), gaussians(400, name="flow", shift=0.1)
    (row,) = metrics.pairs([right, wrong], results=["a", "b"], n_bootstrap=200)
    assert (row["first"], row["second"], row["n"]) == ("mdn", "flow", 400)
    assert (row["first_result"], row["second_result"]) == ("a", "b")
    ours, theirs = metrics.evaluate([right, wrong], n_bootstrap=0)
    for key in ("log_score", "crps"):
        assert row[f"{key}_difference"] == pytest.approx(ours[key] - theirs[key])
    # a Gaussian shifted by one sigma: the log score falls by ((t - 1)^2 - t^2) / 2 = 1/2 - t
    error = row["log_score_difference_err"]
    assert error == pytest.approx(1.0 / np.sqrt(400), rel=0.2)
    assert row["log_score_difference"] == pytest.approx(0.5, abs=4 * error)
    assert row["crps_difference"] < -4 * row["crps_difference_err"]
    assert pytest.approx(0.1) == SIGMA


def test_galaxies_are_matched_by_id_and_their_redshift_must_agree():
    right, wrong = gaussians(60), gaussians(60, name="flow", shift=0.05)
    shuffled = wrong.take(np.random.default_rng(3).permutation(60)[:40])
    z = shuffled.require_z_spec().copy()
    z[:4] += 0.01
    shuffled = replace(shuffled, z_spec=z)
    (row,) = metrics.pairs([right, shuffled], n_bootstrap=0)
    assert (row["n"], row["n_other_z_spec"]) == (36, 4)
    same = right.take(np.sort(shuffled.ids[4:])), wrong.take(np.sort(shuffled.ids[4:]))
    ours, theirs = metrics.evaluate(same, n_bootstrap=0)
    assert row["crps_difference"] == pytest.approx(ours["crps"] - theirs["crps"])
    assert "crps_difference_err" not in row


def test_every_pair_has_a_row_and_too_few_galaxies_have_no_difference():
    first = gaussians(30)
    both = replace(first, pdf=first.pdf | gaussians(30, name="flow", shift=0.1).pdf)
    few = gaussians(30, name="mixture").take(np.arange(4))
    rows = metrics.pairs([both, few], n_bootstrap=10)
    found = [(row["first"], row["second"], row["n"]) for row in rows]
    assert found == [("mdn", "flow", 30), ("mdn", "mixture", 4), ("flow", "mixture", 4)]
    assert np.isnan(rows[1]["log_score_difference"])
    assert np.isfinite(rows[0]["log_score_difference_err"])
