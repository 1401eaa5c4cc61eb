"""PIT pictures: heights against a count by hand, ranges against the binomial, axes that hold."""

import numpy as np
import pytest
from scipy import stats

from dashboard.plots.offsets import offsets_picture, show_offsets
from dashboard.plots.pit import (
    BEFORE,
    N_BIN,
    PitView,
    difference_picture,
    expected_range,
    histogram_picture,
    pit_density,
    score_table,
    show_expected,
    show_pit,
)

NUMBERS = {
    "log_score": 1.5, "crps": 0.05, "pit_ks": 0.03, "sigma_nmad": 0.02,
    "outlier_fraction": 0.125, "bias": -0.001,
}  # fmt: skip


def view(pit, u):
    difference = np.searchsorted(np.sort(pit), u, side="right") / len(pit) - u
    return PitView(pit_density(pit), difference, NUMBERS)


def test_heights_average_to_one_and_count_both_ends():
    pit = np.array([0.0, 1.0, 0.51, 0.52])
    density = pit_density(pit)
    assert density.mean() == pytest.approx(1.0)
    assert density[0] == N_BIN / 4
    assert density[-1] == N_BIN / 4
    assert density[10] == N_BIN / 2


def test_the_expected_range_holds_19_of_20_bins_of_uniform_numbers():
    low, high = expected_range(1000)
    heights = np.random.default_rng(0).binomial(1000, 1 / N_BIN, 20_000) * N_BIN / 1000
    assert np.mean((heights >= low) & (heights <= high)) == pytest.approx(0.955, abs=0.01)
    assert stats.binom.cdf(round(high * 1000 / N_BIN), 1000, 1 / N_BIN) >= 0.975


def test_curves_go_to_their_sources_and_axes_grow_only_when_needed():
    histogram, difference = histogram_picture(), difference_picture()
    u = np.arange(1, 101) / 100
    flat = view((np.arange(500) + 0.5) / 500, u)
    show_expected(histogram, difference, 500, u, np.full(100, -0.03), np.full(100, 0.03))
    show_pit(histogram, difference, {"mdn": flat}, u, BEFORE)
    show_pit(histogram, difference, {"mdn": flat}, u)
    assert (histogram.figure.y_range.start, histogram.figure.y_range.end) == (0.0, 2.0)
    assert histogram.sources["flow"].data["x"] == []
    steps = np.asarray(histogram.sources["mdn"].data["y"])
    np.testing.assert_allclose(steps[1:-1], 1.0, atol=1e-6)
    peaked = view(np.full(500, 0.5), u)
    show_pit(histogram, difference, {"mdn": peaked}, u)
    assert histogram.figure.y_range.end > N_BIN
    assert difference.figure.y_range.end > 0.5
    np.testing.assert_allclose(
        np.asarray(difference.sources["mdn"].data["y"])[1:], peaked.difference, atol=1e-6
    )
    kept = np.asarray(difference.sources[BEFORE + "mdn"].data["y"])
    assert np.abs(kept).max() < 0.01


def test_the_table_sets_both_models_before_and_now_and_says_the_galaxies():
    one = PitView(np.ones(N_BIN), np.zeros(3), NUMBERS)
    two = PitView(np.ones(N_BIN), np.zeros(3), NUMBERS | {"log_score": 1.75})
    shown = score_table({"mdn": one, "flow": one}, {"mdn": two, "flow": one}, "Held out: <x>")
    assert 'data-row="log_score" data-column="mdn-before">1.500<' in shown
    assert 'data-row="log_score" data-column="mdn-now">1.750<' in shown
    assert 'data-column="flow-now">12.50%<' in shown
    assert "Held out: &lt;x&gt;" in shown


def test_offsets_carry_whiskers_only_where_they_were_fitted():
    picture = offsets_picture(("g", "r"), "flux_scale")
    show_offsets(picture, ("g", "r"), np.array([1.1, 0.9]), {"g": 0.05})
    data = picture.sources["values"].data
    np.testing.assert_allclose(data["low"], [1.05, 0.9], atol=1e-6)
    np.testing.assert_allclose(data["high"], [1.15, 0.9], atol=1e-6)
    assert list(data["sigma"]) == ["0.0500", "not fitted"]
