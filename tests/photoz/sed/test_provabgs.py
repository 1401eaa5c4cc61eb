"""The history of bases and a burst, against quadrature of the text files it is made of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from photoz.assets import asset_path
from photoz.errors import InputError
from photoz.sed import provabgs
from photoz.sed.build_provabgs import build, library
from photoz.sed.grid import default_age_edges_gyr
from photoz.sed.provabgs import METALS_FILE, PUBLISHED, SFH_FILE, TIME_FILE, history, load_bases

EDGES = default_age_edges_gyr()
CENTRE = 0.5 * (EDGES[1:] + EDGES[:-1])


@pytest.fixture(scope="module")
def text():
    folder = asset_path("provabgs")
    return tuple(np.loadtxt(folder / name) for name in (TIME_FILE, SFH_FILE, METALS_FILE))


def _history(beta, gamma=(0.005, 0.01), burst=(0.0, 1.0), age=13.0, scaled=True):
    one = lambda *x: jnp.asarray(x, jnp.float32)  # noqa: E731
    fraction, log_z = history(
        load_bases(),
        one(*beta)[None],
        one(*gamma)[None],
        one(burst[0]),
        one(burst[1]),
        jnp.asarray(age),
        one(*EDGES),
        scaled=scaled,
    )
    return np.asarray(fraction[0], float), np.asarray(log_z[0], float)


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("age", [13.2, 5.0, 1.2])
def test_young_and_cumulative_mass_agree_with_quadrature(text, age, scaled):
    time, sfh, _ = text
    beta = np.array([0.4, 0.3, 0.2, 0.1])
    fraction, _ = _history(beta, age=age, scaled=scaled)
    lookback = np.linspace(0, age, 200_001)
    stretch = age / time[-1] if scaled else 1.0
    rate = beta @ np.stack([np.interp(lookback / stretch, time, row) for row in sfh])
    formed = np.concatenate([[0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(lookback))])
    exact = np.diff(np.interp(np.minimum(EDGES, age), lookback, formed / formed[-1]))
    young = EDGES[1:] <= 0.1
    np.testing.assert_allclose(fraction[young], exact[young], rtol=5e-3)
    assert fraction.sum() == pytest.approx(1.0, abs=1e-5)
    mean = np.trapezoid(lookback * rate, lookback) / np.trapezoid(rate, lookback)
    assert fraction @ CENTRE == pytest.approx(mean, rel=2e-3)


def test_a_burst_keeps_its_age_and_its_share():
    quiet, _ = _history((0, 0, 0, 1))
    burst, _ = _history((0, 0, 0, 1), burst=(0.3, 0.7))
    added = burst - 0.7 * quiet
    assert added.sum() == pytest.approx(0.3, abs=1e-5)
    assert added @ CENTRE / 0.3 == pytest.approx(0.7, rel=1e-4)
    assert (added > 1e-4).sum() <= 2


def test_a_burst_before_the_big_bang_does_not_happen():
    np.testing.assert_array_equal(
        _history((1, 0, 0, 0), burst=(0.5, 3.0), age=2.0)[0], _history((1, 0, 0, 0), age=2.0)[0]
    )


def test_metallicity_is_the_sum_of_its_bases(text):
    time, _, metals = text
    _, log_z = _history((1, 0, 0, 0), gamma=(0.004, 0.01), age=13.8)
    exact = 0.004 * np.interp(CENTRE, time, metals[0]) + 0.01 * np.interp(CENTRE, time, metals[1])
    seen = np.clip(exact, *provabgs.Z_RANGE)
    np.testing.assert_allclose(0.019 * 10**log_z, seen, rtol=5e-3, atol=2e-6)


def test_the_scaled_form_gives_old_histories_to_young_universes():
    """Cut in lookback time, the oldest basis has formed next to nothing at z = 4."""
    old_scaled, _ = _history((0, 0, 0.1, 0.9), age=1.5)
    oldest = EDGES[1:] > 0.75
    assert old_scaled[oldest].sum() > 0.8


def test_published_files_are_read_in_any_order(tmp_path, text):
    time, sfh, metals = text
    for name, values in zip(
        (TIME_FILE, SFH_FILE, METALS_FILE), (time[::-1], sfh[:, ::-1], metals[:, ::-1]), strict=True
    ):
        np.savetxt(tmp_path / PUBLISHED[name], values)
    for ours, theirs in zip(load_bases(), load_bases(tmp_path), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-7)


def test_bases_that_do_not_fit_are_refused(tmp_path, text):
    time, sfh, metals = text
    np.savetxt(tmp_path / TIME_FILE, time[:-1])
    np.savetxt(tmp_path / SFH_FILE, sfh)
    with pytest.raises(InputError, match=r"has no metallicity_basis\.txt"):
        load_bases(tmp_path)
    np.savetxt(tmp_path / METALS_FILE, metals)
    with pytest.raises(InputError, match="138 lookback times, star formation"):
        load_bases(tmp_path)


def test_bases_come_out_of_a_library_again():
    """A short factorisation of a small library: what the shipped files were made by."""
    lookback, sfh, metals = build(n=400, n_iteration=200, seed=5)
    assert (sfh >= 0).all()
    np.testing.assert_allclose(np.trapezoid(sfh, lookback, axis=1), 1.0, rtol=1e-6)
    assert np.allclose(metals.max(axis=1), 1.0)
    rate, _ = library(np.random.default_rng(6), 200, lookback)
    weight = np.stack([_nnls(sfh, row) for row in rate])
    misfit = np.linalg.norm(weight @ sfh - rate) / np.linalg.norm(rate)
    flat = np.linalg.norm(rate - rate.mean(axis=1, keepdims=True)) / np.linalg.norm(rate)
    assert misfit < 0.75 * flat


def _nnls(basis, row):
    from scipy.optimize import nnls

    return nnls(basis.T, row)[0]


def test_weights_of_the_prior_are_flat_on_the_simplex():
    """Flat: the mean is 1/4 and the variance 3/80 of each weight, and u^3 of each is uniform."""
    from scipy import stats

    from photoz.simulate.recipe import load_recipe
    from photoz.simulate.shapes import draw_shapes

    draw = draw_shapes(jax.random.key(3), load_recipe("provabgs-2023"), jnp.full(20_000, 10.0))
    beta = np.asarray(draw.beta, float)
    np.testing.assert_allclose(beta.sum(axis=1), 1.0, atol=1e-5)
    for weight in beta.T:
        assert stats.kstest(1 - (1 - weight) ** 3, "uniform").pvalue > 1e-3
    assert (
        stats.kstest(
            np.log(draw.gamma[:, 0]), "uniform", (np.log(4.5e-5), np.log(1.5e-2 / 4.5e-5))
        ).pvalue
        > 1e-3
    )
