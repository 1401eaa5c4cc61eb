"""The sandwich covariance against regression, where White's formula is known."""

import jax.numpy as jnp
import numpy as np
import pytest

from photoz.calibrate import uncertainty
from photoz.calibrate.objective import galaxy_losses, no_change, objective
from photoz.calibrate.uncertainty import (
    _hessian,
    _scores,
    parameter_covariance,
    sandwich_covariance,
)
from tests.photoz.calibrate.conftest import make_fitter


def test_linear_regression_gives_whites_hc0():
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(5000), rng.normal(size=5000)])
    noise = rng.normal(size=5000) * (0.5 + np.abs(x[:, 1]))  # heteroscedastic
    y = x @ [1.0, 2.0] + noise
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    residual = y - x @ beta
    scores = -x * residual[:, None]  # of the loss residual^2 / 2
    bread = np.linalg.inv(x.T @ x)
    white = bread @ (x.T * residual**2) @ x @ bread
    np.testing.assert_allclose(sandwich_covariance(x.T @ x / 5000, scores), white, rtol=1e-6)
    naive = bread * residual.var()
    assert white[1, 1] > 1.5 * naive[1, 1]


def test_direction_without_information_is_infinite_not_small():
    covariance = sandwich_covariance(np.diag([2.0, 0.0]), np.array([[1.0, 0.0], [-1.0, 0.0]]))
    assert covariance[0, 0] == pytest.approx(0.125)
    assert np.isinf(covariance[1, 1])


def test_scores_average_to_the_gradient_of_the_mean_loss():
    import jax

    fitter = make_fitter(flux_scale=1.03)
    theta, problem = no_change(5), fitter.problem()
    scores = np.asarray(_scores(theta, problem))
    gradient = jax.grad(lambda t: jnp.mean(galaxy_losses(t, problem)))(theta)
    flat = np.concatenate([gradient[k] for k in sorted(gradient)])
    np.testing.assert_allclose(scores.mean(axis=0), flat, rtol=1e-3, atol=1e-4)


def test_hessian_is_the_difference_of_gradients():
    import jax

    fitter = make_fitter(flux_scale=1.03)
    problem = fitter.problem()
    # raveled order: error_floor, error_scale, flux_offset, flux_scale
    index = jnp.array([5, 15, 16])
    hessian = np.asarray(_hessian(no_change(5), problem, index)) / float(problem.weight.sum())
    hessian[[1, 2], [1, 2]] += float(problem.precision["flux_scale"] / problem.weight.sum())
    hessian[0, 0] += float(problem.precision["error_scale"] / problem.weight.sum())
    gradient = jax.jit(jax.grad(objective))
    step = 5e-3
    up, down = no_change(5), no_change(5)
    up["flux_scale"] = up["flux_scale"].at[0].set(step)
    down["flux_scale"] = down["flux_scale"].at[0].set(-step)
    slope = {k: (gradient(up, problem)[k] - gradient(down, problem)[k]) / (2 * step) for k in up}
    expected = [slope["error_scale"][0], slope["flux_scale"][0], slope["flux_scale"][1]]
    np.testing.assert_allclose(hessian[1], expected, rtol=0.02, atol=0.02 * abs(hessian[1]).max())
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-3, atol=1e-3 * abs(hessian).max())


def test_pieces_give_the_covariance_of_the_whole_also_with_galaxies_held_out(monkeypatch):
    fitter = make_fitter(flux_scale=1.03)
    weight = np.ones(240, bool)
    weight[::7] = False
    problem = fitter.problem(weight)
    free = {group: np.zeros(5, bool) for group in no_change(5)}
    free["flux_scale"][[0, 1, 3, 4]] = True
    free["error_scale"][[0, 1, 3]] = True
    theta = fitter.run(weight).theta
    whole = parameter_covariance(theta, problem, free)
    monkeypatch.setattr(uncertainty, "CHUNK", 50)  # the last of five is not full
    pieces = parameter_covariance(theta, problem, free)
    assert np.isfinite(whole).all()
    assert np.diag(whole).min() > 0
    scale = np.sqrt(np.outer(np.diag(whole), np.diag(whole)))
    np.testing.assert_allclose(pieces / scale, whole / scale, atol=1e-2)
