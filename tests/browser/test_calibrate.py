"""The Calibrate tab in a browser: sliders move the PIT to what Python computes; held-out fits."""

import numpy as np
import pytest

from photoz.calibrate import Calibration, identity, load_calibration
from photoz.catalogue import read_catalogue
from photoz.infer import predict
from photoz.models import load_models
from tests.browser.workshop import BANDS, Watched

pytestmark = pytest.mark.browser
N_BIN = 20


@pytest.fixture
def tab(server, chromium):
    watched = Watched.open(chromium, server[1] + "?tab=calibrate")
    watched.until(lambda: watched.column("pit-mdn", "y"), lambda y: len(y) > 0)
    yield watched
    assert watched.errors == []
    watched.page.close()


def heights_by_python(root, calibration, kind):
    """PIT histogram by the batch path: predict, exact CDF at z_spec, numpy."""
    catalogue = read_catalogue(root / "catalogues" / "mock.parquet")
    posterior = predict(load_models(root / "models" / "toy"), catalogue, calibration)
    counts, _ = np.histogram(posterior.pit(kind), bins=N_BIN, range=(0.0, 1.0))
    return counts * N_BIN / catalogue.n


def heights_on_page(tab, source):
    return np.array(tab.column(source, "y"))[1:-1:2]


def test_a_moved_flux_scale_changes_the_pit_to_what_python_computes(tab, server):
    root, _ = server
    for kind in ("mdn", "flow", "mixture"):
        expected = heights_by_python(root, identity(BANDS), kind)
        np.testing.assert_allclose(heights_on_page(tab, f"pit-{kind}"), expected, atol=1e-5)
    before = heights_on_page(tab, "pit-mdn")
    slider = tab.page.get_by_role("slider", name="sdss_g", exact=True)
    slider.focus()
    for _ in range(24):
        slider.press("ArrowRight")
    tab.page.get_by_text("Now: moved by hand.").wait_for()
    scale = np.ones(len(BANDS))
    scale[1] = float(slider.get_attribute("aria-valuenow"))
    assert scale[1] == pytest.approx(1.12)
    moved = Calibration(BANDS, scale, np.zeros(5), np.ones(5), np.zeros(5))
    for kind in ("mdn", "flow", "mixture"):
        expected = heights_by_python(root, moved, kind)
        found = tab.until(
            lambda kind=kind: heights_on_page(tab, f"pit-{kind}"),
            lambda y, expected=expected: np.allclose(y, expected, atol=1e-5),
        )
        assert not np.allclose(found, before)
    np.testing.assert_allclose(heights_on_page(tab, "pit-before_mdn"), before, atol=1e-5)
    tab.page.get_by_role("button", name="Revert to no change").click()
    tab.until(lambda: heights_on_page(tab, "pit-mdn"), lambda y: np.allclose(y, before, atol=1e-5))


def test_a_typed_value_is_saved_under_a_name_and_in_use(tab, server):
    typed = tab.page.get_by_role("textbox").and_(tab.page.locator(".MuiInput-input")).first
    typed.fill("1.234")
    typed.press("Enter")
    tab.page.get_by_text("Now: moved by hand.").wait_for()
    tab.page.get_by_label("Name", exact=True).fill("by-hand")
    tab.page.get_by_role("button", name="Save").click()
    tab.page.get_by_text("Saved as by-hand").wait_for()
    saved = load_calibration(server[0] / "calibrations" / "by-hand.toml")
    np.testing.assert_allclose(saved.flux_scale, [1.234, 1, 1, 1, 1])
    assert "calibration=by-hand" in tab.page.url
    tab.page.get_by_role("button", name="Save").click()
    tab.page.get_by_text("There is a calibration 'by-hand' already").wait_for()


def test_a_fit_runs_as_a_job_and_says_what_is_held_out(tab, server):
    root, _ = server
    page = tab.page
    page.get_by_label("Name of the fit").fill("fitted")
    tab.type_number("Folds held out in turn", 2)
    page.get_by_role("checkbox", name="Error scale").uncheck()
    page.get_by_role("button", name="Fit", exact=True).click()
    page.get_by_text("Fitted on 320 galaxies.").wait_for()
    page.get_by_text("Held out (2 folds").wait_for()
    page.get_by_text("Held out: no fit started here sees these galaxies.").wait_for()
    fitted = load_calibration(root / "calibrations" / "fitted.toml")
    assert fitted.flux_scale[BANDS.index("sdss_r")] == 1.0
    assert np.ptp(fitted.flux_scale) > 0.0
    np.testing.assert_array_equal(fitted.error_scale, 1.0)
    shown = page.get_by_role("slider", name="sdss_g", exact=True)
    assert float(shown.get_attribute("aria-valuenow")) == pytest.approx(fitted.flux_scale[1])
