"""The calibration of a catalogue: values, gradients, the file, its sentences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.calibrate import (
    Calibration,
    CalibrationArrays,
    apply,
    identity,
    load_calibration,
    save_calibration,
)
from photoz.errors import InputError

FLUX = np.array([[-0.5, 0.0, 3.0], [np.nan, 2.0, -1e-6]])
ERR = np.array([[0.1, 0.2, 0.3], [np.nan, 0.5, 0.1]])
LIMIT = np.array([[np.nan, np.nan, np.nan], [np.nan, np.nan, 0.4]])


def example() -> Calibration:
    return Calibration(
        ("a", "b", "c"),
        np.array([1.1, 0.9, 1.0]),
        np.array([0.0, 0.05, -0.2]),
        np.array([2.0, 1.0, 0.5]),
        np.array([0.0, 0.1, 0.02]),
        {"kind": "calibration", "fitted_on": {"n": 3, "missing": None}},
    )


def test_apply_is_the_stated_formula():
    cal = example()
    flux, err, limit = apply(cal, FLUX, ERR, LIMIT)
    expected = cal.flux_scale * FLUX + cal.flux_offset_ujy
    np.testing.assert_allclose(flux, expected, rtol=2e-6)
    variance = (cal.error_scale * cal.flux_scale * ERR) ** 2 + (cal.error_floor * expected) ** 2
    np.testing.assert_allclose(err, np.sqrt(variance), rtol=2e-6)
    np.testing.assert_allclose(limit, cal.flux_scale * LIMIT, rtol=2e-6)


def test_identity_keeps_signs_zeros_and_missing_exactly():
    flux, err, limit = apply(identity(("a", "b", "c")), FLUX, ERR, LIMIT)
    for after, before in ((flux, FLUX), (err, ERR), (limit, LIMIT)):
        np.testing.assert_array_equal(after, before.astype(np.float32))


@pytest.mark.parametrize("flux", [-1.0, -1e-12, 0.0, 1e-12, 1e5])
def test_gradient_is_finite_whatever_the_flux(flux):
    def total(arrays, photometry):
        return sum(jnp.nansum(part) for part in apply(arrays, *photometry))

    photometry = (
        jnp.array([[flux, jnp.nan]]),
        jnp.array([[0.1, jnp.nan]]),
        jnp.array([[jnp.nan, jnp.nan]]),
    )
    arrays = identity(("a", "b")).arrays()
    wrt_parameters, wrt_photometry = jax.grad(total, argnums=(0, 1))(arrays, photometry)
    for gradient in (*wrt_parameters, wrt_photometry[0]):
        assert np.isfinite(gradient).all()
    assert float(wrt_parameters.flux_scale[0]) == pytest.approx(flux + 0.1, rel=1e-5)
    assert all(float(g[1]) == 0.0 for g in wrt_parameters)


def test_each_galaxy_may_have_its_own_parameters():
    cal = example().arrays()
    own = CalibrationArrays(*(jnp.stack([p, p * 2]) for p in cal))
    flux, err, _ = apply(own, FLUX, ERR, LIMIT)
    shared = apply(cal, FLUX, ERR, LIMIT)
    np.testing.assert_array_equal(flux[0], shared[0][0])
    np.testing.assert_array_equal(err[0], shared[1][0])
    assert float(flux[1, 1]) == pytest.approx(2 * (0.9 * 2.0 + 0.05))


def test_file_round_trip(tmp_path):
    path = tmp_path / "c.toml"
    save_calibration(example(), path)
    back = load_calibration(path)
    assert back.bands == ("a", "b", "c")
    for name in ("flux_scale", "flux_offset_ujy", "error_scale", "error_floor"):
        np.testing.assert_array_equal(getattr(back, name), getattr(example(), name))
    assert back.provenance == {"kind": "calibration", "fitted_on": {"n": 3}}


def test_for_bands_reorders_and_names_what_is_missing():
    assert example().for_bands(["c", "a"]).flux_scale.tolist() == [1.0, 1.1]
    with pytest.raises(InputError, match="no band z; it has a, b, c"):
        example().for_bands(["a", "z"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("format = 1\n[[band]]\nname = 'u'\nflux_scale = -1.0\n", "band u has flux_scale -1"),
        ("format = 1\n[[band]]\nname = 'u'\nflux_scale = 'x'\n", "flux_scale is 'x'"),
        ("format = 7\n", "calibration format 7"),
        ("format = 1\n", "no \\[\\[band\\]\\] table"),
        ("format = ", "not readable as TOML"),
    ],
)
def test_bad_files_are_explained(tmp_path, text, sentence):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        load_calibration(path)


def test_missing_file_is_explained(tmp_path):
    with pytest.raises(InputError, match="no calibration file"):
        load_calibration(tmp_path / "none.toml")
