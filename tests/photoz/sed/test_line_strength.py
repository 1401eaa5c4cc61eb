"""Lines stronger than the grid's: by group, with their power, and never Lyman alpha."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.errors import GridError, InputError
from photoz.sed import Engine, load_survey
from photoz.sed.linegroups import LINE_GROUPS, N_LINE_GROUP, line_membership
from photoz.sed.population import Switches, luminosities
from tests.photoz.sed.test_engine import _galaxies

Z = jnp.asarray([0.05, 0.3, 0.7, 1.9])


@pytest.fixture(scope="module")
def engine():
    return Engine.load(load_survey("sdss-2mass"), z_max=2.0)


@pytest.fixture(scope="module")
def galaxies(engine):
    return _galaxies(engine, Z)


def test_every_line_but_lyman_alpha_is_in_one_group(engine):
    member = line_membership(engine.grid.line_wave_aa)
    is_lya = np.abs(engine.grid.line_wave_aa - 1215.67) < 0.5
    np.testing.assert_array_equal(member.sum(axis=0), ~is_lya)
    assert list(member.sum(axis=1)[:3]) == [len(lines) for lines in list(LINE_GROUPS.values())[:3]]


def test_no_scatter_is_no_change(engine, galaxies):
    same = galaxies._replace(log_line=jnp.zeros((4, N_LINE_GROUP)))
    np.testing.assert_array_equal(engine.photometry(same, Z), engine.photometry(galaxies, Z))


@pytest.mark.parametrize("group", range(N_LINE_GROUP))
def test_a_group_is_stronger_by_its_dex_and_alone(engine, galaxies, group):
    dex = jnp.zeros((4, N_LINE_GROUP)).at[:, group].set(0.3)
    plain = luminosities(engine.tables.grid, galaxies, Switches())
    strong = luminosities(engine.tables.grid, galaxies._replace(log_line=dex), Switches())
    factor = np.where(line_membership(engine.grid.line_wave_aa)[group] > 0, 10**0.3, 1.0)
    for name in ("line", "line_intrinsic"):
        np.testing.assert_allclose(
            getattr(strong, name), factor * np.asarray(getattr(plain, name)), rtol=1e-5
        )
    np.testing.assert_array_equal(strong.attenuated, plain.attenuated)
    # dust takes its share of the lines as they are
    taken = np.asarray(plain.line_intrinsic - plain.line, float) @ (factor - 1.0)
    gained = np.asarray(strong.absorbed, float) - np.asarray(plain.absorbed, float)
    np.testing.assert_allclose(gained, taken, atol=3e-6 * float(plain.absorbed.max()))


def test_gradient_is_finite_and_none_without_nebulae(engine, galaxies):
    strong = galaxies._replace(log_line=jnp.full((4, N_LINE_GROUP), 0.1))
    slope = jax.grad(lambda g: jnp.sum(engine.photometry(g, Z)))(strong).log_line
    assert np.isfinite(slope).all()
    assert (np.abs(slope).max(axis=0) > 0).all()
    bare = Engine.load(engine.survey, z_max=2.0, switches=Switches(nebular=False))
    np.testing.assert_array_equal(bare.photometry(strong, Z), bare.photometry(galaxies, Z))


@pytest.mark.parametrize(
    ("log_line", "sentence"),
    [
        (np.zeros(4), r"log_line has the shape \(4,\); expected \(4, 4\): a number for each of"),
        (np.full((4, 4), np.nan), r"log_line is nan in row 1, group 1 .*finite"),
        (
            np.eye(4)[::-1] * 5.0,
            r"log_line is 5 in row 1, group 4 .*3 dex at most.*log10 of the factor",
        ),
    ],
)
def test_what_is_no_strength_is_refused(engine, galaxies, log_line, sentence):
    with pytest.raises(GridError, match=sentence):
        engine.photometry(galaxies._replace(log_line=jnp.asarray(log_line)), Z)


def test_fsps_refuses_what_it_does_not_know(galaxies):
    from photoz.sed.fsps_direct import direct_spectra

    with pytest.raises(InputError, match="FSPS does not know log_line"):
        direct_spectra(galaxies._replace(log_line=jnp.zeros((4, N_LINE_GROUP))))
