"""Medians and intervals of a joint model, and its file beside others."""

import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file

from photoz.errors import ModelError
from photoz.infer import conditional_of, predict_joint
from photoz.infer.photometry import photometry_for
from photoz.models import load_joint, load_members, load_model, load_models, save_model
from tests.photoz.train.toy import trained_models
from tests.photoz.train.toy_joint import NAMES, toy_catalogue, trained_joint


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return trained_joint(tmp_path_factory)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return trained_models(tmp_path_factory)


@pytest.fixture(scope="module")
def joint(folder):
    return load_joint(folder)


def test_a_file_gives_back_the_same_density(joint, folder, tmp_path):
    again = load_joint(save_model(joint, tmp_path / "joint.safetensors"))
    assert again.estimator.hyperparameters() == joint.estimator.hyperparameters()
    one, other = (load_file(f / "joint.safetensors") for f in (folder, tmp_path))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_joint_model_beside_others_leaves_them_alone(models, folder, tmp_path):
    with pytest.raises(ModelError, match=r"of redshift alone.*predict-joint"):
        load_models(folder)
    for load in (load_models, load_members):
        with pytest.raises(ModelError, match=r"is a joint model.*predict-joint"):
            load(folder / "joint.safetensors")
    for path in (*models.glob("*.safetensors"), folder / "joint.safetensors"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert list(load_models(tmp_path)) == ["mdn", "flow"]
    assert list(load_members(tmp_path)) == ["mdn", "flow"]
    assert load_joint(tmp_path).estimator.kind == "joint"
    assert load_model(tmp_path / "joint.safetensors").estimator.kind == "joint"
    with pytest.raises(ModelError, match="is a mdn, a model of redshift alone"):
        load_joint(tmp_path / "mdn.safetensors")
    with pytest.raises(ModelError, match="holds no joint model"):
        load_joint(models)


def test_the_table_has_the_quantiles_of_each_marginal(joint):
    catalogue = toy_catalogue()
    table = predict_joint(joint, catalogue, chunk=16).to_pandas()
    seen = photometry_for(catalogue, joint.bands)
    conditional = conditional_of(joint.estimator, joint.features, None, seen)
    for name in NAMES:
        for which, q in (("median", 0.5), ("lo68", 0.16), ("hi68", 0.84)):
            x = jnp.asarray(table[f"{name}_{which}"].to_numpy()[:-1], jnp.float32)
            cdf = joint.estimator.cdf_of(conditional, name, jnp.append(x, x[-1]))[:-1]
            np.testing.assert_allclose(cdf, q, atol=2e-4)
    assert table.iloc[-1].drop(["id", "z_spec"]).isna().all()
    assert (table["z_lo68"].dropna() > 0).all()
    assert (table["a_v_lo68"].dropna() > 0).all()


def test_at_the_spectroscopic_redshift_it_is_the_conditional(joint):
    catalogue = toy_catalogue()
    table = predict_joint(joint, catalogue).to_pandas()
    columns = [f"{name}_{which}_at_zspec" for name in NAMES[1:] for which in ("median", "hi68")]
    assert table.loc[0, columns].isna().all()  # its redshift is not known
    assert table.loc[1:48, columns].notna().all(axis=None)
    # independently: the slope of the joint over the marginal, by a fine grid in log mass
    seen = photometry_for(catalogue.take(np.array([5])), joint.bands)
    conditional = conditional_of(joint.estimator, joint.features, None, seen)
    two, part = joint.estimator.marginal(conditional, ("z", "log_mass"))
    mass = np.linspace(5.0, 15.0, 8001)
    points = np.stack([np.full_like(mass, catalogue.z_spec[5]), mass], axis=1)
    log_p = two.joint_log_prob(part, jnp.asarray(points, jnp.float32)[None])[0]
    p = np.exp(np.asarray(log_p, float))
    cdf = np.cumsum(p) / p.sum()
    expected = np.interp([0.5, 0.84], cdf, mass)
    found = table.loc[5, ["log_mass_median_at_zspec", "log_mass_hi68_at_zspec"]]
    np.testing.assert_allclose(found.to_numpy(float), expected, atol=3e-3)


def test_a_model_of_redshift_alone_is_refused(models):
    with pytest.raises(ModelError, match="joint model is expected"):
        predict_joint(load_model(models / "mdn.safetensors"), toy_catalogue())
