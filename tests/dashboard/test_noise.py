"""The noise view's numbers are those of `photoz.noise`, and its pictures hold them."""

import numpy as np
import panel_material_ui as pmui
import pytest

from dashboard.controllers.noise import (
    FITTED,
    NO_SIMULATION,
    colour_view,
    compare_noise,
    error_view,
    noise_choices,
    simulation_choices,
)
from dashboard.library import Library
from dashboard.plots.noise import (
    ColourView,
    ErrorView,
    colour_picture,
    error_picture,
    show_colour,
    show_errors,
)
from dashboard.plots.spectrum import DrawnBands, SpectrumView, show_spectrum, spectrum_picture
from dashboard.plots.spectrum import history_picture as history
from dashboard.session import Session
from dashboard.tabs.noise_view import NoiseView, figures_html, worst_html
from photoz.catalogue import read_catalogue
from photoz.errors import InputError
from photoz.noise import check_noise, fit_noise, load_noise
from photoz.workspace import make_workspace
from tests.browser.workshop import BANDS, make_workshop


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return Library(make_workshop(tmp_path_factory.mktemp("noise") / "workspace"))


def test_choices_are_those_that_share_a_band(library):
    assert noise_choices(library, "mock") == [FITTED, "toy"]
    assert simulation_choices(library, "mock") == ["toy", NO_SIMULATION]


def test_the_noise_alone_is_that_of_three_lines(library):
    found = compare_noise(library, "mock", FITTED, NO_SIMULATION)
    real = read_catalogue(library.path("catalogues", "mock"))
    expected = check_noise(fit_noise(real), real)
    assert found.mock is None
    for key in ("distance", "distance_floor", "c2st", "worst"):
        assert found.result[key] == expected[key]


def test_a_simulation_is_drawn_by_its_weights_and_looks_like_its_own_mock(library):
    found = compare_noise(library, "mock", "toy", "toy")
    assert found.mock is not None
    assert found.model.bands == BANDS
    # the catalogue is this simulation with this noise
    assert found.result["distance"] < found.result["distance_floor"] + 0.05
    assert found.result["worst"][0]["differs"] < 0.25
    assert compare_noise(library, "mock", "toy", "toy") is found
    colours = [c["colour"] for c in found.result["colours"]]
    assert colours[0] == "sdss_u - sdss_g"
    view = colour_view(found, colours[0])
    assert np.median(view.mock) == pytest.approx(found.result["colours"][0]["median_mock"])
    assert len(view.real) == found.result["colours"][0]["n_real"]


def test_a_band_shows_the_galaxies_and_the_curves_of_the_model(library):
    found = compare_noise(library, "mock", "toy", "toy")
    view = error_view(found, "sdss_r")
    real = read_catalogue(library.path("catalogues", "mock"))
    b = real.bands.index("sdss_r")
    assert set(view.err_ujy) <= set(real.err_ujy[:, b])
    noise = load_noise(library.path("noise", "toy"))
    middle = noise.sigma_ujy(np.full(len(BANDS), view.curve_flux_ujy[3]))[b]
    assert view.curve_err_ujy[1, 3] == pytest.approx(middle)
    # 16 and 84 % of a log-normal of the model's scatter
    ratio = view.curve_err_ujy[2] / view.curve_err_ujy[0]
    np.testing.assert_allclose(ratio, np.exp(2 * 0.9945 * noise.scatter[b]))
    picture = error_picture()
    show_errors(picture, view)
    assert len(picture.sources["points"].data["x"]) == len(view.flux_ujy)
    assert picture.figure.y_range.start < view.err_ujy.min()
    assert picture.figure.x_range.end > view.flux_ujy.max()
    assert picture.figure.xaxis[0].axis_label == "Flux in sdss_r (µJy)"


def test_what_cannot_be_shown_says_so(library, tmp_path):
    found = compare_noise(library, "mock", "toy", NO_SIMULATION)
    found.real.flux_ujy[:, 4] = -1.0
    with pytest.raises(InputError, match="No galaxy has a flux above zero in sdss_z"):
        error_view(found, "sdss_z")
    # a workspace without a catalogue says how to bring one
    view = NoiseView(Session(Library(make_workspace(tmp_path / "empty"))))
    said = [text.object for text in view.__panel__().select(pmui.Typography)]
    assert "No catalogue to compare with" in said
    assert any("photoz import FILE" in text for text in said)


def test_histograms_hold_shares_that_sum_to_one():
    rng = np.random.default_rng(0)
    picture = colour_picture()
    show_colour(picture, ColourView("g - r", rng.normal(0.5, 0.1, 4000), rng.normal(0.7, 0.1, 900)))
    bins = {key: np.asarray(value) for key, value in picture.sources["bins"].data.items()}
    width = bins["right"] - bins["left"]
    for name, centre in (("real", 0.5), ("mock", 0.7)):
        assert (bins[name] * width).sum() == pytest.approx(1.0, abs=0.01)
        middle = (bins[name] * width * (bins["left"] + bins["right"]) / 2).sum()
        assert middle == pytest.approx(centre, abs=0.02)


def test_an_empty_colour_and_a_single_point_are_drawn():
    picture = colour_picture()
    show_colour(picture, ColourView("g - r", np.zeros(0), np.zeros(0)))
    assert not np.asarray(picture.sources["bins"].data["real"]).any()
    one = np.ones(1)
    show_errors(error_picture(), ErrorView("g", one, one, one, np.ones((3, 1))))


def test_tables_hold_the_numbers_by_key(library):
    result = compare_noise(library, "mock", FITTED, NO_SIMULATION).result
    html = worst_html(result)
    first = result["worst"][0]
    cell = f'data-row="{first["band"]}" data-column="differs">{first["differs"]:.2f}<'
    assert cell in html
    figures = figures_html(result)
    assert f'data-row="distance" data-column="all">{result["distance"]:.3f}<' in figures
    assert f'data-row="donors" data-column="all">{result["donors"]["distance"]:.3f}<' in figures


def test_fluxes_with_noise_stand_in_the_spectrum_as_points_or_limits():
    wave = np.array([0.4, 0.6, 0.8])
    nan = np.nan
    drawn = DrawnBands(
        np.array([2.0, 0.05, nan]), np.array([0.5, 0.1, nan]), np.array([nan, nan, 0.7])
    )
    view = SpectrumView(
        wave, {name: np.ones(3) for name in ("stellar", "nebular", "absorbed", "total")},
        ("g", "r", "i"), wave, np.ones(3), np.array([0.0, 1.0]), np.ones(1), drawn,
    )  # fmt: skip
    spectrum = spectrum_picture((0.1, 9.0))
    show_spectrum(spectrum, history(), view)
    seen = spectrum.sources["drawn"].data
    assert (list(seen["band"]), list(seen["low"]), list(seen["high"])) == (["g"], [1.5], [2.5])
    limits = spectrum.sources["limits"].data
    assert list(limits["band"]) == ["r", "i"]
    np.testing.assert_allclose(limits["y"], [0.3, 0.7], rtol=1e-6)
    assert spectrum.parts["noisy"].visible
    show_spectrum(spectrum, history(), SpectrumView(*list(vars(view).values())[:7]))
    assert len(spectrum.sources["drawn"].data["x"]) == 0
    assert not spectrum.parts["noisy"].visible


def test_a_nucleus_is_drawn_where_there_is_one():
    wave = np.array([0.4, 0.6, 0.8])
    parts = {name: np.ones(3) for name in ("stellar", "nebular", "absorbed", "total")}
    rest = ("g", "r", "i"), wave, np.ones(3), np.array([0.0, 1.0]), np.ones(1)
    spectrum = spectrum_picture((0.1, 9.0))
    show_spectrum(spectrum, history(), SpectrumView(wave, parts, *rest))
    assert not spectrum.parts["nucleus"].visible
    assert np.isnan(spectrum.sources["parts"].data["nucleus"]).all()
    active = SpectrumView(wave, parts | {"nucleus": np.full(3, 0.2)}, *rest)
    show_spectrum(spectrum, history(), active)
    assert spectrum.parts["nucleus"].visible
    np.testing.assert_allclose(spectrum.sources["parts"].data["nucleus"], 0.2)
