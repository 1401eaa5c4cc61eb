"""Simulate in a browser: a slider moved by hand shows what the engine computes."""

import jax.numpy as jnp
import numpy as np
import pytest

from photoz.catalogue import read_catalogue
from photoz.noise import check_noise, fit_noise
from photoz.sed.engine import Engine
from photoz.sed.population import SEDParameters
from photoz.sed.sfh import delayed

pytestmark = pytest.mark.browser
DEFAULTS = {
    "log_mass": 10.5, "log_z_star": -0.2, "log_z_gas": -0.2, "log_u": -2.5,
    "tau_birth_cloud": 0.3, "tau_diffuse": 0.3, "dust_index": -0.2, "lya_escape": 0.2,
}  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    return Engine.load("cosmos2020", z_max=8.0)


def band_fluxes(engine, z, **changes):
    one = {name: jnp.full((1,), value) for name, value in (DEFAULTS | changes).items()}
    age = jnp.float32(engine.cosmology.age_gyr(z))
    history = delayed(
        jnp.array([0.8]), jnp.array([10.0**0.3]), age, engine.tables.grid.age_edges_gyr
    )
    return np.asarray(engine.photometry(SEDParameters(age_fraction=history, **one), z))[0]


def shown(watched):
    return np.array(watched.column("spectrum.bands", "y"), float)


def press(page, label, key, times):
    slider = page.get_by_role("slider", name=label)
    slider.focus()
    for _ in range(times):
        slider.press(key)


def test_moving_sliders_redraws_the_band_fluxes_of_the_engine(visit, engine):
    watched = visit("?tab=simulate")
    first = watched.until(lambda: shown(watched), lambda flux: flux.size == 28)
    np.testing.assert_allclose(first, band_fluxes(engine, 0.7), rtol=2e-5)
    press(watched.page, "Redshift", "ArrowRight", 7)
    wanted = band_fluxes(engine, 0.77)
    watched.until(lambda: shown(watched), lambda flux: np.allclose(flux, wanted, rtol=1e-4))
    press(watched.page, "Stellar mass", "ArrowLeft", 2)
    wanted = band_fluxes(engine, 0.77, log_mass=10.4)
    moved = watched.until(lambda: shown(watched), lambda flux: np.allclose(flux, wanted, rtol=1e-4))
    # 0.1 dex less mass is 0.1 dex less light in every band
    assert np.log10(band_fluxes(engine, 0.77) / moved) == pytest.approx(0.1, abs=1e-4)
    watched.page.get_by_role("button", name="Reset the galaxy").click()
    watched.until(lambda: shown(watched), lambda flux: np.allclose(flux, first, rtol=1e-5))


def test_the_bands_of_another_survey_take_their_place(visit):
    watched = visit("?tab=simulate")
    watched.until(lambda: shown(watched), lambda flux: flux.size == 28)
    watched.page.get_by_role("combobox", name="Bands of").click()
    watched.page.get_by_role("menuitem", name="SDSS + 2MASS").click()
    watched.until(lambda: watched.column("spectrum.bands", "band"), lambda b: len(b) == 8)


def test_the_switch_draws_the_surveys_noise_onto_the_bands(visit, engine):
    watched = visit("?tab=simulate")
    watched.until(lambda: shown(watched), lambda flux: flux.size == 28)
    drawn = lambda name: np.array(watched.column("spectrum.drawn", name), float)  # noqa: E731
    assert drawn("y").size == 0
    watched.page.get_by_label("Draw with the survey's noise").click()
    first = watched.until(lambda: drawn("y"), lambda y: y.size > 20)
    true = dict(zip(watched.column("spectrum.bands", "band"), shown(watched), strict=True))
    true = np.array([true[band] for band in watched.column("spectrum.drawn", "band")])
    err = drawn("err")
    np.testing.assert_allclose(drawn("high") - first, err, rtol=1e-3)
    # fluxes stray by the quoted error, with the floor of 1.5 to 4 % and the template error
    pull = (first - true) / np.hypot(err, 0.05 * true)
    assert 0.1 < np.abs(pull).max() < 6
    watched.page.get_by_role("button", name="Draw again").click()
    watched.until(lambda: drawn("y"), lambda y: not np.isin(first, y).all())
    watched.page.get_by_label("Draw with the survey's noise").click()
    watched.until(lambda: drawn("y"), lambda y: y.size == 0)


def number(watched, row, column):
    return watched.page.locator(f'td[data-row="{row}"][data-column="{column}"]').inner_text()


def choose(watched, label, option):
    watched.page.get_by_role("combobox", name=label).click()
    watched.page.get_by_role("menuitem", name=option, exact=True).click()


def test_the_noise_view_shows_errors_colours_and_the_worst_bands(visit, ready):
    watched = visit("?tab=simulate&catalogue=mock")
    watched.page.get_by_role("button", name="Noise", exact=True).click()
    watched.page.locator('td[data-row="c2st"]').wait_for()
    points = lambda name: np.array(watched.column("noise-errors.points", name), float)  # noqa: E731
    watched.until(lambda: points("x"), lambda x: x.size > 300)
    real = read_catalogue(ready[0] / "catalogues" / "mock.parquet")
    choose(watched, "Band", "sdss_i")
    b = real.bands.index("sdss_i")
    wanted = np.sort(real.err_ujy[real.flux_ujy[:, b] > 0, b])
    watched.until(
        lambda: np.sort(points("y")),
        lambda y: y.size == wanted.size and np.allclose(y, wanted, rtol=1e-4),
    )
    low, middle, high = (
        np.array(watched.column("noise-errors.curves", c), float) for c in ("low", "middle", "high")
    )
    assert (low < middle).all()
    assert (middle < high).all()
    between = (points("y") > np.median(low)) & (points("y") < np.median(high))
    assert 0.55 < between.mean() < 0.8
    # both histograms of the colour, each of one
    choose(watched, "Colour", "sdss_g - sdss_r")
    bins = {
        name: np.array(
            watched.until(lambda n=name: watched.column("noise-colours.bins", n), len), float
        )
        for name in ("left", "right", "real", "mock")
    }
    for name in ("real", "mock"):
        assert (bins[name] * (bins["right"] - bins["left"])).sum() == pytest.approx(1, abs=0.03)
    # without a simulation the numbers are those of three lines of Python
    choose(watched, "Simulated galaxies", "none: errors at its own fluxes")
    watched.page.get_by_text("Colours need a simulation").wait_for()
    expected = check_noise(fit_noise(real), real)
    assert number(watched, "distance", "all") == f"{expected['distance']:.3f}"
    assert number(watched, "c2st", "all") == f"{100 * expected['c2st']:.1f} %"
    first = expected["worst"][0]
    assert number(watched, first["band"], "because") == first["because"]
    watched.page.get_by_role("button", name="Galaxy", exact=True).click()
    watched.page.get_by_text("A galaxy by hand", exact=True).wait_for()


def test_the_prior_view_shows_what_a_recipe_draws(visit):
    from photoz.simulate import load_recipe
    from photoz.simulate.prior import sample_prior

    watched = visit("?tab=simulate")
    watched.page.get_by_role("button", name="Prior", exact=True).click()
    choose(watched, "Recipe", "sdss-2mass")
    watched.page.locator('td[data-row="z"][data-column="p50"]').wait_for()
    expected = sample_prior(load_recipe("sdss-2mass"), 12_000).summary()
    for name in ("z", "log_mass", "log_ssfr"):
        watched.until(
            lambda n=name: number(watched, n, "p50"),
            lambda text, n=name: text == f"{expected[n]['p50']:.2f}",
        )
    assert watched.page.get_by_text("of all drawn pass the selection").count() == 1
