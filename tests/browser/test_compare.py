"""Compare in a browser: the table is that of the engine, and what cannot be scored says why."""

import numpy as np
import pytest

from photoz.calibrate import load_calibration
from photoz.catalogue import read_catalogue
from photoz.infer import predict
from photoz.metrics import evaluate
from photoz.models import load_models

pytestmark = pytest.mark.browser


def cell(page, row, column):
    text = page.locator(f'td[data-row="{row}"][data-column="{column}"]').inner_text()
    value, _, error = text.partition(" ±")
    return float(value), float(error)


def place(page, name):
    """Where a figure stands on the page, None while it is not there."""
    return page.evaluate(
        """(name) => {
            const model = Bokeh.documents[0].get_model_by_name(name)
            const view = model && Bokeh.index.find_one(model)
            return view ? view.el.getBoundingClientRect().toJSON() : null
        }""",
        name,
    )


def test_every_metric_before_and_after_is_that_of_evaluate(visit, ready):
    page = visit("?tab=compare&catalogue=mock&calibration=offsets").page
    page.get_by_text("All 400 galaxies whose redshift is known.").wait_for()
    models = load_models(ready[0] / "models" / "toy")
    mock = read_catalogue(ready[0] / "catalogues" / "mock.parquet")
    offsets = load_calibration(ready[0] / "calibrations" / "offsets.toml")
    for suffix, calibration in (("", None), (":calibrated", offsets)):
        for row in evaluate(predict(models, mock, calibration)):
            for key, unit, digits in (
                ("sigma_nmad", 1, 4),
                ("outlier_fraction", 100, 1),
                ("crps", 1, 4),
                ("log_score", 1, 3),
                ("coverage_68", 100, 1),
                ("pit_ks", 1, 4),
            ):
                value, error = cell(page, row["estimator"] + suffix, key)
                last = 1.01 * 10.0**-digits
                assert value == pytest.approx(unit * row[key], abs=last)
                assert error == pytest.approx(unit * row[f"{key}_err"], abs=last)


def test_the_baseline_that_knows_nothing_has_the_sample_s_own_spread(visit, ready):
    page = visit("?tab=compare&catalogue=mock").page
    page.get_by_text("All 400 galaxies").wait_for()
    z = read_catalogue(ready[0] / "catalogues" / "mock.parquet").z_spec
    # CRPS of giving a sample's distribution to each of its members: half the mean difference
    expected = 0.5 * np.abs(z[:, None] - z).mean()
    assert cell(page, "trainz", "crps")[0] == pytest.approx(expected, rel=0.03)


def test_the_pit_is_never_alone(visit):
    watched = visit("?tab=compare&catalogue=mock")
    watched.until(lambda: watched.column("ecdf.MDN", "u"), lambda u: len(u) == 101)
    boxes = watched.until(
        lambda: [place(watched.page, name) for name in ("ecdf", "crps", "log_score")],
        lambda found: all(b and b["width"] > 0 and b["bottom"] > b["top"] for b in found),
    )
    ecdf, crps, log_score = boxes
    assert crps["left"] >= ecdf["right"] - 1
    assert log_score["left"] >= ecdf["right"] - 1
    assert abs(crps["top"] - ecdf["top"]) < 40
    assert log_score["bottom"] <= ecdf["bottom"] + 40


def test_a_catalogue_without_redshifts_says_what_it_lacks(visit):
    page = visit("?tab=compare&catalogue=no-redshifts").page
    page.get_by_text("This catalogue has no spectroscopic redshifts").wait_for()
