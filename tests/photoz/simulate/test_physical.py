"""Star formation, mass and dust derived from a catalogue, against slow integrals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, interpolate

from photoz.assets import asset_path
from photoz.errors import CatalogueError
from photoz.sed import provabgs
from photoz.sed.cosmology import Cosmology
from photoz.sed.grid import load_grid
from photoz.simulate import load_recipe, read_simulation
from photoz.simulate.physical import PHYSICAL, log_recent_share, physical_parameters

RECIPE = load_recipe("cosmos2020")


@pytest.fixture(scope="module")
def simulation():
    whole = read_simulation(asset_path("data", "cosmos2020-simulation.parquet"))
    some = np.arange(0, len(whole.z), 100)
    columns = {name: value[some] for name, value in whole.params.items()}
    kept = {n: getattr(whole, n)[some] for n in ("z", "batch", "log_weight", "flux_ujy")}
    return replace(whole, params=columns, **kept)


def delayed_params(start, tau):
    ratio = {f"log_sfr_ratio_{i}": np.zeros(1) for i in range(1, 7)}
    one = {"family": np.ones(1), "start_fraction": np.array([start]), "tau_gyr": np.array([tau])}
    return one | ratio


@pytest.mark.parametrize(
    ("start", "tau"), [(0.9, 3.0), (0.3, 0.4), (0.12, 10.0), (0.006, 1.0), (0.8, 0.5)]
)
def test_delayed_histories_integrate_to_it(start, tau):
    age = 10.0
    rate = lambda t: t * np.exp(-t / tau)  # noqa: E731
    begin = start * age
    whole = integrate.quad(rate, 0.0, begin, epsabs=0.0)[0]
    recent = integrate.quad(rate, max(begin - 0.1, 0.0), begin, epsabs=0.0)[0]
    found = log_recent_share(delayed_params(start, tau), RECIPE, np.array([age]))
    assert found[0] == pytest.approx(np.log10(recent / whole), abs=1e-6)


def test_a_galaxy_that_stopped_long_ago_does_not_underflow():
    found = log_recent_share(delayed_params(0.95, 0.05), RECIPE, np.array([13.0]))[0]
    x = 0.95 * 13.0 / 0.05  # the rate falls from exp(-(x - 2)) to exp(-x)
    expected = -(x - 2.0) / np.log(10.0) + np.log10((x - 1.0) - (x + 1.0) * np.exp(-2.0))
    assert found == pytest.approx(expected, abs=1e-6)
    assert found < -100


def test_continuity_histories_add_up_to_it():
    age, ratio = 6.0, np.array([0.5, -0.3, 0.2, 0.0, -1.0, 0.4])
    edges = np.r_[0.0, 0.03, np.geomspace(0.1, 0.85 * age, 5), age]
    rate = 10.0 ** np.r_[0.0, -np.cumsum(ratio)]
    mass = rate * np.diff(edges)
    params = delayed_params(0.5, 1.0) | {"family": np.zeros(1)}
    params |= {f"log_sfr_ratio_{i + 1}": ratio[i : i + 1] for i in range(6)}
    found = log_recent_share(params, RECIPE, np.array([age]))
    assert found[0] == pytest.approx(np.log10(mass[:2].sum() / mass.sum()), abs=1e-5)


@pytest.mark.parametrize("burst_gyr", [0.05, 3.0, 12.0])
def test_provabgs_histories_are_those_of_the_engine(burst_gyr):
    import jax.numpy as jnp

    recipe, age = load_recipe("provabgs"), 8.0
    scaled = recipe.sfh.provabgs_time == "scaled"
    beta, edges = np.array([0.1, 0.4, 0.3, 0.2]), load_grid().age_edges_gyr
    told = [jnp.asarray(a, jnp.float32)[None] for a in (beta, np.full(2, 0.01), 0.2, burst_gyr)]
    fraction, _ = provabgs.history(
        provabgs.load_bases(), *told, jnp.float32(age), jnp.asarray(edges, jnp.float32),
        scaled=scaled,
    )  # fmt: skip
    expected = float(np.asarray(fraction, float)[0, edges[1:] <= 0.1 * (1 + 1e-6)].sum())
    params = delayed_params(0.5, 1.0) | {"family": np.full(1, 2)}
    params |= {f"beta_{i + 1}": beta[i : i + 1] for i in range(4)}
    params |= {"burst_fraction": np.full(1, 0.2), "burst_gyr": np.array([burst_gyr])}
    found = log_recent_share(params, recipe, np.array([age]))
    assert 10.0 ** found[0] == pytest.approx(expected, rel=2e-3)


def test_the_rate_is_over_the_surviving_mass(simulation):
    found = physical_parameters(simulation)
    assert np.array_equal(found["log_mass"], simulation.params["log_mass"].astype(float))
    age = Cosmology(70.0, 0.3).age_gyr(simulation.z)
    share = log_recent_share(simulation.params, RECIPE, age)
    formed_over_surviving = found["log_ssfr"] - share + 8.0
    assert 0.0 < formed_over_surviving.min() < formed_over_surviving.max() < 0.35
    grid = load_grid()
    centre = 0.5 * (grid.age_edges_gyr[1:] + grid.age_edges_gyr[:-1])
    at = interpolate.RegularGridInterpolator((grid.log_z, centre), grid.surviving)
    rows = np.flatnonzero((simulation.params["family"] == 1) & (age > 3.0))[:8]
    assert len(rows) == 8
    for i in rows:
        start, tau = (float(simulation.params[n][i]) for n in ("start_fraction", "tau_gyr"))
        t = np.linspace(0.0, start * age[i], 20_001)  # lookback time, Gyr
        rate = (t[-1] - t) * np.exp(-(t[-1] - t) / tau)
        point = np.stack([np.full_like(t, simulation.params["log_z_star"][i]), t], axis=1)
        point[:, 1] = np.clip(point[:, 1], centre[0], centre[-1])
        left = integrate.trapezoid(rate * at(point), t) / integrate.trapezoid(rate, t)
        assert formed_over_surviving[i] == pytest.approx(-np.log10(left), abs=0.004)


def test_dust_is_the_diffuse_optical_depth_in_magnitudes(simulation):
    found = physical_parameters(simulation)["a_v"]
    through = np.exp(-simulation.params["tau_diffuse"].astype(float))
    np.testing.assert_allclose(found, -2.5 * np.log10(through), rtol=1e-6)


def test_columns_of_ones_own_are_taken_as_they_are(simulation):
    own = {name: np.linspace(1.0, 2.0, len(simulation.z)) for name in PHYSICAL}
    found = physical_parameters(replace(simulation, params=own, provenance={}))
    assert all(np.array_equal(found[name], own[name]) for name in PHYSICAL)


def test_what_is_missing_is_named(simulation):
    less = {k: v for k, v in simulation.params.items() if k != "tau_diffuse"}
    with pytest.raises(CatalogueError, match="no column tau_diffuse"):
        physical_parameters(replace(simulation, params=less))
    with pytest.raises(CatalogueError, match="holds no recipe"):
        physical_parameters(replace(simulation, provenance={"recipe": {"name": "toy"}}))
