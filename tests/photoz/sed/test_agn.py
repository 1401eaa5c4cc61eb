"""An active nucleus: its energy, its two black bodies, and nothing of it in the galaxy's dust."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.errors import GridError
from photoz.sed import AGN, Engine, load_survey
from photoz.sed.agn import TORUS_K, agn_tables, blackbody, nucleus
from photoz.sed.grid import wave_edges
from photoz.sed.population import Switches, luminosities
from tests.photoz.sed.test_engine import _galaxies

Z = jnp.asarray([0.05, 0.3, 0.7, 1.9])
NONE = -99.0


def _agn(**changes):
    values = {"log_l_disc": 10.5, "slope": -0.44, "tau": 0.3, "torus_ratio": 0.4} | changes
    return AGN(**{name: jnp.broadcast_to(jnp.asarray(v), (4,)) for name, v in values.items()})


@pytest.fixture(scope="module")
def engine():
    return Engine.load(load_survey("sdss-2mass"), z_max=2.0)


@pytest.fixture(scope="module")
def galaxies(engine):
    return _galaxies(engine, Z)


@pytest.mark.parametrize("kelvin", TORUS_K)
def test_a_black_body_is_that_of_astropy(kelvin):
    from astropy import units
    from astropy.modeling.models import BlackBody

    wave = np.geomspace(5e3, 1e7, 300)
    scale = 1.0 * units.erg / units.s / units.cm**2 / units.AA / units.sr
    planck = BlackBody(kelvin * units.K, scale=scale)
    # of all directions, over sigma T^4
    theirs = np.pi * planck(wave * units.AA).value / (5.670374419e-5 * kelvin**4)
    np.testing.assert_allclose(blackbody(wave, kelvin), theirs, rtol=1e-5, atol=1e-30)


def test_disc_and_torus_carry_the_luminosities_asked():
    edges = wave_edges(300.0, 1e8)
    tables, width = agn_tables(edges), np.diff(edges)
    bare = _agn(tau=0.0, torus_ratio=0.0, slope=jnp.asarray([-2.0, -1.0, -0.44, 0.5]))
    disc = np.asarray(nucleus(tables, bare, 1e10), float)
    inside = np.diff(np.clip(edges, 911.75, 1e4))
    np.testing.assert_allclose(disc @ inside, 10**0.5, rtol=1e-4)
    assert (disc[:, edges[1:] < 911.0] == 0).all()
    whole = np.asarray(nucleus(tables, bare._replace(torus_ratio=jnp.full(4, 0.4)), 1e10), float)
    np.testing.assert_allclose((whole - disc) @ width, 0.4 * 10**0.5, rtol=1e-3)


def test_the_disc_has_its_slope_and_reddens():
    edges = wave_edges(300.0, 1e5)
    wave = np.sqrt(edges[1:] * edges[:-1])
    at = [int(np.argmin(np.abs(wave - w))) for w in (1500.0, 5500.0, 2e4, 4e4)]
    bare = np.asarray(nucleus(agn_tables(edges), _agn(tau=0.0, torus_ratio=0.0), 1e10), float)[0]
    red = np.asarray(nucleus(agn_tables(edges), _agn(tau=1.0, torus_ratio=0.0), 1e10), float)[0]
    f_nu = bare * wave**2
    slope = np.log(f_nu[at[1]] / f_nu[at[0]]) / np.log(wave[at[0]] / wave[at[1]])
    assert slope == pytest.approx(-0.44, abs=1e-3)
    tail = np.log(f_nu[at[3]] / f_nu[at[2]]) / np.log(wave[at[2]] / wave[at[3]])
    assert tail == pytest.approx(2.0, abs=1e-3)
    depth = -np.log(red[at] / bare[at])
    assert depth[1] == pytest.approx(1.0, abs=3e-3)
    assert (np.diff(depth) < 0).all()


def test_a_dark_nucleus_is_no_change(engine, galaxies):
    dark = galaxies._replace(agn=_agn(log_l_disc=NONE))
    plain = engine.photometry(galaxies, Z)
    np.testing.assert_allclose(engine.photometry(dark, Z), plain, rtol=2e-6)


def test_the_galaxys_dust_does_not_see_it(engine, galaxies):
    plain = luminosities(engine.tables.grid, galaxies, Switches())
    active = luminosities(engine.tables.grid, galaxies._replace(agn=_agn()), Switches())
    for name in ("absorbed", "line", "stellar", "nebular"):
        np.testing.assert_array_equal(getattr(active, name), getattr(plain, name))
    assert (active.attenuated >= plain.attenuated).all()


def test_flux_is_the_galaxys_and_the_nucleuss(engine, galaxies):
    """And twice the nucleus adds twice as much."""
    plain = np.asarray(engine.photometry(galaxies, Z), float)
    once, twice = (
        np.asarray(engine.photometry(galaxies._replace(agn=_agn(log_l_disc=log_l)), Z), float)
        for log_l in (10.5, 10.5 + np.log10(2.0))
    )
    assert (once > plain).all()
    np.testing.assert_allclose(twice - plain, 2.0 * (once - plain), rtol=1e-3)


def test_gradients_are_finite(engine, galaxies):
    def total(agn):
        return jnp.sum(engine.photometry(galaxies._replace(agn=agn), Z))

    slope = jax.grad(total)(_agn(log_l_disc=jnp.asarray([9.0, 10.0, 12.0, NONE]), tau=0.0))
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in slope)
    assert (slope.log_l_disc[:3] > 0).all()
    assert (slope.tau[:3] < 0).all()


def test_the_spectrum_has_it_as_a_part(engine, galaxies):
    one = jax.tree.map(lambda leaf: leaf[:1], galaxies)
    plain = engine.spectrum(one, 0.5)
    agn = jax.tree.map(lambda leaf: leaf[:1], _agn())
    active = engine.spectrum(one._replace(agn=agn), 0.5)
    assert plain.agn is None
    for name in ("stellar", "nebular", "dust_absorbed", "dust_emission"):
        np.testing.assert_array_equal(getattr(active, name), getattr(plain, name))
    np.testing.assert_allclose(active.total - plain.total, active.agn * active.igm, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"slope": 2.5}, r"agn\.slope is 2\.5 in row 1 .*-3\.\.2"),
        ({"tau": -0.1}, r"agn\.tau is -0\.1 in row 1 .*an optical depth is 0 or more"),
        ({"torus_ratio": -1.0}, r"agn\.torus_ratio is -1 in row 1 .*0 or more"),
        ({"log_l_disc": 1e11}, r"agn\.log_l_disc is 1e\+11 in row 1 .*Give log10"),
        ({"log_l_disc": jnp.nan}, r"agn\.log_l_disc is nan .*finite"),
    ],
)
def test_what_is_no_nucleus_is_refused(engine, galaxies, changes, sentence):
    with pytest.raises(GridError, match=sentence):
        engine.photometry(galaxies._replace(agn=_agn(**changes)), Z)


def test_a_wrong_shape_is_refused(engine, galaxies):
    short = _agn()._replace(tau=jnp.zeros(3))
    with pytest.raises(GridError, match=r"agn\.tau has the shape \(3,\); expected \(4,\)"):
        engine.photometry(galaxies._replace(agn=short), Z)
