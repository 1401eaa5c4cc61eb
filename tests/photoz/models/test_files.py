"""Networks of both kinds: protocol, shapes, and files that are whole, damaged, or not ours."""

import dataclasses
import functools
import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from photoz.errors import ModelError
from photoz.features import FeatureSpec
from photoz.models import MDN, Estimator, Flow, TrainedModel, load_model, load_models, save_model

BANDS = ("u", "g", "r")
N_FEATURE = 5 * len(BANDS)


def spec() -> FeatureSpec:
    rng = np.random.default_rng(1)
    square = ("projection", "whitening")
    names = ("softening_ujy", "asinh_mean", "asinh_std", "log_err_mean", "log_err_std", *square)
    return FeatureSpec.from_arrays(
        BANDS, {n: rng.uniform(0.5, 1.5, (3, 3) if n in square else 3) for n in names}
    )


@functools.cache
def trained(kind: str) -> TrainedModel:
    size = {"width": 16, "depth": 1}
    if kind == "mdn":
        estimator = MDN(jax.random.key(2), N_FEATURE, 6.0, n_component=4, **size)
    else:
        estimator = Flow(jax.random.key(3), N_FEATURE, 6.0, n_bin=6, **size)
    return TrainedModel(estimator, spec(), BANDS, 6.0, {"seed": 7, "recipe": "é"})


@pytest.fixture(params=["mdn", "flow"])
def model(request) -> TrainedModel:
    return trained(request.param)


def rewritten(path, new_path, change_header=None, change_arrays=None):
    """Write a model file again after changes to its header or arrays."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stored:
        header = json.loads(stored.metadata()["photoz"])
    arrays = load_file(path)
    (change_header or (lambda h: None))(header)
    (change_arrays or (lambda a: None))(arrays)
    save_file(arrays, new_path, metadata={"photoz": json.dumps(header)})
    return new_path


def test_the_protocol_and_its_shapes(model):
    estimator = model.estimator
    assert isinstance(estimator, Estimator)
    x = jax.random.normal(jax.random.key(0), (5, N_FEATURE))

    @eqx.filter_jit
    def use(e, x):
        c, z, grid = e.conditional(x), jnp.linspace(0.1, 5.0, 5), jnp.linspace(0.0, 6.0, 7)[None]
        one = (e.log_prob(c, z), e.cdf(c, z), e.quantile(c, z / 6.0))
        many = (e.log_prob(c, grid), e.cdf(c, grid), e.quantile(c, grid / 6.0))
        return c, one, many, e.sample(c, jax.random.key(1), 9)

    conditional, one, many, samples = use(estimator, x)
    assert all(len(leaf) == 5 for leaf in jax.tree.leaves(conditional))
    assert [v.shape for v in one] == [(5,)] * 3
    assert [v.shape for v in many] == [(5, 7)] * 3
    assert samples.shape == (5, 9)
    np.testing.assert_allclose(many[1][:, 0], 0.0)
    np.testing.assert_allclose(many[1][:, -1], 1.0)
    assert all(np.isfinite(np.asarray(v)).all() for v in (*one, *many))


def test_an_untrained_flow_is_flat_in_log_1pz_on_average():
    flow = Flow(jax.random.key(3), N_FEATURE, 6.0, n_bin=6, width=16, depth=1)
    x = jax.random.normal(jax.random.key(0), (400, N_FEATURE))
    z = jnp.expm1(jnp.linspace(0.05, 0.95, 9) * jnp.log1p(6.0))[None]
    cdf = eqx.filter_jit(lambda f, x: f.cdf(f.conditional(x), z))(flow, x)
    np.testing.assert_allclose(np.mean(cdf, axis=0), np.linspace(0.05, 0.95, 9), atol=0.05)


def test_extreme_features_leave_a_proper_density(model):
    x = jnp.full((2, N_FEATURE), 10.0).at[1].set(-10.0)

    @eqx.filter_jit
    def use(e, x):
        c = e.conditional(x)
        return e.cdf(c, jnp.linspace(0.0, 6.0, 601)[None]), e.quantile(c, jnp.array([[0.5]]))

    cdf, median = use(model.estimator, 100.0 * x)
    assert np.isfinite(np.asarray(cdf)).all()
    assert (np.diff(cdf, axis=1) >= -1e-6).all()
    assert ((np.asarray(median) >= 0) & (np.asarray(median) <= 6.0)).all()


def test_a_file_gives_back_the_same_bits(model, tmp_path):
    path = save_model(model, tmp_path / "m.safetensors")
    back = load_model(path)
    for a, b in zip(
        jax.tree.leaves((model.estimator, model.features)),
        jax.tree.leaves((back.estimator, back.features)),
        strict=True,
    ):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    assert (back.bands, back.z_max, back.card) == (model.bands, model.z_max, model.card)
    assert back.estimator.hyperparameters() == model.estimator.hyperparameters()
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_truncated_file_is_refused(share, tmp_path):
    path = save_model(trained("mdn"), tmp_path / "m.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ModelError, match=r"m\.safetensors.*(truncated|whole)"):
        load_model(path)


def test_a_pickle_is_refused_unread(tmp_path):
    import pickle

    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a model file was unpickled",))

    path = tmp_path / "m.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        load_model(path)


def test_a_flipped_bit_anywhere_is_noticed(tmp_path):
    path = save_model(trained("mdn"), tmp_path / "m.safetensors")
    whole = bytearray(path.read_bytes())
    for at in np.random.default_rng(3).integers(0, len(whole), 60):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << int(at % 8)
        path.write_bytes(bytes(flipped))
        with pytest.raises(ModelError, match=r"m\.safetensors"):
            load_model(path)


def test_another_version_is_refused(tmp_path):
    path = save_model(trained("flow"), tmp_path / "m.safetensors")
    rewritten(path, path, lambda h: h.update(format_version=99))
    with pytest.raises(ModelError, match="version 99"):
        load_model(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h["hyperparameters"].update(width=17),
        lambda h: h["hyperparameters"].update(depth=2),
        lambda h: h["hyperparameters"].update(n_feature=10),
        lambda h: h["hyperparameters"].pop("width"),
        lambda h: h["hyperparameters"].update(width=-1),
        lambda h: h["hyperparameters"].update(width="wide"),
        lambda h: h.update(hyperparameters=3),
        lambda h: h.update(kind="tree"),
        lambda h: h.update(kind="flow"),
        lambda h: h.update(bands=["u", "g"]),
        lambda h: h.update(bands=7),
        lambda h: h.pop("z_max"),
        lambda h: h.update(z_max=None),
        lambda h: h.update(z_max=5.0),
    ],
)
def test_a_header_that_does_not_fit_is_refused(change, tmp_path):
    path = save_model(trained("mdn"), tmp_path / "m.safetensors")
    rewritten(path, path, change)
    with pytest.raises(ModelError):
        load_model(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.update({"network.0": a["network.0"].T.copy()}),
        lambda a: a.pop("network.3"),
        lambda a: a.update({"network.x": a["network.0"]}),
        lambda a: a.update({"network.0": a["network.0"] * np.nan}),
        lambda a: a.pop("features.asinh_mean"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, tmp_path):
    path = save_model(trained("mdn"), tmp_path / "m.safetensors")
    rewritten(path, path, None, change)
    with pytest.raises(ModelError):
        load_model(path)


def test_a_safetensors_file_of_somebody_else_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"w": np.zeros(3)}, path)
    with pytest.raises(ModelError, match="without a photoz header"):
        load_model(path)


def test_a_folder_gives_both_models_mdn_first(tmp_path):
    for kind in ("flow", "mdn"):
        save_model(trained(kind), tmp_path / f"{kind}.safetensors")
    assert list(load_models(tmp_path)) == ["mdn", "flow"]
    other = dataclasses.replace(trained("flow"), bands=("u", "g", "z"))
    save_model(other, tmp_path / "flow.safetensors")
    with pytest.raises(ModelError, match="different bands"):
        load_models(tmp_path)


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        load_models(tmp_path)
    with pytest.raises(ModelError, match="no model file"):
        load_models(tmp_path / "nowhere")


def test_a_reference_of_simulated_galaxies_travels_with_the_model(model, tmp_path):
    from tests.photoz.trust.making import random_reference

    reference = random_reference(BANDS)
    path = save_model(dataclasses.replace(model, trust=reference), tmp_path / "m.safetensors")
    stored = load_model(path).trust
    for name, value in reference.to_arrays().items():
        np.testing.assert_array_equal(stored.to_arrays()[name], value)


def test_files_from_before_references_load_without_one(model, tmp_path):
    assert load_model(save_model(model, tmp_path / "m.safetensors")).trust is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda a: a.pop("trust.threshold"),
        lambda a: a.update({"trust.shapes.mean": np.zeros((2, 2), np.float32)}),
        lambda a: a.update({"trust.threshold": np.full(3, np.nan, np.float32)}),
    ],
)
def test_a_damaged_reference_is_named(tmp_path, damage):
    from tests.photoz.trust.making import random_reference

    whole = dataclasses.replace(trained("mdn"), trust=random_reference(BANDS))
    path = save_model(whole, tmp_path / "m.safetensors")
    with pytest.raises(ModelError, match="reference of simulated galaxies"):
        load_model(rewritten(path, tmp_path / "other.safetensors", change_arrays=damage))
