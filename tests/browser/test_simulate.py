"""Simulate in a browser: a slider moved by hand shows what the engine computes."""

import jax.numpy as jnp
import numpy as np
import pytest

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
