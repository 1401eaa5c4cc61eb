"""Metrics in bins: every galaxy in one bin, rows as `evaluate` gives them, names that are known."""

from dataclasses import replace

import numpy as np
import pytest

from photoz import metrics
from photoz.catalogue import Catalogue
from photoz.errors import InputError
from tests.photoz.metrics.gaussians import gaussians

FLUX_UJY = np.array([1.0, 10.0, 100.0])  # 23.9, 21.4 and 18.9 mag


def catalogue_of(ids, flux):
    empty = np.full(flux.shape, np.nan)
    return Catalogue(np.asarray(ids), ("f435-x", "i"), flux, 0.1 * np.abs(flux), empty)


def test_bins_by_z_spec_are_the_rows_of_subsets():
    found = gaussians(200)
    z = found.require_z_spec()
    rows = metrics.evaluate_bins(found, "z_spec", edges=[0.0, 1.0, 3.0], n_bootstrap=10)
    (want,) = metrics.evaluate(found.take(z < 1.0), n_bootstrap=10)
    for key in ("n", "crps", "log_score", "pit_ks_p", "sigma_nmad", "crps_err"):
        assert rows[0][key] == want[key]
    assert [row["bin"] for row in rows] == ["0 <= z_spec < 1", "1 <= z_spec <= 3"]
    assert [(row["low"], row["high"]) for row in rows] == [(0.0, 1.0), (1.0, 3.0)]
    assert sum(row["n"] for row in rows) == 200


def test_quantile_bins_hold_equal_numbers_and_are_shared_but_for_the_estimators_own():
    one, other = gaussians(200), gaussians(200, name="flow", shift=0.3)
    both = replace(one, pdf=one.pdf | other.pdf)
    rows = metrics.evaluate_bins(both, "z_spec", n_bins=5, n_bootstrap=0)
    assert [row["n"] for row in rows] == [40] * 10
    assert [row["low"] for row in rows[:5]] == [row["low"] for row in rows[5:]]
    own = metrics.evaluate_bins(both, "z_map", n_bins=5, n_bootstrap=0)
    shifts = [b["low"] - a["low"] for a, b in zip(own[:5], own[5:], strict=True)]
    assert shifts == pytest.approx([0.3] * 5, abs=0.006)


def test_a_perfect_posterior_is_calibrated_in_bins_of_its_peak_but_not_of_the_truth():
    """All peaks lie in 0.99 to 1.01: galaxies of high z_spec are those that scattered up."""
    found = gaussians(400, z_range=(0.99, 1.01))
    (low, high) = metrics.evaluate_bins(found, "z_spec", n_bins=2, n_bootstrap=0)
    assert low["pit_ks_p"] < 1e-6
    assert high["bias"] < -0.02
    for row in metrics.evaluate_bins(found, "z_map", n_bins=2, n_bootstrap=0):
        assert row["pit_ks_p"] > 0.01


def test_bins_of_few_galaxies_and_unknown_values_are_said_and_none_is_lost():
    found = gaussians(60)
    flux = np.repeat([[1.0, 10.0]], 60, axis=0)
    flux[:3, 1], flux[3:20, 1], flux[20:30, 1] = 100.0, -1.0, np.nan
    shuffled = np.random.default_rng(1).permutation(60)
    catalogue = catalogue_of([str(i) for i in shuffled], flux[shuffled])
    rows = metrics.evaluate_bins(
        found, "i", catalogue=catalogue, edges=[18, 19, 21, 21.2], n_bootstrap=0
    )
    assert [(row["bin"], row["n"]) for row in rows] == [
        ("18 <= i < 19", 3),
        ("19 <= i < 21", 0),
        ("21 <= i <= 21.2", 0),
        ("i outside", 30),
        ("i unknown", 27),
    ]
    assert rows[0]["problem"] == "3 galaxies: at least 5 are needed"
    assert "crps" not in rows[0]
    assert rows[4]["problem"] is None
    assert rows[4]["crps"] > 0
    assert np.isnan(rows[3]["low"])


def test_equal_values_are_one_bin():
    found = gaussians(50)
    flat = metrics.trainz(found, found.require_z_spec())
    (row,) = metrics.evaluate_bins(flat, "z_map", n_bins=4, n_bootstrap=0)
    assert row["n"] == 50
    assert row["low"] == row["high"]


def test_magnitudes_and_colours_are_of_the_same_galaxy_whatever_the_order():
    found = gaussians(3)
    flux = np.column_stack([FLUX_UJY, [10.0, np.nan, 0.0]])
    catalogue = catalogue_of([2, 1, 0, 9], np.vstack([flux[::-1], [[5.0, 5.0]]]))
    blue = metrics.attribute(found, "mdn", "f435-x", catalogue)
    np.testing.assert_allclose(blue, [23.9, 21.4, 18.9])
    colour = metrics.attribute(found, "mdn", "f435-x-i", catalogue)
    np.testing.assert_allclose(colour, [2.5, np.nan, np.nan])
    part = metrics.attribute(found, "mdn", "i", catalogue.take(np.array([2])))
    np.testing.assert_allclose(part, [21.4, np.nan, np.nan])


def test_odds_are_those_of_the_file_where_it_has_them():
    found = gaussians(4)
    computed = metrics.attribute(found, "mdn", "odds")
    np.testing.assert_allclose(computed, found.odds("mdn"))
    stored = replace(found, summaries={"mdn": {"odds": np.array([0.1, 0.2, 0.3, 0.4])}})
    assert metrics.attribute(stored, "mdn", "odds").tolist() == [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(
    ("by", "more", "said"),
    [
        ("i", {}, "give the catalogue"),
        ("r", {"catalogue": catalogue_of([0], np.ones((1, 2)))}, "bands are f435-x, i"),
        ("i-r", {"catalogue": catalogue_of([0], np.ones((1, 2)))}, "no colour of two"),
        ("i", {"catalogue": catalogue_of([77], np.ones((1, 2)))}, "None of the result's 30 ids"),
        ("i", {"catalogue": catalogue_of([0], -np.ones((1, 2)))}, "i is unknown for all"),
        ("ood", {}, "no column ood"),
        ("z_map", {"edges": [1.0, 0.5]}, "1, 0.5: give two or more, increasing"),
        ("z_map", {"n_bins": 0}, "0 bins"),
    ],
)
def test_what_cannot_be_binned_is_said(by, more, said):
    with pytest.raises(InputError, match=said):
        metrics.evaluate_bins(gaussians(30), by, n_bootstrap=0, **more)
