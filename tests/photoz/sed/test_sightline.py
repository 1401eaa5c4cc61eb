"""A sightline with more gas than the mean: T to a power, blueward of Lyman alpha alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.errors import GridError
from photoz.sed import Engine, load_survey
from photoz.sed.igm import transmission
from photoz.sed.population import Switches
from photoz.sed.sightline import denser_igm
from tests.photoz.sed.test_engine import _galaxies

Z = jnp.asarray([0.5, 3.0, 4.0, 5.5])


@pytest.fixture(scope="module")
def engine():
    survey = load_survey("cosmos2020")
    return Engine.load(survey.subset(["u_cfht", "hsc_g", "hsc_r", "vista_Ks"]), z_max=6.0)


@pytest.fixture(scope="module")
def galaxies(engine):
    return _galaxies(engine, Z)


def test_the_factor_is_a_power_of_the_mean_and_holds_where_nothing_passes():
    mean = jnp.asarray([1.0, 0.5, 1e-4, 0.0])
    factor = denser_igm(mean, jnp.log(jnp.asarray([1.0, 2.0, 0.5])))
    np.testing.assert_allclose(
        (mean * factor)[:, :3], [[1, 0.5, 1e-4], [1, 0.25, 1e-8], [1, 0.5**0.5, 1e-2]], rtol=1e-4
    )
    assert np.isfinite(factor).all()


def test_the_mean_sightline_is_no_change(engine, galaxies):
    mean = engine.photometry(galaxies._replace(log_igm=jnp.zeros(4)), Z)
    np.testing.assert_allclose(mean, engine.photometry(galaxies, Z), rtol=1e-6)


def test_more_gas_dims_what_is_blueward_of_lyman_alpha(engine, galaxies):
    ratio = np.asarray(
        engine.photometry(galaxies._replace(log_igm=jnp.full(4, 0.5)), Z)
        / engine.photometry(galaxies, Z)
    )
    np.testing.assert_allclose(ratio[:, 3], 1.0, rtol=1e-6)  # Ks
    np.testing.assert_allclose(ratio[0], 1.0, rtol=1e-6)  # z 0.5
    assert (ratio[[1, 2, 3], [0, 1, 2]] < 0.95).all()  # u at z 3, g at 4, r at 5.5


def test_each_galaxy_has_its_own_sightline_and_none_without_the_igm(engine, galaxies):
    mixed = galaxies._replace(log_igm=jnp.asarray([0.0, 0.5, 0.0, -0.5]))
    plain, seen = engine.photometry(galaxies, Z), engine.photometry(mixed, Z)
    np.testing.assert_allclose(seen[jnp.array([0, 2])], plain[jnp.array([0, 2])], rtol=1e-6)
    assert seen[1, 0] < plain[1, 0]
    assert seen[3, 2] > plain[3, 2]
    clear = Engine.load(engine.survey, z_max=6.0, switches=Switches(igm=False))
    np.testing.assert_array_equal(clear.photometry(mixed, Z), clear.photometry(galaxies, Z))


def test_the_spectrum_shows_its_own_transmission(engine, galaxies):
    one = jax.tree.map(lambda leaf: leaf[1:2], galaxies)._replace(log_igm=jnp.full(1, 0.5))
    spectrum = engine.spectrum(one, 3.0)
    place = int(np.argmin(np.abs(spectrum.wave_aa - 1150.0)))
    own = transmission(spectrum.wave_aa[place : place + 1], 3.0)[0] ** np.exp(0.5)
    assert spectrum.igm[place] == pytest.approx(own, rel=0.01)


def test_gradient_is_finite(engine, galaxies):
    slope = jax.grad(
        lambda gas: jnp.sum(jnp.log(engine.photometry(galaxies._replace(log_igm=gas), Z)[:, 1:]))
    )(jnp.asarray([0.0, -0.3, 0.3, 1.0]))
    assert np.isfinite(slope).all()
    assert (slope[1:] < 0).all()


def test_what_is_no_logarithm_is_refused(engine, galaxies):
    with pytest.raises(GridError, match=r"log_igm is 5 in row 1 .*e\^3 at most. Give ln"):
        engine.photometry(galaxies._replace(log_igm=jnp.full(4, 5.0)), Z)
    with pytest.raises(GridError, match=r"log_igm has the shape \(3,\); expected \(4,\)"):
        engine.photometry(galaxies._replace(log_igm=jnp.zeros(3)), Z)
