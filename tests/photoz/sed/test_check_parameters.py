"""What the engine cannot honour is refused by name, row, value, range and remedy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.errors import GridError
from photoz.sed import Engine, Switches, load_survey
from photoz.sed.engine import group_photometry
from tests.photoz.sed.test_engine import _galaxies

Z = jnp.asarray([0.05, 0.3, 0.7, 1.9])


@pytest.fixture(scope="module")
def engine():
    return Engine.load(load_survey("sdss-2mass"), z_max=2.0)


@pytest.fixture(scope="module")
def galaxies(engine):
    return _galaxies(engine, Z)


def _with(galaxies, name, row, value):
    leaf = np.array(getattr(galaxies, name))
    leaf[row] = value
    return galaxies._replace(**{name: jnp.asarray(leaf)})


CASES = [
    ("log_z_star", 2, 0.8, r"log_z_star is 0\.8 in row 3: outside .* from -2\.301 to 0\.699.*Clip"),
    ("log_z_star", 0, -2.5, r"log_z_star is -2\.5 in row 1.*photoz ssp build"),
    ("log_z_gas", 1, 1.0, r"log_z_gas is 1 in row 2.*Z/Z_sun runs from -2\.301 to 0\.699"),
    ("log_u", 3, -4.5, r"log_u is -4\.5 in row 4.*log10 U runs from -4 to 0"),
    ("log_u", slice(1, 4), 0.5, r"log_u is 0\.5 in row 2 \(and 2 more rows\)"),
    ("tau_diffuse", 1, -0.1, r"tau_diffuse is -0\.1 in row 2: an optical depth is 0 or more"),
    ("tau_birth_cloud", 1, -3.0, r"tau_birth_cloud is -3 in row 2"),
    ("lya_escape", 0, 1.5, r"lya_escape is 1\.5 in row 1: a share lies in 0\.\.1"),
    ("log_mass", 3, np.nan, r"log_mass is nan in row 4: expected a finite number"),
    ("dust_index", 3, np.inf, r"dust_index is inf in row 4"),
    ("age_fraction", (2, 5), np.nan, r"age_fraction is nan in row 3, age bin 6"),
    ("age_fraction", (2, 5), -1.5, r"age_fraction is -1\.5 in row 3, age bin 6: a share"),
    ("age_fraction", (0, 3), 0.5, r"sum of age_fraction is 1\.\d+ in row 1.*Divide the row"),
]


@pytest.mark.parametrize(("name", "row", "value", "sentence"), CASES)
def test_a_parameter_outside_is_named(engine, galaxies, name, row, value, sentence):
    with pytest.raises(GridError, match=sentence):
        engine.photometry(_with(galaxies, name, row, value), Z)


@pytest.mark.parametrize("z", [0.0, -0.1, 2.1, np.nan])
def test_a_redshift_outside_is_named(engine, galaxies, z):
    with pytest.raises(GridError, match=r"z is \S+ in row 2: .* above 0 and up to 2.*z_max="):
        engine.photometry(galaxies, Z.at[1].set(z))
    with pytest.raises(GridError, match=r"z is \S+ in row 1"):
        engine.spectrum(jax.tree.map(lambda leaf: leaf[:1], galaxies), z)


def test_the_ends_of_the_axes_and_the_last_redshift_are_inside(engine, galaxies):
    ends = _with(galaxies, "log_z_star", 0, np.log10(0.005))
    ends = _with(ends, "log_z_star", 1, np.log10(5.0))
    ends = _with(ends, "log_u", 2, -4.0)
    assert np.isfinite(engine.photometry(ends, Z.at[3].set(2.0))).all()


def test_shapes_that_do_not_fit_are_named(engine, galaxies):
    with pytest.raises(GridError, match=r"age_fraction has the shape \(4, 7\).*80 bins of age"):
        engine.photometry(galaxies._replace(age_fraction=jnp.full((4, 7), 1 / 7)), Z)
    with pytest.raises(GridError, match=r"log_u has the shape \(3,\); expected \(4,\)"):
        engine.photometry(galaxies._replace(log_u=jnp.full(3, -2.0)), Z)
    with pytest.raises(GridError, match=r"z has the shape \(3,\)"):
        engine.photometry(galaxies, Z[:3])
    with pytest.raises(GridError, match=r"one galaxy: log_mass has the shape \(4,\)"):
        engine.spectrum(galaxies, 0.5)


def test_a_metallicity_per_age_is_checked_at_every_age(engine, galaxies):
    metals = np.zeros(galaxies.age_fraction.shape)
    metals[1, 9] = 0.9
    with pytest.raises(GridError, match=r"log_z_star is 0\.9 in row 2, age bin 10"):
        engine.photometry(galaxies._replace(log_z_star=jnp.asarray(metals)), Z)


def test_without_nebulae_the_gas_is_not_looked_at(engine, galaxies):
    bare = Engine.load(engine.survey, z_max=2.0, switches=Switches(nebular=False))
    odd = _with(_with(galaxies, "log_u", 0, -9.0), "log_z_gas", 0, 3.0)
    np.testing.assert_array_equal(bare.photometry(odd, Z), bare.photometry(galaxies, Z))


def test_traced_values_pass_and_known_ones_beside_them_do_not(engine, galaxies):
    outside = jnp.full(4, 2.0)

    def flux(metals, others):
        return jnp.sum(engine.photometry(others._replace(log_z_star=metals), Z))

    # unknown under tracing: counts as the nearest node, where the slope is zero
    assert not jax.grad(flux)(outside, galaxies).any()
    with pytest.raises(GridError, match="tau_diffuse is -1"):
        jax.grad(flux)(outside, _with(galaxies, "tau_diffuse", 0, -1.0))


def test_the_compiled_path_of_the_simulator_asks_nothing(engine, galaxies):
    """`group_photometry` is one jitted call: checks happen outside, so its flux is the same."""
    lifted = jax.tree.map(lambda x: x[:, None], galaxies)
    direct = group_photometry(engine.tables, lifted, Z, engine.switches)[:, 0]
    np.testing.assert_array_equal(direct, engine.photometry(galaxies, Z))
    wild = lifted._replace(log_z_star=jnp.full((4, 1), 9.0))
    edge = lifted._replace(log_z_star=jnp.full((4, 1), np.log10(5.0)))
    np.testing.assert_allclose(
        group_photometry(engine.tables, wild, Z, engine.switches),
        group_photometry(engine.tables, edge, Z, engine.switches),
        rtol=1e-6,
    )
