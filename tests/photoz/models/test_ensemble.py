"""Ensembles against the members they average, and folders of members that do not fit together."""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from photoz.errors import ModelError
from photoz.models import (
    MDN,
    Estimator,
    Flow,
    LinearPool,
    MDNEnsemble,
    PoolParams,
    ensemble_of,
    load_members,
    load_models,
    member_of,
    save_model,
)
from tests.photoz.models.test_files import BANDS, N_FEATURE, trained

Z_MAX, M, N = 6.0, 3, 4
KINDS = ("mdn", "flow")
X = 2.0 * jax.random.normal(jax.random.key(0), (N, N_FEATURE))
GRID = np.linspace(0.0, Z_MAX, 3001, dtype=np.float32)[None]


def sharpened(estimator, seed):
    """An untrained network with larger output weights: densities that differ between members."""
    where = (
        (lambda e: e.head.weight) if estimator.kind == "mdn" else lambda e: e.heads[0].out.weight
    )
    noise = jax.random.normal(jax.random.key(100 + seed), where(estimator).shape)
    return eqx.tree_at(where, estimator, 0.4 * noise)


@functools.cache
def members(kind):
    size = {"width": 8, "depth": 1}
    make = {"mdn": functools.partial(MDN, n_component=3), "flow": functools.partial(Flow, n_bin=5)}
    made = [make[kind](jax.random.key(i), N_FEATURE, Z_MAX, **size) for i in range(M)]
    return [sharpened(estimator, seed) for seed, estimator in enumerate(made)]


@functools.cache
def ensemble(kind):
    return ensemble_of(members(kind))


@eqx.filter_jit
def run(estimator, method, at):
    return getattr(estimator, method)(estimator.conditional(X), at)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def test_density_and_cdf_are_the_means_of_the_members(kind):
    whole = ensemble(kind)
    assert isinstance(whole, Estimator)
    assert (whole.kind, whole.n_feature, whole.z_max) == (kind, N_FEATURE, Z_MAX)
    each = [np.exp(np.asarray(run(m, "log_prob", GRID), np.float64)) for m in members(kind)]
    density = np.exp(np.asarray(run(whole, "log_prob", GRID), np.float64))
    np.testing.assert_allclose(density, np.mean(each, axis=0), rtol=2e-4, atol=1e-6)
    assert np.abs(each[0] - each[1]).max() > 0.1  # members that agree would prove nothing
    below = [np.asarray(run(m, "cdf", GRID), np.float64) for m in members(kind)]
    np.testing.assert_allclose(run(whole, "cdf", GRID), np.mean(below, axis=0), atol=3e-6)
    np.testing.assert_allclose(np.trapezoid(density, GRID[0], axis=1), 1.0, atol=3e-3)


def test_one_redshift_a_galaxy_and_a_shared_grid_agree(kind):
    z = jnp.array([0.3, 1.0, 2.5, 5.9])
    for method in ("cdf", "log_prob"):
        many = np.diag(run(ensemble(kind), method, z[None]))
        np.testing.assert_allclose(run(ensemble(kind), method, z), many, rtol=1e-5, atol=1e-6)


def test_nothing_outside_the_support_and_finite_gradients_there(kind):
    whole, outside = ensemble(kind), jnp.array([[-1.0, Z_MAX + 1e-3]])
    assert np.isneginf(np.asarray(run(whole, "log_prob", outside))).all()
    np.testing.assert_array_equal(run(whole, "cdf", outside), [[0.0, 1.0]] * N)

    @eqx.filter_jit
    def slopes(x):
        def inside(x):
            conditional, z = whole.conditional(x), jnp.array([[-1.0, 0.4, 2.0, 7.0]])
            log_p = whole.log_prob(conditional, z)
            return jnp.sum(jnp.where(jnp.isfinite(log_p), log_p, 0.0))

        return jax.grad(inside)(x)

    found = np.asarray(slopes(X))
    assert np.isfinite(found).all()
    assert np.abs(found).max() > 0.0


def test_the_gradient_through_the_pool_is_the_weighted_mean_of_the_members(kind):
    z = jnp.full(N, 1.2)
    slope = eqx.filter_jit(jax.grad(lambda x, e: jnp.sum(e.log_prob(e.conditional(x), z))))
    p = np.array([np.exp(run(m, "log_prob", z)) for m in members(kind)], np.float64)
    each = np.array([slope(X, m) for m in members(kind)], np.float64)
    want = np.sum((p / p.sum(axis=0))[:, :, None] * each, axis=0)
    np.testing.assert_allclose(slope(X, ensemble(kind)), want, rtol=2e-3, atol=2e-4)


def test_quantiles_invert_the_cdf_and_lie_between_those_of_the_members(kind):
    q = jnp.array([[0.01, 0.16, 0.5, 0.84, 0.99]])
    z = run(ensemble(kind), "quantile", q)
    density = np.exp(np.asarray(run(ensemble(kind), "log_prob", z)))
    error = np.abs(np.asarray(run(ensemble(kind), "cdf", z)) - q)
    assert (error / np.maximum(density, 1.0)).max() < 4e-6
    each = np.array([run(m, "quantile", q) for m in members(kind)])
    assert (z >= each.min(axis=0) - 1e-5).all()
    assert (z <= each.max(axis=0) + 1e-5).all()
    np.testing.assert_allclose(
        run(ensemble(kind), "quantile", jnp.full(N, 0.5)), z[:, 2], atol=1e-5
    )


def test_samples_follow_the_pool(kind):
    whole = ensemble(kind)
    draw = eqx.filter_jit(lambda e: e.sample(e.conditional(X), jax.random.key(3), 3000))
    samples, cdf = np.asarray(draw(whole), np.float64), np.asarray(run(whole, "cdf", GRID))
    for row in range(N):
        found = stats.kstest(samples[row], lambda z, r=row: np.interp(z, GRID[0], cdf[r]))
        assert found.pvalue > 1e-3, row


@settings(max_examples=30, deadline=None)
@given(z=st.lists(st.floats(0.0, Z_MAX, width=32), min_size=N, max_size=N))
@pytest.mark.parametrize("kind_of", KINDS)
def test_the_log_score_is_at_least_the_mean_of_the_members(kind_of, z):
    at = jnp.asarray(z, jnp.float32)
    each = np.array([run(m, "log_prob", at) for m in members(kind_of)])
    found = np.asarray(run(ensemble(kind_of), "log_prob", at))
    assert (found >= each.mean(axis=0) - 1e-4).all()
    assert (found >= each.max(axis=0) - np.log(M) - 1e-4).all()


def test_the_mixture_of_two_ensembles_is_the_mean_of_all_members():
    both = [ensemble(kind).conditional(X) for kind in KINDS]
    params = PoolParams(jnp.full(N, 0.5), *both)
    found = jax.jit(LinearPool(Z_MAX).log_prob)(params, GRID)
    each = [np.exp(run(m, "log_prob", GRID)) for kind in KINDS for m in members(kind)]
    np.testing.assert_allclose(np.exp(found), np.mean(each, axis=0), rtol=5e-4, atol=1e-6)


def test_members_come_back_as_they_went_in(kind):
    for i, member in enumerate(members(kind)):
        back = jax.tree.leaves(member_of(ensemble(kind), i))
        assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(member), back, strict=True))


def written(folder, kind, changes=({}, {}, {})):
    """Write members as files, each with changes to its model."""
    for i, (estimator, change) in enumerate(zip(members(kind), changes, strict=True), start=1):
        card = {"seed": i, "member": i, "test": {"log_score": i}}
        model = dataclasses.replace(trained(kind), estimator=estimator, card=card)
        name = kind if i == 1 else f"{kind}-{i}"
        save_model(dataclasses.replace(model, **change), folder / f"{name}.safetensors")


def test_a_folder_of_members_is_their_ensemble_and_one_file_is_itself(tmp_path, kind):
    written(tmp_path, kind)
    (tmp_path / f"{kind}-old.safetensors").write_bytes(b"not a member by its name")
    (model,) = load_models(tmp_path).values()
    for a, b in zip(jax.tree.leaves(model.estimator), jax.tree.leaves(ensemble(kind)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [m["seed"] for m in model.card["members"]] == [1, 2, 3]
    assert "test" not in model.card  # that of the ensemble is not known
    (alone,) = load_models(tmp_path / f"{kind}-2.safetensors").values()
    assert type(alone.estimator) is type(members(kind)[0])
    assert [len(group) for group in load_members(tmp_path).values()] == [3]
    with pytest.raises(ModelError, match="an ensemble is not one file"):
        save_model(model, tmp_path / "all.safetensors")


def test_an_ensemble_tells_its_own_scores_where_its_last_member_has_them(tmp_path):
    card = {"seed": 3, "ensemble": {"n_member": 3, "test": {"log_score": 9.0}}}
    written(tmp_path, "mdn", ({}, {}, {"card": card}))
    assert load_models(tmp_path)["mdn"].card["test"] == {"log_score": 9.0}
    (tmp_path / "mdn-3.safetensors").rename(tmp_path / "other.safetensors")
    assert "test" not in load_models(tmp_path)["mdn"].card


def wider():
    return MDN(jax.random.key(9), N_FEATURE, Z_MAX, n_component=4, width=8, depth=1)


def shifted():
    spec = trained("mdn").features
    return {"features": eqx.tree_at(lambda s: s.asinh_mean, spec, spec.asinh_mean + 1.0)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: {"bands": ("u", "g", "z")}, "its bands are u, g, z, not u, g, r"),
        (shifted, r"constants of the features differ \(asinh_mean\)"),
        (lambda: {"estimator": wider()}, r"another size \(n_component\)"),
        (lambda: {"estimator": members("flow")[0]}, "a network of the kind flow"),
        (lambda: {"estimator": far(), "z_max": 7.0}, "its z_max is 7, not 6"),
    ],
)
def test_members_that_differ_are_refused_by_what_differs(tmp_path, change, said):
    written(tmp_path, "mdn", ({}, {}, change()))
    with pytest.raises(ModelError, match=rf"mdn-3.safetensors cannot share.*{said}"):
        load_models(tmp_path)


def far():
    return MDN(jax.random.key(9), N_FEATURE, 7.0, n_component=3, width=8, depth=1)


def test_a_gap_between_members_is_named(tmp_path):
    written(tmp_path, "mdn")
    (tmp_path / "mdn-2.safetensors").unlink()
    with pytest.raises(ModelError, match=r"holds mdn-3\.safetensors but no mdn-2\.safetensors"):
        load_models(tmp_path)


def test_estimators_that_cannot_be_stacked_are_refused():
    with pytest.raises(ModelError, match="of different kinds"):
        ensemble_of([members("mdn")[0], members("flow")[0]])
    with pytest.raises(ModelError, match="n_component is 3 in one and 4 in another"):
        ensemble_of([members("mdn")[0], wider()])
    assert isinstance(ensemble_of(members("mdn")[:1]), MDNEnsemble)
    assert trained("mdn").bands == BANDS
