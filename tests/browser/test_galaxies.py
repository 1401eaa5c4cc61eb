"""Galaxies in a browser: every number on the page is the engine's, and every way to pick works."""

import numpy as np
import pytest

from photoz.catalogue import read_catalogue
from photoz.infer import predict
from photoz.models import load_models
from tests.browser.workshop import WAIT_MS

pytestmark = pytest.mark.browser
DIGITS = 5e-5 + 1e-9
ID_CELL = ".tabulator-cell[tabulator-field=id]"


@pytest.fixture(scope="module")
def truth(ready):
    """The posterior of the mock catalogue, computed here."""
    models = load_models(ready[0] / "models" / "toy")
    return predict(models, read_catalogue(ready[0] / "catalogues" / "mock.parquet"))


def number(page, row, column):
    text = page.locator(f'td[data-row="{row}"][data-column="{column}"]').inner_text()
    return float(text)


def title(page, name):
    page.get_by_text(f"Galaxy {name}, spectroscopic z").wait_for()


def test_peaks_interval_odds_and_pit_of_a_galaxy_are_those_of_the_engine(visit, truth):
    row = 17
    page = visit(f"?tab=galaxies&galaxy={truth.ids[row]}").page
    title(page, truth.ids[row])
    one = truth.take(np.array([row]))
    for estimator, methods in (
        ("mdn", ("grid", "components", "components_refined", "samples")),
        ("flow", ("grid",)),
        ("mixture", ("grid", "samples")),
    ):
        for method in methods:
            z_map = float(one.z_map(estimator, method)[0])
            assert number(page, method, estimator) == pytest.approx(z_map, abs=2 * DIGITS)
        summary = one.summaries[estimator]
        for key in ("z_median", "z_lo68", "z_hi68", "odds", "pit"):
            expected = float(summary[key][0])
            assert number(page, key, estimator) == pytest.approx(expected, abs=2 * DIGITS)


def test_the_drawn_densities_are_the_engine_s_and_the_components_add_up(visit, truth):
    row = 17
    watched = visit(f"?tab=galaxies&galaxy={truth.ids[row]}")
    title(watched.page, truth.ids[row])
    for estimator in ("mdn", "flow", "mixture"):
        drawn = watched.until(
            lambda name=estimator: watched.column(f"posterior.{name}", "p"), lambda p: len(p) > 2
        )
        np.testing.assert_allclose(drawn, truth.pdf[estimator][row], rtol=1e-4, atol=1e-5)
    xs, ys = (watched.column("posterior.components", c) for c in ("xs", "ys"))
    assert len(xs) == 10
    z = np.linspace(0.1, 0.9, 50)
    total = sum(
        np.interp(z, *(np.array(list(a.values()) if isinstance(a, dict) else a) for a in pair),
                  left=0.0, right=0.0)
        for pair in zip(xs, ys, strict=True)
    )  # fmt: skip
    whole = np.interp(z, truth.z_grid, truth.pdf["mdn"][row])
    np.testing.assert_allclose(total, whole, rtol=0.01)


def test_row_keys_and_search_pick_a_galaxy_and_the_address_follows(visit, truth):
    page = visit("?tab=galaxies").page
    title(page, truth.ids[0])
    page.locator(".tabulator-row").nth(2).locator(ID_CELL).click()
    title(page, truth.ids[2])
    page.wait_for_url(f"**galaxy={truth.ids[2]}")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("j")
    title(page, truth.ids[3])
    page.keyboard.press("ArrowUp")
    title(page, truth.ids[2])
    page.get_by_role("button", name="Next", exact=True).click()
    title(page, truth.ids[3])
    field = page.get_by_label("Find a galaxy by id")
    field.fill(str(truth.ids[200]))
    field.press("Enter")
    title(page, truth.ids[200])
    field.fill("no such")
    field.press("Enter")
    page.get_by_text("has no galaxy with id 'no such'").wait_for()


def test_a_header_sorts_the_whole_table_and_not_the_page(visit, truth):
    page = visit("?tab=galaxies").page
    title(page, truth.ids[0])
    page.locator(".tabulator-col", has_text="z spec").click()
    first = page.locator(".tabulator-row").first
    smallest = f"{truth.z_spec.min():.3f}"
    first.get_by_text(smallest, exact=True).first.wait_for()
    first.locator(ID_CELL).click()
    chosen = truth.ids[np.argsort(truth.z_spec, kind="stable")[0]]
    title(page, chosen)


def test_a_tap_on_the_scatter_picks_the_nearest_galaxy(visit, truth):
    watched = visit("?tab=galaxies")
    page = watched.page
    title(page, truth.ids[0])
    x, y = truth.z_spec, np.asarray(truth.z_map("mdn"), float)
    distance = np.hypot(x[:, None] - x, y[:, None] - y) + 9 * np.eye(len(x))
    lonely = int(np.argmax(np.where(x < 0.9, distance.min(axis=1), 0.0)))
    page.mouse.click(*place_in_scatter(page, float(x[lonely]), float(y[lonely])))
    title(page, truth.ids[lonely])


def place_in_scatter(page, x, y):
    """Where a point of the scatter is on the screen, once the page has come to rest."""
    last = None
    for _ in range(50):
        place = page.evaluate(
            """([x, y]) => {
                const model = Bokeh.documents[0].get_model_by_name("scatter")
                const view = Bokeh.index.find_one(model)
                view.el.scrollIntoView()
                const box = view.canvas_view.el.getBoundingClientRect()
                const frame = view.frame
                return [box.x + frame.x_scale.compute(x), box.y + frame.y_scale.compute(y)]
            }""",
            [x, y],
        )
        if place == last:
            return place
        last = place
        page.wait_for_timeout(200)
    raise AssertionError("the scatter does not come to rest")


def test_limits_missing_and_faint_bands_are_marked_apart(visit):
    watched = visit("?tab=galaxies&catalogue=patchy")
    watched.page.get_by_text("Galaxy 0, spectroscopic z").wait_for()
    bands = {
        kind: watched.until(
            lambda kind=kind: watched.column(f"photometry.{kind}", "band"), lambda b: len(b) > 0
        )
        for kind in ("missing", "limits", "faint", "measured")
    }
    assert bands == {
        "missing": ["sdss_u"],
        "limits": ["sdss_g"],
        "faint": ["sdss_r"],
        "measured": ["sdss_i", "sdss_z"],
    }
    assert watched.column("photometry.limits", "y") == [2.5]


def test_a_calibration_moves_the_photometry_and_the_posterior(visit, ready, truth):
    from photoz.calibrate import load_calibration

    watched = visit(f"?tab=galaxies&calibration=offsets&galaxy={truth.ids[5]}")
    title(watched.page, truth.ids[5])
    mock = read_catalogue(ready[0] / "catalogues" / "mock.parquet").take(np.array([5]))
    offsets = load_calibration(ready[0] / "calibrations" / "offsets.toml")
    after = predict(load_models(ready[0] / "models" / "toy"), mock, offsets)
    assert number(watched.page, "z_median", "mdn") == pytest.approx(
        float(after.summaries["mdn"]["z_median"][0]), abs=2 * DIGITS
    )
    np.testing.assert_allclose(
        watched.column("photometry.calibrated", "y"),
        (mock.flux_ujy * offsets.flux_scale)[0],
        rtol=1e-5,
    )


def test_the_best_spectrum_is_drawn_at_each_peak(visit, truth, ready):
    from photoz.infer.peaks import posterior_peaks
    from photoz.sed import Engine, fit_sed, load_survey

    row = 17
    watched = visit(f"?tab=galaxies&galaxy={truth.ids[row]}")
    title(watched.page, truth.ids[row])
    watched.page.locator('td[data-row="peak0"][data-column="chi2"]').wait_for(timeout=WAIT_MS)
    peaks = posterior_peaks(truth.z_grid, truth.pdf["mixture"][row])
    one = read_catalogue(ready[0] / "catalogues" / "mock.parquet").take(np.array([row]))
    engine = Engine.load(load_survey("sdss-2mass").subset(one.bands), z_max=truth.z_max)
    drawn = watched.column("photometry.seds", "xs")
    assert len(drawn) == len(peaks)
    for i, peak in enumerate(peaks):
        fit = fit_sed(engine, one.flux_ujy, one.err_ujy, peak.z, one.uplim_ujy)
        cell = watched.page.locator(f'td[data-row="peak{i}"][data-column="chi2"]').inner_text()
        chi2, n_band = map(float, cell.split("/"))
        assert chi2 == pytest.approx(fit.chi2[0], rel=0.05, abs=0.2)
        assert n_band == fit.n_measured[0]
