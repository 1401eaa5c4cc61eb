"""Dust laws and IGM models against what their papers say."""

import jax.numpy as jnp
import numpy as np
import pytest

from photoz.errors import InputError
from photoz.sed.dust import calzetti_k, diffuse_transmission, dust_curves, smc_shape
from photoz.sed.igm import transmission


def _depth(law, wave, tau=1.0, delta=-0.4):
    curves = dust_curves(np.asarray(wave, float), law)
    seen = diffuse_transmission(curves, jnp.asarray([tau]), jnp.asarray([delta]))
    return -np.log(np.asarray(seen[0], float))


def test_every_law_is_one_at_its_reference_wavelength():
    for law in ("calzetti", "smc"):
        assert _depth(law, [5500.0])[0] == pytest.approx(1.0, abs=0.01)


def test_calzetti_has_neither_bump_nor_slope():
    wave = np.geomspace(1000, 20_000, 50)
    np.testing.assert_allclose(
        _depth("calzetti", wave, delta=0.3), calzetti_k(wave) / 4.05, rtol=1e-5
    )
    np.testing.assert_allclose(
        _depth("calzetti", wave, delta=-1.0), calzetti_k(wave) / 4.05, rtol=1e-5
    )


def test_kriek_conroy_bends_calzetti_and_adds_the_bump():
    wave = np.array([1500.0, 2175.0, 5500.0, 20_000.0])
    delta = -0.4
    bump = (0.85 - 1.9 * delta) * np.array(
        [(w * 350) ** 2 / ((w**2 - 2175.0**2) ** 2 + (w * 350) ** 2) for w in wave]
    )
    exact = (calzetti_k(wave) + bump) / 4.05 * (wave / 5500) ** delta
    np.testing.assert_allclose(_depth("kriek-conroy", wave, delta=delta), exact, rtol=1e-5)


def test_the_small_magellanic_cloud_is_steep_and_has_no_bump():
    """Gordon et al. (2003, arXiv:astro-ph/0305257), SMC bar: R_V 2.74, A(B)/A(V) 1.37, no bump."""
    assert smc_shape(np.array(4400.0)) == pytest.approx(1.35, abs=0.05)
    wave = np.log([1800.0, 2175.0, 2600.0])
    depth = np.log(smc_shape(np.exp(wave)))
    straight = np.interp(wave[1], wave[[0, 2]], depth[[0, 2]])
    # Pei's fit keeps a trace of the bump; that of the Milky Way is 0.4
    assert abs(depth[1] - straight) < 0.06
    assert smc_shape(np.array(1500.0)) > 1.5 * calzetti_k(np.array([1500.0]))[0] / 4.05


def test_madau_has_its_published_depth_just_below_lyman_alpha():
    """Eqs. 12 and 13 of Madau (1995, ApJ 441, 18): Lyman alpha and metals alone."""
    just_below = transmission(np.array([1215.0]), 3.0, "madau1995")[0]
    observed = 1215.0 * 4
    tau = 0.0036 * (observed / 1216) ** 3.46 + 0.0017 * (observed / 1216) ** 1.68
    assert just_below == pytest.approx(np.exp(-tau), rel=1e-6)
    assert transmission(np.array([1217.0, 5000.0]), 3.0, "madau1995").tolist() == [1.0, 1.0]


def test_both_models_close_below_the_limit_as_redshift_grows():
    for model in ("inoue2014", "madau1995"):
        seen = [transmission(np.array([800.0]), z, model)[0] for z in (0.5, 2.0, 3.5, 5.0)]
        assert (np.diff(seen) < 0).all()
        assert seen[-1] < 0.02


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="no dust law 'mw'; known: kriek-conroy"):
        dust_curves(np.array([1000.0]), "mw")
    with pytest.raises(InputError, match="no IGM model 'meiksin'; known: inoue2014"):
        transmission(np.array([1000.0]), 2.0, "meiksin")
