"""Scores and PIT tests against analytic values, scipy, and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from photoz import metrics
from photoz.infer import Posterior, default_grid
from photoz.infer.grid import cell_edges
from photoz.metrics import scores

GRID = default_grid(6.0)
EDGES = cell_edges(GRID)
rng = np.random.default_rng(11)


def gaussian_cells(mean: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    cdf = stats.norm.cdf((EDGES - mean[:, None]) / sigma[:, None])
    return np.diff(cdf, axis=1) / np.diff(EDGES)


def gaussian_crps(mean, sigma, z):
    """Gneiting & Raftery 2007, equation 21."""
    t = (z - mean) / sigma
    inner = t * (2 * stats.norm.cdf(t) - 1) + 2 * stats.norm.pdf(t) - 1 / np.sqrt(np.pi)
    return sigma * inner


def test_crps_of_gaussians_is_the_analytic_one():
    mean, sigma = rng.uniform(2, 4, 200), rng.uniform(0.02, 0.3, 200)
    z = mean + sigma * rng.normal(size=200) * 1.5
    got = metrics.crps(GRID, gaussian_cells(mean, sigma), z)
    np.testing.assert_allclose(got, gaussian_crps(mean, sigma, z), atol=6e-5)


def test_crps_is_the_integral_by_quadrature_of_a_density_of_cells():
    pdf = rng.gamma(0.3, size=(3, 13)) * (rng.random((3, 13)) > 0.3) + 1e-3
    grid = np.linspace(0.0, 3.0, 13)
    edges = cell_edges(grid)
    pdf /= (pdf @ np.diff(edges))[:, None]
    z = np.array([0.7, 1.511, 2.98])
    for row in range(3):
        cdf = np.concatenate([[0.0], np.cumsum(pdf[row] * np.diff(edges))])
        below, _ = integrate.quad(
            lambda x, c=cdf: np.interp(x, edges, c) ** 2, 0, z[row], points=edges, limit=200
        )
        above, _ = integrate.quad(
            lambda x, c=cdf: (1 - np.interp(x, edges, c)) ** 2, z[row], 3, points=edges, limit=200
        )
        got = metrics.crps(grid, pdf[row : row + 1], z[row : row + 1])[0]
        assert got == pytest.approx(below + above, abs=1e-7)


def test_crps_of_a_point_mass_is_the_distance_also_beyond_the_grid():
    pdf = np.zeros((3, len(GRID)))
    cell = 400
    pdf[:, cell] = 1.0 / np.diff(EDGES)[cell]
    z = np.array([1.0, 3.5, 7.5])
    np.testing.assert_allclose(metrics.crps(GRID, pdf, z), np.abs(z - GRID[cell]), atol=0.002)


def test_the_truth_minimises_the_expected_crps_log_score_and_cde_loss():
    """All three are proper: of Gaussians of one centre, the true width scores best."""
    z = stats.norm.rvs(3.0, 0.1, size=2000, random_state=5)
    loss = {"crps": [], "log": [], "cde": []}
    for width in (0.07, 0.1, 0.14):
        pdf = np.repeat(gaussian_cells(np.array([3.0]), np.array([width])), len(z), axis=0)
        loss["crps"].append(metrics.crps(GRID, pdf, z).mean())
        loss["log"].append(-metrics.log_scores(GRID, pdf, z).mean())
        loss["cde"].append(metrics.cde_losses(GRID, pdf, z).mean())
    assert {k: int(np.argmin(v)) for k, v in loss.items()} == dict.fromkeys(loss, 1)


def test_cde_loss_of_the_truth_is_minus_the_integral_of_its_square():
    sigma = 0.1
    z = stats.norm.rvs(3.0, sigma, size=20000, random_state=1)
    pdf = np.repeat(gaussian_cells(np.array([3.0]), np.array([sigma])), len(z), axis=0)
    want = -1.0 / (2.0 * sigma * np.sqrt(np.pi))  # integral of a Gaussian's square
    got = metrics.cde_losses(GRID, pdf, z)
    assert got.mean() == pytest.approx(want, abs=4 * got.std() / np.sqrt(len(z)))


def test_log_score_is_the_log_density_with_a_floor():
    mean, sigma = np.full(4, 3.0), np.full(4, 0.1)
    z = np.array([3.0, 3.1, 5.0, 9.0])
    got = metrics.log_scores(GRID, gaussian_cells(mean, sigma), z)
    np.testing.assert_allclose(got[:2], stats.norm.logpdf(z[:2], 3.0, 0.1), atol=1e-3)
    np.testing.assert_allclose(got[2:], np.log(0.001))


def test_hpd_level_of_a_gaussian_is_its_central_mass():
    z = np.array([3.0, 3.1, 2.8, 3.25])
    pdf = gaussian_cells(np.full(4, 3.0), np.full(4, 0.1))
    want = 2 * stats.norm.cdf(np.abs(z - 3.0) / 0.1) - 1
    np.testing.assert_allclose(metrics.hpd_levels(GRID, pdf, z), want, atol=0.025)


def test_coverage_counts_the_central_interval():
    pit = np.array([0.0, 0.159, 0.161, 0.5, 0.839, 0.841, 1.0])
    assert metrics.central_coverage(pit, 0.68) == pytest.approx(3 / 7)
    uniform = (np.arange(1000) + 0.5) / 1000
    assert metrics.central_coverage(uniform, 0.95) == pytest.approx(0.95)


def test_point_metrics_of_known_scatter():
    dz = np.array([0.0, 0.01, -0.01, 0.02, 0.3])
    assert metrics.sigma_nmad(dz) == pytest.approx(1.4826 * 0.01)
    assert metrics.outlier_fraction(dz) == pytest.approx(0.2)
    assert metrics.bias(dz) == pytest.approx(0.01)
    normal = stats.norm.rvs(0.0, 0.02, size=200_000, random_state=2)
    assert metrics.sigma_nmad(normal) == pytest.approx(0.02, rel=0.01)
    np.testing.assert_allclose(metrics.normalised_dz(np.array([1.2]), np.array([1.0])), 0.1)


def test_anderson_darling_is_scipys():
    for shape in (1.0, 1.3, 3.0):
        u = stats.beta.rvs(shape, 1.0, size=80, random_state=3)
        got = metrics.anderson_darling(u)
        # scipy's statistic of a fully specified distribution: exponential of -ln(1 - u)
        i, s = np.arange(1, 81), np.sort(u)
        want = -80 - np.sum((2 * i - 1) / 80 * (np.log(s) + np.log(1 - s[::-1])))
        assert got.statistic == pytest.approx(want, rel=1e-9)
        p = stats.goodness_of_fit(
            stats.uniform,
            u,
            known_params={"loc": 0, "scale": 1},
            statistic="ad",
            n_mc_samples=400,
            rng=np.random.default_rng(1),
        )
        assert got.statistic == pytest.approx(float(p.statistic), rel=1e-6)
        assert got.p_value == pytest.approx(p.pvalue, abs=0.08)


@pytest.mark.parametrize(
    ("statistic", "p"), [(1.9330, 0.10), (2.4924, 0.05), (3.0775, 0.025), (3.8781, 0.01)]
)
def test_anderson_darling_p_values_are_the_tabulated_ones(statistic, p):
    from photoz.metrics.pit import _anderson_darling_cdf

    assert 1 - _anderson_darling_cdf(statistic) == pytest.approx(p, abs=2e-4)


def test_a_redshift_outside_its_posterior_leaves_the_statistic_finite():
    result = metrics.anderson_darling(np.array([0.0, 0.3, 0.6, 1.0]))
    assert np.isfinite(result.statistic)


def test_ks_and_cvm_are_scipys_and_the_quick_distance_agrees():
    u = rng.random(70) ** 1.2
    assert metrics.kolmogorov_smirnov(u).statistic == pytest.approx(metrics.ks_distance(u))
    i, n = np.arange(1, 71), 70
    want = 1 / (12 * n) + np.sum((np.sort(u) - (2 * i - 1) / (2 * n)) ** 2)
    assert metrics.cramer_von_mises(u).statistic == pytest.approx(want)


def test_the_band_holds_whole_uniform_curves_as_often_as_it_says():
    draws = np.random.default_rng(8).random((400, 120))
    inside = [metrics.ecdf_band(u, 0.9).inside for u in draws]
    error = np.sqrt(0.9 * 0.1 / 400)
    # counts are whole numbers, so that the band is a little wider than asked
    assert -4 * error < np.mean(inside) - 0.9 < 0.05 + 4 * error


def test_the_band_shows_a_posterior_that_is_too_narrow():
    narrow = np.random.default_rng(9).beta(0.6, 0.6, 500)
    band = metrics.ecdf_band(narrow)
    assert not band.inside
    assert ((band.difference > band.upper) | (band.difference < band.lower)).any()


def test_bootstrap_error_of_a_mean_is_the_standard_error():
    x = stats.norm.rvs(size=400, random_state=4)
    errors = metrics.bootstrap_errors(lambda i: {"mean": x[i].mean()}, 400, 2000)
    assert errors["mean"] == pytest.approx(x.std() / 20, rel=0.06)


def test_paired_difference_is_sharper_than_two_errors():
    common = stats.norm.rvs(size=300, random_state=6)
    second = common + 0.01 * stats.norm.rvs(size=300, random_state=7)
    difference, error = metrics.paired_difference(common + 0.005, second)
    assert difference == pytest.approx((common + 0.005 - second).mean())
    assert error == pytest.approx(0.01 / np.sqrt(300), rel=0.15)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), z=st.floats(-0.5, 7.0))
def test_scores_of_any_density_keep_their_bounds(seed, z):
    r = np.random.default_rng(seed)
    pdf = r.gamma(0.1, size=(1, len(GRID))) + 1e-9
    pdf /= (pdf @ np.diff(EDGES))[:, None]
    at = np.array([z])
    crps = metrics.crps(GRID, pdf, at)[0]
    mean = pdf[0] @ (np.diff(EDGES) * 0.5 * (EDGES[1:] + EDGES[:-1]))
    absolute = pdf[0] @ (np.diff(EDGES) * np.abs(0.5 * (EDGES[1:] + EDGES[:-1]) - z))
    assert -1e-12 <= crps <= absolute + 0.003  # E|X - z| - E|X - X'| / 2
    assert crps >= abs(mean - z) - absolute - 0.003
    assert 0.0 <= metrics.hpd_levels(GRID, pdf, at)[0] <= 1.0 + 1e-9
    assert scores.log_scores(GRID, pdf, at)[0] >= np.log(0.001) - 1e-12


def ideal(n: int = 3000) -> Posterior:
    r = np.random.default_rng(21)
    sigma = r.uniform(0.02, 0.2, n)
    z = r.uniform(1.5, 4.5, n)
    mean = z + sigma * r.normal(size=n)
    pdf = {"mdn": gaussian_cells(mean, sigma).astype(np.float32)}
    return Posterior(np.arange(n), GRID, pdf, 6.0, z_spec=z)


def test_a_perfect_posterior_passes_every_test_and_its_row_says_so():
    (row,) = metrics.evaluate(ideal(), n_bootstrap=20)
    assert row["n"] == 3000
    assert row["pit_ks_p"] > 0.01
    assert row["pit_ad_p"] > 0.01
    for key, level in (("68", 0.68), ("95", 0.95)):
        error = np.sqrt(level * (1 - level) / 3000)
        assert row[f"coverage_{key}"] == pytest.approx(level, abs=4 * error)
        assert row[f"coverage_hpd_{key}"] == pytest.approx(level, abs=4 * error + 0.01)
        assert row[f"coverage_{key}_err"] == pytest.approx(error, rel=0.6)


def test_trainz_has_a_perfect_pit_and_a_poor_score():
    good = ideal(1000)
    prior = metrics.trainz(good, good.require_z_spec())
    (theirs,), (ours,) = (metrics.evaluate(p, n_bootstrap=0) for p in (prior, good))
    assert theirs["estimator"] == "trainz"
    assert theirs["pit_ks"] < 0.05
    assert theirs["crps"] > 5 * ours["crps"]
    assert theirs["log_score"] < ours["log_score"] - 1.0


def test_the_gaussian_baseline_has_one_width_in_1pz():
    good = ideal(1000)
    base = metrics.gaussian(good, "mdn")
    dz = metrics.normalised_dz(good.z_map("mdn"), good.require_z_spec())
    sigma = metrics.sigma_nmad(dz) * (1 + good.z_map("mdn"))
    low, high = base.interval("gaussian", 0.6827)
    np.testing.assert_allclose(0.5 * (high - low), sigma, rtol=0.02)


def test_subsets_unknown_redshifts_and_few_galaxies():
    from photoz.errors import InputError

    good = ideal(60)
    z = good.require_z_spec().copy()
    z[:10] = np.nan
    part = Posterior(good.ids, GRID, good.pdf, 6.0, z_spec=z)
    rows = metrics.evaluate(part, {"even": np.arange(0, 60, 2)}, n_bootstrap=0)
    assert [(r["subset"], r["n"]) for r in rows] == [("all", 50), ("even", 25)]
    assert rows[0]["n_without_posterior_or_z_spec"] == 10
    with pytest.raises(InputError, match="at least 5"):
        metrics.evaluate(part, {"few": np.arange(12)}, n_bootstrap=0)
    with pytest.raises(InputError, match="no spectroscopic redshift"):
        metrics.evaluate(Posterior(good.ids, GRID, good.pdf, 6.0))
