"""Ratios of observed to best-SED flux find injected zero-points, and centre the ridge."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.calibrate import Plan, Stage
from photoz.calibrate.plan import plan_from_dict
from photoz.calibrate.sed_ratios import SEDRatios, sed_ratios
from photoz.calibrate.witness import make_witness
from photoz.errors import InputError
from photoz.sed import Engine, load_survey
from photoz.sed.engine import group_photometry
from photoz.sed.fit import _parameters
from photoz.sed.fitspace import N_FREE
from tests.photoz.calibrate.conftest import BANDS, make_fitter

N = 60
SURVEY = load_survey("cosmos2020")
SURVEY = SURVEY.subset([band.name for band in SURVEY.bands if band.group != "irac"][:24])
REFERENCE = SURVEY.band_names.index("hsc_i")
INJECTED = np.exp(0.06 * np.random.default_rng(2).normal(size=24))
INJECTED[REFERENCE] = 1.0
NOISE = 0.02


@pytest.fixture(scope="module")
def engine():
    return Engine.load(SURVEY, z_max=2.0)


@pytest.fixture(scope="module")
def survey(engine):
    """Fluxes of galaxies that the model can make, times INJECTED; errors, redshifts."""
    free = 0.7 * jax.random.normal(jax.random.key(3), (N, 1, N_FREE))
    z = jnp.linspace(0.05, 1.2, N)
    parameters = _parameters(engine.tables, free, z)
    true = np.asarray(group_photometry(engine.tables, parameters, z, engine.switches)[:, 0], float)
    err = NOISE * true
    flux = true + err * np.random.default_rng(0).normal(size=true.shape)
    return flux * INJECTED, err * INJECTED, np.asarray(z, float)


@pytest.fixture(scope="module")
def found(engine, survey):
    return sed_ratios(engine, *survey, reference_band="hsc_i")


def test_injected_zero_points_come_back(found):
    """What stays is smooth: dust and age can take a tilt over the whole range for their own."""
    off = np.log(found.ratio / INJECTED)
    assert found.ratio[REFERENCE] == 1.0
    assert np.sqrt(np.mean(off**2)) < 0.02 < 0.5 * np.log(INJECTED).std()
    tilt = np.stack([np.ones(24), np.log([band.pivot_aa for band in SURVEY.bands])], axis=1)
    rest = off - tilt @ np.linalg.lstsq(tilt, off, rcond=None)[0]
    assert np.sqrt(np.mean(rest**2)) < 0.01
    assert (found.n_used >= 0.8 * N).all()
    assert ((found.sigma > 0) & (found.sigma < 0.02)).all()


def test_galaxies_that_do_not_count_change_nothing(engine, survey):
    flux, err, z = (part[:24] for part in survey)
    counts = np.arange(24) % 3 > 0
    spoiled = flux.copy()
    spoiled[~counts] *= np.random.default_rng(1).uniform(0.5, 2.0, spoiled[~counts].shape)
    same, other = (
        sed_ratios(engine, part, err, z, reference_band="hsc_i", counts=counts, rounds=2)
        for part in (flux, spoiled)
    )
    np.testing.assert_allclose(same.ratio, other.ratio, rtol=1e-4)
    assert (same.n_used <= counts.sum()).all()


def test_a_band_that_few_galaxies_have_keeps_its_flux(engine, survey):
    flux, err, z = (part[:24].copy() for part in survey)
    flux[3:, 7] = np.nan
    ratios = sed_ratios(engine, flux, err, z, reference_band="hsc_i", rounds=2)
    assert 0 < ratios.n_used[7] <= 3
    assert ratios.ratio[7] == 1.0
    assert np.isinf(ratios.sigma[7])


def test_a_reference_band_must_be_there_and_measured(engine, survey):
    flux, err, z = (part[:24].copy() for part in survey)
    with pytest.raises(InputError, match=r"sdss_r.*not among u_cfht"):
        sed_ratios(engine, flux, err, z, reference_band="sdss_r")
    flux[:, REFERENCE] = np.nan
    with pytest.raises(InputError, match=r"Only 0 galaxies.*hsc_i.*Choose another"):
        sed_ratios(engine, flux, err, z, reference_band="hsc_i")


def test_the_ridge_pulls_to_the_ratios():
    ratio = np.array([1.1, 0.9, 1.0, 1.05, 0.95])
    plan = Plan((Stage(("flux_scale",)),), "c", {"flux_scale": 1e-4}, 0.0)
    asked = []

    def ratios_of(weight):
        asked.append(weight.sum())
        return SEDRatios(BANDS, ratio, np.full(5, 0.01), np.full(5, 240))

    fitter = replace(make_fitter(plan), ratios_of=ratios_of)
    fit = fitter.run(weight=np.arange(240) % 4 > 0)
    np.testing.assert_allclose(fitter.calibration(fit.theta).flux_scale, 1 / ratio, rtol=2e-3)
    assert asked == [180]
    assert fit.ratios is not None


def test_a_plan_names_its_centre():
    assert plan_from_dict({"centre": "sed"}).centre == "sed"
    assert Plan().centre == "none"
    with pytest.raises(InputError, match="centre is 'spec'; expected one of none, sed"):
        plan_from_dict({"centre": "spec"})


def test_a_witness_needs_the_curves_of_the_models_survey():
    class Model:
        card = {"survey": "no-such-survey"}  # noqa: RUF012
        z_max = 2.0

    with pytest.raises(InputError, match=r'centre = "sed".*no-such-survey.*centre = "none"'):
        make_witness({"flow": Model()}, BANDS, make_fitter().sample, "c")
