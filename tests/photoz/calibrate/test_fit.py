"""The fit on a survey with an exact posterior: recovery, freezing, bounds, robustness, folds."""

import sys

import jax.numpy as jnp
import numpy as np
import pytest

from photoz.calibrate import identity
from photoz.calibrate.fit import run_fit
from photoz.calibrate.fitter import Fitter
from photoz.calibrate.folds import assign_folds, kfold_calibration
from photoz.calibrate.objective import no_change, objective, value_and_grad
from photoz.calibrate.plan import Plan, Stage
from photoz.errors import InputError, JobError
from tests.photoz.calibrate.conftest import BANDS, make_fitter

INJECTED = np.array([1.12, 0.91, 1.0, 1.06, 0.88])
ERRORS = 1.6
FREE_RIDGE = {"flux_scale": 0.0, "error_scale": 0.0}
TWO_STAGES = Plan(reference_band="c", ridge=FREE_RIDGE, outlier_fraction=0.0)


@pytest.fixture(scope="module")
def recovered():
    fitter = make_fitter(TWO_STAGES, flux_scale=INJECTED, error_scale=ERRORS)
    return fitter, run_fit(fitter, {}, folds=4)


def by_band(result, parameter):
    return {p.band: p for p in result.parameters if p.parameter == parameter}


def test_injected_zero_points_come_back_within_their_uncertainty(recovered):
    _, result = recovered
    fitted = by_band(result, "flux_scale")
    assert set(fitted) == set(BANDS) - {"c"}
    for band, truth in zip(BANDS, INJECTED, strict=True):
        if band != "c":
            p = fitted[band]
            assert 0.0 < p.sigma < 0.05
            assert abs(p.value - truth) < 4 * p.sigma
            assert p.at_bound == ""


def test_injected_error_scales_come_back(recovered):
    _, result = recovered
    for p in by_band(result, "error_scale").values():
        assert 0.0 < p.sigma < 0.5
        assert abs(p.value - ERRORS) < 4 * p.sigma


def test_reference_band_and_frozen_groups_stay_exactly(recovered):
    _, result = recovered
    assert result.calibration.flux_scale[2] == 1.0
    np.testing.assert_array_equal(result.calibration.flux_offset_ujy, 0.0)
    np.testing.assert_array_equal(result.calibration.error_floor, 0.0)


def test_gain_is_held_out_too_and_scatter_is_reported(recovered):
    _, result = recovered
    assert result.loss_after < result.loss_before - 0.1
    assert result.heldout_after < result.heldout_before - 0.1
    assert result.heldout_before == pytest.approx(result.loss_before, abs=1e-5)
    assert result.heldout_after >= result.loss_after
    # folds share two thirds of their galaxies, so their scatter is below the uncertainty
    for p in result.parameters:
        assert 0.0 < p.fold_scatter < 2 * p.sigma


def test_trace_falls_from_stage_to_stage(recovered):
    _, result = recovered
    stages = [[t.objective for t in result.trace if t.stage == s] for s in (1, 2)]
    assert stages[0][-1] < stages[0][0]
    assert stages[1][0] == pytest.approx(min(stages[0]), abs=1e-5)
    assert stages[1][-1] <= stages[1][0]
    assert all(result.converged)


def test_scipy_path_gives_the_same_calibration(recovered, monkeypatch):
    fitter, result = recovered
    monkeypatch.setitem(sys.modules, "jaxopt", None)
    again = fitter.calibration(fitter.run().theta)
    for name in ("flux_scale", "error_scale"):
        np.testing.assert_allclose(
            getattr(again, name), getattr(result.calibration, name), atol=1e-5
        )


def test_nothing_to_correct_changes_nothing_beyond_noise():
    fitter = make_fitter(TWO_STAGES)
    result = run_fit(fitter, {})
    for p in result.parameters:
        assert abs(p.value - 1.0) < 4 * p.sigma
    assert result.loss_before - result.loss_after < 0.05


def test_narrow_bounds_are_hit_and_flagged():
    stage = Stage(("flux_scale",), {"flux_scale": (0.95, 1.05)}, bands=("a", "e"))
    plan = Plan((stage,), "c", FREE_RIDGE, 0.0)
    fitter = make_fitter(plan, flux_scale=INJECTED)
    rows = by_band(run_fit(fitter, {}), "flux_scale")
    assert set(rows) == {"a", "e"}
    assert (rows["a"].at_bound, rows["e"].at_bound) == ("upper", "lower")
    assert rows["a"].value == pytest.approx(1.05, rel=1e-5)
    assert np.isnan(rows["a"].sigma)


def test_ridge_pulls_towards_no_change():
    tight = Plan((Stage(("flux_scale",)),), "c", {"flux_scale": 1e-3}, 0.0)
    pulled = make_fitter(tight, flux_scale=INJECTED)
    scale = pulled.calibration(pulled.run().theta).flux_scale
    assert np.abs(scale - 1.0).max() < 0.05


def test_wrong_spectroscopy_pulls_only_without_the_uniform_part():
    clean = make_fitter(TWO_STAGES)
    z = np.array(clean.sample.z_spec)
    z[:24] = np.roll(z[:24], 7)
    spoiled = clean.sample._replace(z_spec=jnp.asarray(z))

    def pull(fraction):
        plan = Plan((Stage(("flux_scale",)),), "c", FREE_RIDGE, fraction)
        scales = [
            np.asarray(
                Fitter(BANDS, clean.densities, sample, clean.rows, plan).run().theta["flux_scale"]
            )
            for sample in (clean.sample, spoiled)
        ]
        return np.abs(scales[1] - scales[0]).max()

    with_uniform, without = pull(0.05), pull(0.0)
    assert with_uniform < 0.02
    assert without > 3 * with_uniform


def test_folds_never_see_their_own_galaxies():
    fitter = make_fitter(TWO_STAGES, flux_scale=INJECTED)
    fold_of = assign_folds(fitter.n_gal, 4)
    clean = kfold_calibration(fitter, fold_of)
    flux = np.array(fitter.sample.flux_ujy)
    flux[fold_of == 0] *= 3.0
    spoiled_sample = fitter.sample._replace(flux_ujy=jnp.asarray(flux))
    spoiled = Fitter(BANDS, fitter.densities, spoiled_sample, fitter.rows, fitter.plan)
    again = kfold_calibration(spoiled, fold_of)
    for group in ("flux_scale", "error_scale"):
        np.testing.assert_array_equal(clean.thetas[0][group], again.thetas[0][group])
        assert np.abs(clean.thetas[1][group] - again.thetas[1][group]).max() > 1e-3
    np.testing.assert_array_equal(
        clean.after[fold_of == 0],
        fitter.losses(clean.thetas[0])[fold_of == 0],
    )


def test_folds_share_one_compiled_loss():
    fitter = make_fitter(TWO_STAGES, flux_scale=INJECTED)
    problem = fitter.problem()
    value_and_grad(no_change(len(BANDS)), problem)
    compiled = objective_compilations()
    kfold_calibration(fitter, assign_folds(fitter.n_gal, 3))
    assert objective_compilations() == compiled


def objective_compilations():
    return value_and_grad._cached._cache_size()


def test_fold_sizes_and_impossible_folds():
    counts = np.bincount(assign_folds(103, 10))
    assert counts.min() == 10
    assert counts.max() == 11
    with pytest.raises(InputError, match="1 folds cannot be made"):
        assign_folds(10, 1)
    with pytest.raises(InputError, match="11 folds cannot be made of 10"):
        assign_folds(10, 11)


def test_stop_ends_the_fit():
    with pytest.raises(JobError, match="stopped"):
        run_fit(make_fitter(TWO_STAGES), {}, should_stop=lambda: True)


def test_objective_is_minus_log_posterior_per_galaxy():
    plan = Plan((Stage(("flux_scale",)),), "c", {"flux_scale": 0.1}, 0.0)
    fitter = make_fitter(plan)
    theta = no_change(len(BANDS))
    theta["flux_scale"] = theta["flux_scale"].at[0].set(0.2)
    expected = fitter.losses(theta).mean() + 0.5 * (0.2 / 0.1) ** 2 / fitter.n_gal
    assert float(objective(theta, fitter.problem())) == pytest.approx(expected, rel=1e-5)


def test_identity_is_no_change():
    fitter = make_fitter()
    cal = fitter.calibration(no_change(len(BANDS)))
    for name in ("flux_scale", "flux_offset_ujy", "error_scale", "error_floor"):
        np.testing.assert_array_equal(getattr(cal, name), getattr(identity(BANDS), name))
