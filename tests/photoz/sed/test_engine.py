"""The engine: linear in mass, differentiable, the same for any grouping, honest at its limits."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.errors import GridError
from photoz.sed import Engine, SEDParameters, Survey, Switches, load_survey, sfh
from photoz.sed.filters import Band
from photoz.sed.projection import age_gyr, distance_gpc


@pytest.fixture(scope="module")
def engine():
    return Engine.load(load_survey("sdss-2mass"), z_max=2.0)


def _galaxies(engine, z, **changes):
    n = z.size
    age = age_gyr(engine.tables.redshift, z)
    edges = engine.tables.grid.age_edges_gyr
    ratio = 0.3 * jax.random.normal(jax.random.key(1), (n, 6))
    fraction = jax.vmap(lambda r, t: sfh.continuity(r[None], t, edges)[0])(ratio, age)
    values = {
        "log_mass": 10.0,
        "log_z_star": -0.3,
        "log_z_gas": -0.2,
        "log_u": -2.5,
        "tau_birth_cloud": 0.4,
        "tau_diffuse": 0.3,
        "dust_index": -0.3,
        "lya_escape": 0.5,
    } | changes
    leaves = {name: jnp.full(n, value, jnp.float32) for name, value in values.items()}
    return SEDParameters(age_fraction=fraction, **leaves)


@pytest.fixture(scope="module")
def z():
    return jnp.asarray([0.05, 0.3, 0.7, 1.9], jnp.float32)


def test_flux_is_linear_in_mass(engine, z):
    one = engine.photometry(_galaxies(engine, z), z)
    ten = engine.photometry(_galaxies(engine, z, log_mass=11.0), z)
    np.testing.assert_allclose(ten, 10 * one, rtol=2e-5)


def test_gradient_agrees_with_finite_differences(engine, z):
    def total(tau):
        galaxies = _galaxies(engine, z)._replace(tau_diffuse=tau)
        return jnp.sum(jnp.log(engine.photometry(galaxies, z)))

    tau = jnp.full(z.size, 0.3)
    gradient = jax.grad(total)(tau)
    for i in range(z.size):
        step = jnp.zeros(z.size).at[i].set(0.05)
        slope = (total(tau + step) - total(tau - step)) / 0.1
        assert gradient[i] == pytest.approx(float(slope), rel=2e-2)


def test_gradients_are_finite_for_every_parameter(engine, z):
    galaxies = _galaxies(engine, z, tau_diffuse=0.0, tau_birth_cloud=0.0, log_z_star=0.4)
    gradient = jax.grad(lambda g: jnp.sum(engine.photometry(g, z)))(galaxies)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(gradient))


def test_dust_dims_every_optical_band(engine, z):
    clear = engine.photometry(_galaxies(engine, z, tau_diffuse=0.0, tau_birth_cloud=0.0), z)
    dusty = engine.photometry(_galaxies(engine, z, tau_diffuse=1.0), z)
    assert (dusty[:, :5] < clear[:, :5]).all()


def test_distances_and_ages_match_astropy(engine, z):
    from astropy.cosmology import FlatLambdaCDM

    cosmos = FlatLambdaCDM(H0=70, Om0=0.3)
    grid = np.array([0.011, 0.3, 1.234, 1.99])
    ours = np.asarray(distance_gpc(engine.tables.redshift, jnp.asarray(grid)))
    np.testing.assert_allclose(ours * 1e3, cosmos.luminosity_distance(grid).value, rtol=2e-5)
    ages = np.asarray(age_gyr(engine.tables.redshift, jnp.asarray(grid)))
    np.testing.assert_allclose(ages, cosmos.age(grid).value, rtol=2e-5)


@pytest.mark.parametrize("family", ["continuity", "delayed"])
def test_histories_form_all_their_mass(engine, z, family):
    edges = engine.tables.grid.age_edges_gyr
    for age in (13.0, 3.0, 0.7):
        now = jnp.asarray(age)
        if family == "continuity":
            mass = sfh.continuity(jnp.asarray([[1.0, -2, 0.3, 0, 1, -0.5]]), now, edges)
        else:
            mass = sfh.delayed(jnp.asarray([0.9]), jnp.asarray([0.1]), now, edges)
        assert float(mass.sum()) == pytest.approx(1.0, abs=1e-5)
        assert (mass >= -1e-6).all()
        # light may be moved one bin past the end to keep the mean age, never two
        assert float(mass[0, int(np.searchsorted(edges, age)) + 1 :].sum()) == 0.0


def test_delayed_history_has_the_analytic_mean_age(engine):
    edges = np.asarray(engine.tables.grid.age_edges_gyr)
    centre = 0.5 * (edges[1:] + edges[:-1])
    start, tau = 9.0, 0.7
    mass = sfh.delayed(jnp.asarray([start / 10]), jnp.asarray([tau]), jnp.asarray(10.0), edges)
    t = np.linspace(0, start, 200_001)
    rate = t * np.exp(-t / tau)
    assert float(mass[0] @ centre) == pytest.approx(np.average(start - t, weights=rate), rel=2e-3)


def test_switches_remove_what_they_name(engine):
    galaxies = _galaxies(engine, jnp.asarray([1.5]))
    whole = engine.spectrum(galaxies, 1.5)
    bare = Engine.load(engine.survey, z_max=2.0, switches=Switches(False, False, False))
    part = bare.spectrum(galaxies, 1.5)
    assert whole.nebular.sum() > 0
    assert part.nebular.sum() == 0
    assert (part.igm == 1).all()
    assert whole.igm.min() < 0.9


def test_spectrum_and_photometry_tell_the_same_flux(engine):
    """The displayed spectrum, integrated with numpy, gives the band fluxes of the fast path."""
    z = 0.3
    galaxies = _galaxies(engine, jnp.asarray([z]))
    spectrum = engine.spectrum(galaxies, z)
    distance_cm = float(engine.cosmology.luminosity_distance_cm(np.array(z)))
    wave = spectrum.wave_aa * (1 + z)
    f_lambda = spectrum.total * 3.828e33 / (4 * np.pi * distance_cm**2 * (1 + z))
    ours = np.asarray(engine.photometry(galaxies, z))[0]
    for flux, band in zip(ours, engine.survey.bands, strict=True):
        trans = np.interp(wave, band.wave_aa, band.transmission, left=0, right=0)
        top = np.trapezoid(f_lambda * wave * trans, wave)
        bottom = np.trapezoid(band.transmission / band.wave_aa, band.wave_aa) * 2.99792458e18
        assert flux == pytest.approx(top / bottom * 1e29, rel=0.02)


def test_a_band_beyond_the_spectrum_is_refused():
    wave = np.array([9e4, 1e5, 1.1e5])
    far = Survey("far", "far", (Band("miri", wave, np.array([0.0, 1.0, 0.0])),), "miri")
    with pytest.raises(GridError, match="miri reaches"):
        Engine.load(far)


def test_every_age_bin_may_have_its_own_metallicity(engine, z):
    plain = _galaxies(engine, z, log_z_star=0.1)
    n_gal, n_age = plain.age_fraction.shape
    same = plain._replace(log_z_star=jnp.full((n_gal, n_age), 0.1))
    np.testing.assert_allclose(engine.photometry(same, z), engine.photometry(plain, z), rtol=1e-5)
    # bare stars are linear in mass: the two ages with their own metals sum to the whole
    bare = replace(engine, switches=Switches(nebular=False, dust_emission=False))
    is_young = jnp.arange(n_age) < 20
    metals = jnp.broadcast_to(jnp.where(is_young, -1.0, 0.2), (n_gal, n_age))
    whole = bare.photometry(plain._replace(log_z_star=metals), z)
    parts = []
    for metal, here in ((-1.0, is_young), (0.2, ~is_young)):
        share = jnp.sum(plain.age_fraction * here, axis=1)
        part = plain._replace(
            log_mass=plain.log_mass + jnp.log10(share),
            age_fraction=plain.age_fraction * here / share[:, None],
            log_z_star=jnp.full(n_gal, metal),
        )
        parts.append(bare.photometry(part, z))
    np.testing.assert_allclose(sum(parts), whole, rtol=1e-5)
