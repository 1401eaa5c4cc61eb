"""Learning curves hold exactly the lines of the metrics, by model and by run."""

import numpy as np

from dashboard.plots.training import CURVES, OVERLAY, card_table, curve_picture, show_curves

ROWS = [
    {"step": s, "model": m, "loss": v, "val_log_score": v + 1, "val_crps": v + 2, "val_pit_ks": 0.1}
    for s, m, v in ((10, "mdn", 0.5), (20, "mdn", 0.25), (10, "flow", -0.5))
]


def test_each_curve_holds_its_own_metric_by_model():
    pictures = [curve_picture(curve) for curve in CURVES]
    show_curves(pictures, ROWS)
    loss, log_score = pictures[0], pictures[1]
    assert list(loss.sources["mdn"].data["step"]) == [10, 20]
    assert list(loss.sources["mdn"].data["value"]) == [0.5, 0.25]
    assert list(loss.sources["flow"].data["value"]) == [-0.5]
    assert list(log_score.sources["mdn"].data["value"]) == [1.5, 1.25]


def test_a_second_run_is_drawn_beside_the_first_and_taken_away():
    pictures = [curve_picture(curve) for curve in CURVES]
    show_curves(pictures, ROWS)
    show_curves(pictures, ROWS[:1], OVERLAY)
    assert list(pictures[0].sources[OVERLAY + "mdn"].data["value"]) == [0.5]
    show_curves(pictures, [], OVERLAY)
    assert list(pictures[0].sources[OVERLAY + "mdn"].data["value"]) == []
    assert list(pictures[0].sources["mdn"].data["value"]) == [0.5, 0.25]


def test_a_line_without_a_metric_is_left_out():
    pictures = [curve_picture(curve) for curve in CURVES]
    show_curves(pictures, [{"step": 5, "model": "mdn", "loss": 1.0}, *ROWS])
    assert list(pictures[0].sources["mdn"].data["step"]) == [5, 10, 20]
    assert list(pictures[2].sources["mdn"].data["step"]) == [10, 20]


def test_members_are_curves_of_their_own():
    pictures = [curve_picture(curve) for curve in CURVES]
    show_curves(pictures, [row | {"member": m} for m in (1, 2) for row in ROWS])
    steps = pictures[0].sources["mdn"].data["step"]
    np.testing.assert_array_equal(steps, [10, 20, np.nan, 10, 20])
    values = pictures[0].sources["flow"].data["value"]
    np.testing.assert_array_equal(values, [-0.5, np.nan, -0.5])


def test_a_card_tells_scores_and_origin_and_no_markup_of_a_name():
    card = {
        "n_simulated": 20_000, "recipe": "<b>mine</b>", "noise": {"bands": ["g", "r"]}, "seed": 7,
        "made": "2026-01-02T03:04:05+00:00", "photoz": "0.1.0", "prior_implied": "as simulated",
        "test": {"log_score": 1.25, "crps": 0.0321, "pit_ks": 0.012, "n": 1000},
        "steps": 400, "best_step": 380, "seconds": 61.0,
    }  # fmt: skip
    shown = card_table({"mdn": card})
    for text in (
        "1.250",
        "0.0321",
        "0.012",
        "20,000 galaxies",
        "&lt;b&gt;mine",
        "2026-01-02 03:04",
    ):
        assert text in shown
    assert "<b>" not in shown
    assert card_table({}) == ""
