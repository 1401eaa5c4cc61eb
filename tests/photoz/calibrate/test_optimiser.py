"""The bounded minimiser: known minima, frozen parameters, jaxopt and scipy alike."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.calibrate.optimiser import minimise

TARGET = {"a": jnp.array([1.0, -2.0, 0.3]), "b": jnp.array(0.7)}


@jax.jit
def quadratic_with_coupling(x):
    def value(x):
        square = sum(jnp.sum((x[k] - TARGET[k]) ** 2) for k in x)
        return square + 0.5 * x["a"][0] * x["b"]

    return jax.value_and_grad(value)(x)


START = {"a": jnp.array([0.0, 0.5, 0.0]), "b": jnp.array(0.0)}
LOWER = {"a": jnp.array([-5.0, -1.0, 0.1]), "b": jnp.array(-5.0)}
UPPER = {"a": jnp.array([5.0, 5.0, 0.1]), "b": jnp.array(5.0)}


@pytest.fixture(params=["jaxopt", "scipy"])
def path(request, monkeypatch):
    if request.param == "scipy":
        monkeypatch.setitem(sys.modules, "jaxopt", None)
    return request.param


def test_minimum_within_bounds_is_the_analytic_one(path):
    end = minimise(quadratic_with_coupling, START, LOWER, UPPER)
    # free pair (a0, b): [2 .5; .5 2] x = (2, 1.4); a1 stops at its bound, a2 is frozen at .1
    expected = np.linalg.solve([[2, 0.5], [0.5, 2]], [2.0, 1.4])
    assert end.converged
    assert float(end.parameters["a"][0]) == pytest.approx(expected[0], abs=1e-4)
    assert float(end.parameters["b"]) == pytest.approx(expected[1], abs=1e-4)
    assert float(end.parameters["a"][1]) == -1.0
    assert float(end.parameters["a"][2]) == pytest.approx(0.1, abs=1e-7)


def test_both_paths_walk_the_same_way(monkeypatch):
    def walk():
        seen = []

        def recorded(x):
            seen.append(np.concatenate([x["a"], x["b"][None]]))
            return quadratic_with_coupling(x)

        end = minimise(recorded, START, LOWER, UPPER)
        return end, np.array(seen)

    with_jaxopt, steps = walk()
    monkeypatch.setitem(sys.modules, "jaxopt", None)
    without, same_steps = walk()
    np.testing.assert_array_equal(steps, same_steps)
    for key in TARGET:
        np.testing.assert_array_equal(with_jaxopt.parameters[key], without.parameters[key])
    assert with_jaxopt.value == pytest.approx(without.value, abs=1e-7)


def test_iteration_limit_is_reported(path):
    assert not minimise(quadratic_with_coupling, START, LOWER, UPPER, max_iterations=1).converged


def test_no_start_compiles_again(path):
    traced = []

    @jax.jit
    def counted(x):
        traced.append(1)
        return jax.value_and_grad(lambda v: jnp.sum(v**4 - v))(x)

    for start in (0.5, 0.1, -0.5):
        ones = jnp.ones(3)
        minimise(counted, start * ones, -ones, ones)
    assert len(traced) == 1
