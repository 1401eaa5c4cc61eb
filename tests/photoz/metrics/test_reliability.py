"""Odds against outliers: rates, binomial errors and cuts that can be counted by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from photoz.errors import InputError
from photoz.infer import Posterior
from photoz.infer.grid import cell_edges
from photoz.metrics import reliability
from photoz.metrics.reliability import binomial_interval
from tests.photoz.metrics.gaussians import GRID, gaussians

# six right, four wrong; of the four with odds below 0.5 three are wrong
ODDS = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
WRONG = np.array([1, 1, 0, 1, 0, 1, 0, 0, 0, 0], bool)


def counted():
    found = gaussians(10)
    z = found.require_z_spec()
    stored = {"odds": ODDS, "z_map": z + np.where(WRONG, 0.2, 0.1) * (1.0 + z)}
    return replace(found, summaries={"mdn": stored})


def test_rates_by_bin_are_counted_with_wilsons_interval():
    found = reliability(counted(), "mdn", edges=[0.0, 0.5, 1.0])
    assert (found.n, found.outlier_fraction) == (10, 0.4)
    assert [(b["n"], b["n_outlier"]) for b in found.bins] == [(4, 3), (6, 1)]
    assert found.bins[0]["outlier_fraction"] == 0.75
    # Wilson: (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n) with z = 1
    half = np.sqrt(0.75 * 0.25 / 4 + 1 / 64)
    want = [(0.75 + 1 / 8 - half) / 1.25, (0.75 + 1 / 8 + half) / 1.25]
    got = [found.bins[0]["outlier_low"], found.bins[0]["outlier_high"]]
    assert got == pytest.approx(want, abs=1e-4)


def test_the_interval_holds_the_rate_as_often_as_it_says():
    n, rate = 40, 0.1
    inside = [low <= rate <= high for low, high in (binomial_interval(k, n) for k in range(n + 1))]
    held = stats.binom.pmf(np.arange(n + 1), n, rate) @ inside
    assert held == pytest.approx(0.68, abs=0.12)  # counts are whole numbers
    assert binomial_interval(0, 10)[1] > 0.05


def test_completeness_and_purity_of_cuts_are_counted():
    curve = reliability(counted(), "mdn", n_cut=10).curve
    assert [row["odds_min"] for row in curve] == pytest.approx(ODDS)
    assert [row["n"] for row in curve] == list(range(10, 0, -1))
    assert curve[0]["completeness"] == 1.0
    assert curve[0]["purity"] == pytest.approx(0.6)
    cut = curve[4]  # odds >= 0.6: five right, one wrong
    assert (cut["kept"], cut["completeness"]) == (0.6, pytest.approx(5 / 6))
    assert cut["purity"] == pytest.approx(5 / 6)
    assert curve[-1]["purity"] == 1.0


def test_true_posteriors_keep_their_promise_in_every_bin():
    """Two peaks of known weight: the odds are the weight of the higher, the rest are outliers."""
    rng = np.random.default_rng(4)
    n = 3000
    share = rng.uniform(0.55, 0.99, n)
    peak = rng.uniform(0.4, 1.0, n)
    edges = cell_edges(GRID)
    near, far = (stats.norm.cdf((edges - c[:, None]) / 0.02) for c in (peak, peak + 2.0))
    mass = np.diff(share[:, None] * near + (1.0 - share[:, None]) * far, axis=1)
    truth = np.where(rng.random(n) < share, peak, peak + 2.0) + 0.02 * rng.standard_normal(n)
    pdf = (mass / np.diff(edges)).astype(np.float32)
    found = reliability(
        Posterior(np.arange(n), GRID, {"mdn": pdf}, 4.0, z_spec=truth), "mdn", n_bins=8
    )
    assert len(found.bins) == 8
    for row in found.bins:
        assert row["promised"] == pytest.approx(1.0 - 0.5 * (row["low"] + row["high"]), abs=0.02)
        sigma = np.sqrt(row["promised"] * (1.0 - row["promised"]) / row["n"])
        assert row["outlier_fraction"] == pytest.approx(row["promised"], abs=4 * sigma)
    purity = [row["purity"] for row in found.curve]
    assert purity[-1] > 0.96
    assert purity[0] == pytest.approx(1.0 - found.outlier_fraction)


def test_odds_that_are_one_to_four_digits_are_one_cut_and_one_bin():
    found = counted()
    sure = 1.0 - 1e-6 * np.arange(10)
    sure[:2] = 0.2
    stored = {"mdn": found.summaries["mdn"] | {"odds": sure}}
    told = reliability(replace(found, summaries=stored), "mdn")
    assert [row["odds_min"] for row in told.curve] == pytest.approx([0.2, 0.9999])
    assert [row["n"] for row in told.curve] == [10, 8]
    assert [row["n"] for row in told.bins if row["n"]] == [2, 8]
    assert np.isnan(told.bins[3]["outlier_fraction"])


def test_what_cannot_be_counted_is_said():
    with pytest.raises(InputError, match="4 galaxies have both"):
        reliability(gaussians(4), "mdn")
    with pytest.raises(InputError, match="outlier threshold"):
        reliability(gaussians(10), "mdn", threshold=1.5)
    with pytest.raises(InputError, match="two or more, increasing"):
        reliability(gaussians(10), "mdn", edges=[0.5])
