"""The engine agrees with an independent full-resolution integration that shares no code with it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.sed.bandweights import LUMINOSITY_UNIT
from photoz.sed.population import Switches, luminosities, surviving_fraction
from tests.photoz.sed.against_slow import (
    VARIANTS,
    engine_parameters,
    read_reference,
    reference_engine,
    residuals,
)


@pytest.fixture(scope="module")
def stored():
    return read_reference()


@pytest.fixture(scope="module")
def engine(stored):
    return reference_engine(stored)


@pytest.fixture(scope="module")
def parameters(engine, stored):
    return engine_parameters(engine, stored)


@pytest.fixture(scope="module")
def light(engine, parameters):
    return luminosities(engine.tables.grid, parameters, Switches())


def test_fluxes_of_300_galaxies_in_28_bands():
    figures = residuals()
    assert figures["n_reference"] == 300
    assert figures["median_dmag"] <= 0.005
    assert figures["max_dmag"] <= 0.03
    assert figures["max_faint_fraction"] <= 3e-5


@pytest.mark.parametrize("variant", VARIANTS)
def test_fluxes_of_every_history_and_switch(variant):
    figures = residuals(variant)
    assert figures["n_reference"] == 40
    assert figures["median_dmag"] <= 0.005
    assert figures["max_dmag"] <= 0.03
    assert figures["max_faint_fraction"] <= 3e-5


def test_dust_takes_the_same_power(stored, light):
    """Energy taken from starlight, lines and nebular continuum, integrated independently."""
    ours = np.asarray(light.absorbed, float) * LUMINOSITY_UNIT
    np.testing.assert_allclose(ours, stored["absorbed_lsun"], rtol=0.01)


def test_dust_gives_back_no_more_than_it_takes(engine):
    share = float(np.sum(engine.grid.dust_emission * np.diff(engine.grid.wave_edges_aa)))
    # most of it leaves beyond the grid's last wavelength, in the far infrared
    assert 0.0 < share < 1.0


def test_energy_is_conserved_between_the_parts_of_a_spectrum(engine, parameters, light):
    one = jax.tree.map(lambda leaf: leaf[:1], parameters)
    spectrum = engine.spectrum(one, 0.5)
    width = np.diff(engine.grid.wave_edges_aa)
    beyond_limit = spectrum.wave_aa > 911.75
    taken = np.sum((spectrum.dust_absorbed * width)[beyond_limit])
    assert taken == pytest.approx(float(light.absorbed[0]) * LUMINOSITY_UNIT, rel=1e-3)
    given = np.sum(spectrum.dust_emission * width)
    share = np.sum(engine.grid.dust_emission * width)
    assert given == pytest.approx(taken * share, rel=1e-3)


def test_surviving_mass(engine, parameters, stored):
    fraction = np.asarray(surviving_fraction(engine.tables.grid, parameters), float)
    ours = fraction * 10.0 ** stored["log_mass_formed"]
    np.testing.assert_allclose(ours, stored["mass_surviving"], rtol=0.01)


def _forms_stars(engine, light):
    """Galaxies whose lines carry at least 1e-4 of their starlight, (n_gal,) bool."""
    starlight = np.asarray(light.stellar, float) @ np.diff(engine.grid.wave_edges_aa)
    return np.asarray(light.line_intrinsic, float).sum(axis=1) > 1e-4 * starlight


def test_strong_lines_before_dust(engine, light, stored):
    # the grid leaves out the lines beyond its last wavelength
    shared = np.isin(stored["line_wave_aa"], engine.grid.line_wave_aa)
    assert shared.sum() == engine.grid.line_wave_aa.size
    wave = stored["line_wave_aa"][shared]
    order = [int(np.flatnonzero(engine.grid.line_wave_aa == w)[0]) for w in wave]
    ours = np.asarray(light.line_intrinsic, float)[:, order] * LUMINOSITY_UNIT
    theirs = stored["lines_intrinsic"][:, shared]
    strong = theirs > 0.05 * theirs.max(axis=1, keepdims=True)
    strong &= _forms_stars(engine, light)[:, None]
    np.testing.assert_allclose(ours[strong], theirs[strong], rtol=0.05)


def test_case_b_balmer_decrement(engine, light):
    """H-alpha over H-beta without dust: 2.86 at 10,000 K (Osterbrock & Ferland 2006)."""
    wave = engine.grid.line_wave_aa
    alpha, beta = (int(np.argmin(np.abs(wave - w))) for w in (6562.8, 4861.3))
    lines = np.asarray(light.line_intrinsic, float)[_forms_stars(engine, light)]
    ratio = lines[:, alpha] / lines[:, beta]
    assert np.median(ratio) == pytest.approx(2.86, abs=0.12)
    assert (np.abs(ratio - 2.86) < 0.5).all()


def test_lyman_break_shows(engine, parameters, stored):
    """Nothing is seen below the redshifted Lyman limit of a galaxy at z = 5."""
    some = jax.tree.map(lambda leaf: leaf[:20], parameters)
    flux = np.asarray(engine.photometry(some, jnp.full(20, 5.0)))
    u, z = (list(stored["band"]).index(name) for name in ("u_cfht", "hsc_z"))
    assert (flux[:, u] < 1e-3 * flux[:, z]).all()
