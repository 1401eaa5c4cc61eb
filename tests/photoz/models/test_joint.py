"""Full-covariance joint densities against scipy, quadrature, autodiff and analytic moments."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from photoz.errors import InputError
from photoz.models import Estimator, Joint
from photoz.models.coordinates import Coordinates, fit_coordinates
from photoz.models.gaussians import JointParams, given_first, log_density, marginal, sample
from photoz.models.joint_density import JointDensity

NAMES = ("z", "log_mass", "log_ssfr", "a_v")
Z_MAX = 6.0
N, K, D = 4, 3, 4
COORDINATES = Coordinates(NAMES, Z_MAX, [-0.4, 10.0, -9.5, 0.3], [1.1, 0.8, 1.3, 0.6])
RANGE = {"z": (0.01, 5.99), "log_mass": (7, 13), "log_ssfr": (-18, -7), "a_v": (0.005, 3)}


@pytest.fixture(scope="module")
def params():
    rng = np.random.default_rng(1)
    factor = np.tril(rng.normal(0.0, 0.5, (N, K, D, D)), -1)
    factor[..., range(D), range(D)] = rng.uniform(0.2, 0.9, (N, K, D))
    weight = rng.dirichlet(np.ones(K), N)
    mean = rng.normal(0.0, 0.7, (N, K, D))
    return JointParams(*(jnp.asarray(a, jnp.float32) for a in (np.log(weight), mean, factor)))


@pytest.fixture(scope="module")
def network():
    spread = (COORDINATES.location, COORDINATES.scale)
    return Joint(jax.random.key(0), 6, Z_MAX, NAMES, *spread, n_component=K, width=16, depth=1)


def scipy_mixture(params, i, index):
    """Density of some coordinates of galaxy i, by scipy in double precision."""
    weight, mean, factor = (np.asarray(a[i], np.float64) for a in params)
    index = list(index)
    parts = [
        stats.multivariate_normal(m[index], (f @ f.T)[np.ix_(index, index)])
        for m, f in zip(mean, factor, strict=True)
    ]
    return lambda u: sum(np.exp(w) * p.pdf(u) for w, p in zip(weight, parts, strict=True))


@pytest.mark.parametrize(
    "index", [(0, 1, 2, 3), (0,), (2,), (3, 1), (0, 1), (1, 3, 0), (3, 2, 1, 0)]
)
def test_every_marginal_is_that_of_scipy(params, index):
    u = np.random.default_rng(2).normal(0.0, 1.2, (N, 50, len(index)))

    @jax.jit
    def seen(u):
        part = marginal(params, index)
        return log_density(part, u), part.factors

    log_p, factor = map(np.asarray, seen(jnp.asarray(u, jnp.float32)))
    found = np.exp(log_p.astype(float))
    expected = np.stack([scipy_mixture(params, i, index)(u[i]) for i in range(N)])
    np.testing.assert_allclose(found, expected.reshape(N, 50), rtol=2e-4, atol=1e-7)
    assert (np.triu(factor, 1) == 0.0).all()
    assert (np.diagonal(factor, axis1=2, axis2=3) > 0.0).all()


def test_narrow_and_nearly_degenerate_covariances_keep_their_widths():
    factor = np.eye(3)[None, None] * np.array([1.0, 1e-3, 1e-3])
    factor[0, 0, 1, 0], factor[0, 0, 2, 0] = 1.0, -1.0
    mixture = JointParams(jnp.zeros((1, 1)), jnp.zeros((1, 1, 3)), jnp.asarray(factor, jnp.float32))
    part = marginal(mixture, (2, 1))
    # the sum of both is the narrow direction: its variance is 2e-6
    covariance = factor[0, 0] @ factor[0, 0].T
    volume = np.sqrt(np.linalg.det(covariance[1:, 1:]))
    found = float(jnp.prod(jnp.diagonal(part.factors[0, 0])))
    assert found == pytest.approx(volume, rel=1e-3)


def test_what_is_known_of_z_is_bayes(params):
    u = np.random.default_rng(3).normal(0.0, 1.0, (N, 20, 3))
    at = np.array([-0.5, 0.0, 0.3, 1.1])
    given = jax.jit(lambda at, u: log_density(given_first(params, at), u))
    found = given(jnp.asarray(at, jnp.float32), jnp.asarray(u, jnp.float32))
    for i in range(N):
        whole = np.concatenate([np.full((20, 1), at[i]), u[i]], axis=1)
        alone = scipy_mixture(params, i, [0])(at[i])
        expected = scipy_mixture(params, i, range(4))(whole) / alone
        np.testing.assert_allclose(found[i], np.log(expected), atol=1e-3)


def test_two_dimensions_integrate_to_one(params):
    density, part = JointDensity(COORDINATES).marginal(params, ("z", "a_v"))
    # finer towards the ends of the support, where densities may rise steeply
    z_edge = Z_MAX * np.sin(np.linspace(0.0, 0.5 * np.pi, 501)) ** 2
    a_edge = 8.0 * np.linspace(0.0, 1.0, 801) ** 4
    z, a = 0.5 * (z_edge[1:] + z_edge[:-1]), 0.5 * (a_edge[1:] + a_edge[:-1])
    points = jnp.stack(jnp.meshgrid(jnp.asarray(z), jnp.asarray(a), indexing="ij"), axis=-1)
    one = jax.tree.map(lambda x: x[:1], part)
    log_p = eqx.filter_jit(density.joint_log_prob)(one, points.reshape(1, -1, 2))
    p = np.exp(np.asarray(log_p, float)).reshape(len(z), len(a))
    mass = np.diff(z_edge) @ p @ np.diff(a_edge)
    assert mass == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_one_dimension_integrates_to_its_cdf(params, name):
    density = JointDensity(COORDINATES)
    x = np.linspace(*RANGE[name], 4001)
    grid = jnp.asarray(x, jnp.float32)[None]

    @jax.jit
    def both(x):
        return density.log_prob_of(params, name, x), density.cdf_of(params, name, x)

    log_p, cdf = (np.asarray(a, float) for a in both(grid))
    p = np.exp(log_p)
    within = integrate.simpson(p, x, axis=1)
    np.testing.assert_allclose(within, cdf[:, -1] - cdf[:, 0], atol=5e-4)
    assert within.min() > 0.85


@pytest.mark.parametrize("name", NAMES)
def test_the_density_is_the_slope_of_the_cdf(params, name):
    density = JointDensity(COORDINATES)
    one = jax.tree.map(lambda a: a[:1], params)
    slope = jax.jit(jax.vmap(jax.grad(lambda x: density.cdf_of(one, name, x[None])[0])))
    x = jnp.linspace(*RANGE[name], 301)[1:-1]
    p = np.exp(jax.jit(lambda x: density.log_prob_of(one, name, x[None])[0])(x))
    np.testing.assert_allclose(slope(x), p, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_quantile_inverts_the_cdf(params, name):
    density = JointDensity(COORDINATES)
    q = jnp.array([[0.001, 0.16, 0.5, 0.84, 0.999]])

    @jax.jit
    def seen(p):
        x = density.quantile_of(p, name, q)
        return x, density.cdf_of(p, name, x), density.quantile_of(p, name, jnp.full(N, 0.5))

    x, cdf, own = seen(params)
    assert x.shape == (N, 5)
    np.testing.assert_allclose(cdf, np.broadcast_to(q, (N, 5)), atol=1e-4)
    np.testing.assert_allclose(own, x[:, 2], rtol=1e-5)


def test_the_support_is_kept_and_outside_it_nothing_is_left(network, params):
    edges = jnp.array([[-0.5, 0.0, Z_MAX, 7.0]])
    cdf = eqx.filter_jit(network.cdf)
    assert (np.asarray(eqx.filter_jit(network.log_prob)(params, edges)) == -np.inf).all()
    np.testing.assert_array_equal(cdf(params, edges), [[0.0, 0.0, 1.0, 1.0]] * N)
    near = jnp.array([[1e-6, Z_MAX - 1e-5]])
    np.testing.assert_allclose(cdf(params, near), [[0.0, 1.0]] * N, atol=1e-3)
    values = jnp.array([[1.0, 10.0, -9.0, -0.1]] * N)
    assert (np.asarray(eqx.filter_jit(network.joint_log_prob)(params, values)) == -np.inf).all()


def test_samples_have_the_analytic_moments(params):
    m = 200_000
    u = np.asarray(sample(params, jax.random.key(4), m), np.float64)
    weight, mean, factor = (np.asarray(a, np.float64) for a in params)
    weight = np.exp(weight)
    expected = np.einsum("nk,nkd->nd", weight, mean)
    second = factor @ np.swapaxes(factor, 2, 3) + mean[..., :, None] * mean[..., None, :]
    covariance = (
        np.einsum("nk,nkij->nij", weight, second) - expected[:, :, None] * expected[:, None]
    )
    for i in range(N):
        np.testing.assert_allclose(u[i].mean(axis=0), expected[i], atol=5 * 1.5 / np.sqrt(m))
        np.testing.assert_allclose(np.cov(u[i].T), covariance[i], atol=0.03)


def test_samples_in_physical_units_follow_each_cdf(network, params):
    drawn = network.joint_sample(params, jax.random.key(5), 20_000)
    for i, name in enumerate(NAMES):
        pit = np.asarray(network.cdf_of(params, name, drawn[..., i]), float)
        assert max(stats.kstest(row, "uniform").statistic for row in pit) < 0.015
    z = network.sample(params, jax.random.key(6), 20_000)
    assert stats.kstest(np.asarray(network.cdf(params, z))[0], "uniform").statistic < 0.015


def test_at_a_known_redshift_joint_over_marginal_remains(network, params):
    z = jnp.array([0.3, 1.0, 2.0, 5.0])
    rest, part = network.given_z(params, z)
    assert rest.names == NAMES[1:]
    values = jnp.array(
        [[10.1, -9.3, 0.4], [9.0, -13.0, 0.1], [11.0, -10.0, 1.0], [8.0, -8.5, 0.01]]
    )
    joint_log_prob = eqx.filter_jit(network.joint_log_prob)
    whole = joint_log_prob(params, jnp.concatenate([z[:, None], values], axis=1))
    expected = np.asarray(whole - network.log_prob(params, z))
    np.testing.assert_allclose(rest.joint_log_prob(part, values), expected, atol=2e-3)


def test_coordinates_are_increasing_bijections_with_the_stated_slope():
    for name, (low, high) in RANGE.items():
        x = jnp.linspace(low, high, 400)
        u = COORDINATES.to(name, x)
        assert (np.diff(u) > 0).all()
        np.testing.assert_allclose(COORDINATES.back(name, u), x, rtol=2e-5, atol=2e-6)
        slope = jax.jit(jax.vmap(jax.grad(lambda v, name=name: COORDINATES.to(name, v))))(x)
        np.testing.assert_allclose(np.log(slope), COORDINATES.log_slope(name, x), atol=2e-3)


def test_fitted_coordinates_are_standardised():
    rng = np.random.default_rng(8)
    values = np.stack([rng.uniform(0.1, 3.0, 5000), rng.normal(10.0, 0.7, 5000)], axis=1)
    found = fit_coordinates(("z", "log_mass"), Z_MAX, values)
    for i, name in enumerate(found.names):
        u = np.asarray(found.to(name, jnp.asarray(values[:, i])))
        assert u.mean() == pytest.approx(0.0, abs=1e-3)
        assert u.std() == pytest.approx(1.0, abs=1e-3)
    values[:, 1] = 10.0
    with pytest.raises(InputError, match="log_mass is the same for all"):
        fit_coordinates(("z", "log_mass"), Z_MAX, values)


def test_extreme_features_leave_a_proper_density_and_a_finite_gradient(network):
    x = jnp.stack([jnp.full(6, 1000.0), jnp.full(6, -1000.0), jnp.zeros(6)])
    values = jnp.array([[5.99, 13.0, -60.0, 4.0], [1e-3, 5.0, -7.8, 1e-5], [1.0, 10.0, -9.5, 0.3]])

    def loss(model):
        return -jnp.mean(model.joint_log_prob(model.conditional(x), values))

    value, gradient = eqx.filter_jit(eqx.filter_value_and_grad(loss))(network)
    assert np.isfinite(value)
    assert all(np.isfinite(np.asarray(leaf)).all() for leaf in jax.tree.leaves(gradient))
    grid = jnp.linspace(0.0, Z_MAX, 601)[None]
    cdf = np.asarray(jax.jit(lambda x: network.cdf(network.conditional(x), grid))(x))
    assert (np.diff(cdf, axis=1) >= -1e-6).all()
    np.testing.assert_allclose(cdf[:, -1], 1.0)


def test_outside_the_support_the_gradient_is_finite(network):
    values = jnp.array([[0.0, 10.0, -9.0, 0.0]])

    def loss(v):
        log_p = network.joint_log_prob(network.conditional(jnp.zeros((1, 6))), v)
        return jnp.logaddexp(log_p[0], -5.0)

    assert np.isfinite(np.asarray(jax.jit(jax.grad(loss))(values))).all()


def test_it_is_an_estimator_of_redshift(network):
    assert isinstance(network, Estimator)
    assert (network.kind, network.z_max, network.n_feature) == ("joint", Z_MAX, 6)
    assert network.box == pytest.approx(Z_MAX * 20**3 * 0.8 * 1.3 * 0.6)


@pytest.mark.parametrize("names", [(), ("z", "z"), ("z", "age")])
def test_names_that_are_not_there_are_refused(network, params, names):
    with pytest.raises(InputError, match="log_mass"):
        network.marginal(params, names)
