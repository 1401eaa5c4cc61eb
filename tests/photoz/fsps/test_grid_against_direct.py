"""A grid built with FSPS holds what FSPS computes: analytic truths, and the same galaxies twice."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.cli import main
from photoz.sed.engine import Engine
from photoz.sed.fsps_check import compare_routes, draw_galaxies
from photoz.sed.fsps_direct import direct_spectra
from photoz.sed.population import Switches, surviving_fraction
from photoz.sed.survey import load_survey

pytestmark = pytest.mark.slow


def test_the_command_tells_sizes_libraries_and_faults(built, layout):
    n_z = 13 if layout.name.startswith("v4") else 12
    assert built.said["n_metallicity"] == n_z
    assert (n_z, built.said["n_age"], built.said["n_wave"]) == built.grid.stellar.shape
    assert built.said["libraries"]["isochrones"] == "mist"
    record = built.grid.provenance
    assert record["libraries"]["spectra"] == layout.library
    assert record["imf"] == "Chabrier"
    assert set(record["sha256"]) == set(layout.library_files)
    assert ("only 11 of their 13" in built.notes) == (layout.name == "v4-c3k")


def test_metallicities_in_solar_units_of_the_isochrones(built, layout):
    assert built.grid.log_z[[0, -1]] == pytest.approx([-2.5, 0.5], abs=0.02)
    z_solar = 0.0185 if layout.name.startswith("v4") else 0.0142
    assert built.grid.provenance["z_solar"] == pytest.approx(z_solar)


def test_case_b_recombination_of_the_synthetic_nebulae(built):
    """4.76e-13 erg of H-beta per ionising photon and H-alpha / H-beta 2.86 at any Z, U and age."""
    grid = built.grid
    at = lambda wave: int(np.argmin(np.abs(grid.line_wave_aa - wave)))  # noqa: E731
    line = grid.line.astype(float)
    beta = line[..., at(4862.7)] * 3.828e33 / 1e46
    np.testing.assert_allclose(beta, 4.76e-13, rtol=0.01)
    np.testing.assert_allclose(line[..., at(6564.6)] / line[..., at(4862.7)], 2.86, rtol=1e-3)


def test_nebulae_have_finer_metallicities_of_their_own(built):
    grid = built.grid
    assert grid.nebular_log_z is grid.log_z_gas
    assert grid.nebular_log_z[[0, -1]] == pytest.approx([-1.98, 0.2])
    assert grid.line.shape[:2] == (grid.nebular_log_z.size, grid.log_u.size)
    # halfway between two of FSPS's nodes light is their geometric mean
    here = np.isin(np.round(grid.nebular_log_z, 3), [-0.58, -0.485, -0.39])
    low, middle, high = grid.line[here].astype(float)
    np.testing.assert_allclose(middle, np.sqrt(low * high), rtol=1e-4)


def test_stars_lose_mass_and_fade(built):
    grid = built.grid
    assert (grid.surviving <= 1.002).all()
    assert (np.diff(grid.surviving[:, 10:], axis=1) < 1e-3).all()
    bolometric = grid.stellar @ np.diff(grid.wave_edges_aa)
    assert (bolometric[:, 12] > 20 * bolometric[:, -1]).all()


def test_dust_gives_back_at_most_what_it_took(built):
    share = float(built.grid.dust_emission @ np.diff(built.grid.wave_edges_aa))
    assert 0.001 < share < 0.5  # most leaves beyond the grid, in the far infrared


def test_200_random_galaxies_by_both_routes(built, sps_home):
    result = compare_routes(built.grid, load_survey("cosmos2020"), 200, seed=1, sps_home=sps_home)
    assert result.direct_ujy.shape == (200, 28)
    assert result.bright.mean() > 0.5
    assert np.nanmax(result.dmag) <= 0.02
    assert np.nanmedian(result.dmag) <= 0.003
    assert result.faint_fraction <= 3e-5


def test_bare_stars_by_both_routes(built, sps_home):
    """As PROVABGS: no nebulae, no IGM; red of the Lyman limit, below which dust curves differ."""
    result = compare_routes(
        built.grid,
        load_survey("sdss-2mass"),
        40,
        seed=2,
        z_range=(0.02, 2.2),
        sps_home=sps_home,
        switches=Switches(nebular=False, dust_emission=False, igm=False),
    )
    assert np.nanmax(result.dmag) <= 0.02
    assert result.faint_fraction <= 3e-5


def test_surviving_mass_by_both_routes(built, sps_home):
    engine = Engine.load("sdss-2mass", grid=built.path)
    drawn = draw_galaxies(12, 3, built.grid, engine.cosmology)
    direct = direct_spectra(
        drawn.smooth, burst=drawn.burst, sps_home=sps_home, switches=Switches(nebular=False)
    )
    whole = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), drawn.whole)
    ours = np.asarray(surviving_fraction(engine.tables.grid, whole))
    np.testing.assert_allclose(ours, direct.surviving, rtol=0.005)


def test_the_check_command_prints_every_band(built, sps_home, capsys, monkeypatch):
    monkeypatch.setenv("SPS_HOME", str(sps_home))
    with pytest.raises(SystemExit) as ended:
        main(["ssp", "check", str(built.path), "--survey", "sdss-2mass", "--n", "3"])
    out = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(name in out for name in load_survey("sdss-2mass").band_names)
    assert "All bands: median 0.00" in out
