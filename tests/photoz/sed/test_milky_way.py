"""The Milky Way in front of a galaxy: at observed wavelengths, undone by one number a band."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.slow_attenuation import milky_way_extinction
from photoz.catalogue.extinction import band_extinction, fitzpatrick99, without_milky_way
from photoz.errors import GridError
from photoz.sed import Engine, load_survey
from photoz.sed.bandweights import band_tables
from photoz.sed.filters import Band
from photoz.sed.milkyway import line_extinction, pixel_extinction
from tests.photoz.sed.test_engine import _galaxies

Z = jnp.asarray([0.05, 0.3, 0.7, 1.9])


@pytest.fixture(scope="module")
def engine():
    return Engine.load(load_survey("sdss-2mass"), z_max=2.0)


@pytest.fixture(scope="module")
def galaxies(engine):
    return _galaxies(engine, Z)


def test_the_curve_is_that_of_his_own_program():
    wave = np.geomspace(912.0, 6e4, 500)
    np.testing.assert_allclose(fitzpatrick99(wave), milky_way_extinction(wave), atol=1e-3)


def test_pixels_and_lines_are_dimmed_where_they_are_observed(engine):
    bands, wave = engine.tables.bands, engine.grid.wave_aa
    for z in (0.0, 0.3, 1.7):
        observed = wave * (1 + z)
        inside = (observed > 1000.0) & (observed < 1e5)
        at_pixels = np.asarray(pixel_extinction(bands.extinction, jnp.float32(z), wave.size))
        truth = fitzpatrick99(observed[inside])
        np.testing.assert_allclose(at_pixels[inside], truth, rtol=5e-3, atol=1e-3)
        place = (jnp.log(jnp.asarray([3727.0, 6563.0]) * (1 + z)) - bands.log_first) / np.log(
            wave[1] / wave[0]
        )
        np.testing.assert_allclose(
            line_extinction(bands.extinction, place),
            fitzpatrick99(np.array([3727.0, 6563.0]) * (1 + z)),
            rtol=5e-3,
        )


def test_no_reddening_is_no_change(engine, galaxies):
    clear = engine.photometry(galaxies._replace(ebv_mw=jnp.zeros(4)), Z)
    np.testing.assert_allclose(clear, engine.photometry(galaxies, Z), rtol=2e-6)


def test_the_correction_of_catalogues_gives_the_fluxes_back(engine, galaxies):
    ebv = np.array([0.1, 0.1, 0.05, 0.02])
    seen = engine.photometry(galaxies._replace(ebv_mw=jnp.asarray(ebv)), Z)
    coefficient = np.array(
        [band_extinction(b.wave_aa, b.transmission) for b in engine.survey.bands]
    )
    back = without_milky_way(np.asarray(seen, float), ebv, coefficient)
    bare = np.asarray(engine.photometry(galaxies, Z), float)
    assert (np.asarray(seen)[:, 0] < bare[:, 0] * 0.92).all()
    np.testing.assert_allclose(back, bare, rtol=0.01)  # what is left is the bands' colour term


def test_a_narrow_band_has_the_extinction_at_its_wavelength():
    wave = np.linspace(4990.0, 5010.0, 21)
    band = Band("narrow", wave, np.ones(21), source="test")
    assert band_extinction(band.wave_aa, band.transmission) == pytest.approx(
        float(fitzpatrick99(np.array(5000.0))), rel=1e-3
    )


def test_a_table_that_reaches_beyond_the_curve_holds_its_ends(engine):
    band = Band("v", np.linspace(5000.0, 6000.0, 11), np.ones(11), source="test")
    tables = band_tables((band,), engine.grid.wave_edges_aa, 20.0)
    assert np.isfinite(tables.extinction).all()


def test_gradient_is_finite_and_negative(engine, galaxies):
    slope = jax.grad(lambda ebv: jnp.sum(engine.photometry(galaxies._replace(ebv_mw=ebv), Z)))(
        jnp.asarray([0.0, 0.1, 0.2, 0.5])
    )
    assert np.isfinite(slope).all()
    assert (slope < 0).all()


def test_the_spectrum_is_behind_it(engine, galaxies):
    one = jax.tree.map(lambda leaf: leaf[:1], galaxies)
    bare = engine.spectrum(one, 0.5)
    seen = engine.spectrum(one._replace(ebv_mw=jnp.full(1, 0.2)), 0.5)
    place = int(np.argmin(np.abs(bare.wave_aa - 5000.0)))
    expected = 10 ** (-0.08 * fitzpatrick99(bare.wave_aa[place] * 1.5))
    assert seen.total[place] / bare.total[place] == pytest.approx(float(expected), rel=1e-4)
    np.testing.assert_array_equal(seen.stellar, bare.stellar)


def test_what_is_no_reddening_is_refused(engine, galaxies):
    with pytest.raises(GridError, match=r"ebv_mw is -0\.1 in row 1 .*0\.\.20 magnitudes"):
        engine.photometry(galaxies._replace(ebv_mw=jnp.full(4, -0.1)), Z)
