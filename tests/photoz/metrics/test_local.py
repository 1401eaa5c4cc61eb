"""Local coverage: exact where posteriors are right, sharp where they are wrong only somewhere."""

import numpy as np
import pytest
from scipy import stats

from photoz.errors import InputError
from photoz.infer import Posterior
from photoz.metrics import attribute, kolmogorov_smirnov, local_coverage

ALPHAS = np.arange(1, 20) / 20


def test_the_statistic_is_the_mean_square_over_nearest_galaxies_by_sorting():
    rng = np.random.default_rng(0)
    pit, x = rng.random(60), np.column_stack([rng.normal(size=60), 1e4 * rng.normal(size=60)])
    found = local_coverage(pit, x, k=9, n_draw=1)
    low, high = np.quantile(x, [0.16, 0.84], axis=0)
    scaled = x / (0.5 * (high - low))
    square = []
    for row in range(60):
        near = np.argsort(((scaled - scaled[row]) ** 2).sum(axis=1))[:9]
        square.append([(np.mean(pit[near] <= a) - a) ** 2 for a in ALPHAS])
    assert found.statistic == pytest.approx(np.mean(square), rel=1e-12)
    np.testing.assert_allclose(found.discrepancy, np.mean(square, axis=1), rtol=1e-12)


def test_expected_is_the_binomial_variance_of_k_neighbours():
    rng = np.random.default_rng(1)
    found = local_coverage(rng.random(150), rng.random(150), k=20, n_draw=300)
    assert found.expected == pytest.approx(np.mean(ALPHAS * (1 - ALPHAS)) / 20, rel=0.1)


def test_p_values_of_calibrated_posteriors_are_uniform():
    """Redshifts drawn anew from skewed posteriors of many widths, judged on z_map and odds."""
    rng = np.random.default_rng(2)
    grid = np.linspace(0.0, 3.0, 151)
    peak, width = rng.uniform(0.3, 2.0, 70), rng.uniform(0.05, 0.3, 70)
    pdf = stats.gamma.pdf((grid - peak[:, None]) / width[:, None] + 1.0, 2.0)
    pdf /= (pdf @ np.gradient(grid))[:, None]
    exact = Posterior(np.arange(70), grid, {"flow": pdf.astype(np.float32)}, 3.0)
    truths = exact.sample("flow", 250, seed=3)
    where = np.column_stack([attribute(exact, "flow", name) for name in ("z_map", "odds")])
    p_values = []
    for seed, z_spec in enumerate(truths.T):
        judged = Posterior(exact.ids, grid, exact.pdf, 3.0, z_spec=z_spec)
        found = local_coverage(judged.pit("flow"), where, n_draw=39, seed=seed)
        p_values.append(found.p_value)
    # a p-value of 39 draws is one of 1/40, 2/40, ..., 1; spread over its step it is continuous
    spread = np.array(p_values) - rng.random(250) / 40
    assert kolmogorov_smirnov(spread).p_value > 0.01
    assert np.mean(np.array(p_values) <= 0.1) == pytest.approx(0.1, abs=0.07)


def two_halves(n, seed):
    """PIT of density 2u where x < 1/2 and 2(1 - u) elsewhere: uniform over both together."""
    rng = np.random.default_rng(seed)
    x, u = rng.random(n), np.sqrt(rng.random(n))
    return np.where(x < 0.5, u, 1.0 - u), x


def test_a_pit_that_is_uniform_over_all_but_not_in_each_half_fails():
    pit, x = two_halves(1500, 4)
    assert kolmogorov_smirnov(pit).p_value > 0.1
    found = local_coverage(pit, x, k=100, n_draw=99)
    assert found.p_value == pytest.approx(0.01)
    # fractions are alpha^2 and 1 - (1 - alpha)^2: both alpha (1 - alpha) from alpha
    want = np.sqrt(np.mean((ALPHAS * (1 - ALPHAS)) ** 2))
    assert found.rms_excess == pytest.approx(want, rel=0.12)  # the border mixes both halves
    low = x[found.row] < 0.4
    assert np.mean(found.fraction[low], axis=0) == pytest.approx(ALPHAS**2, abs=0.05)


def test_the_worst_places_are_told_and_lie_apart():
    pit, x = two_halves(1500, 4)
    worst = local_coverage(pit, x, names=["x"], k=100, n_draw=99, n_worst=4).worst
    assert len(worst) == 4
    assert all(place.p_value == pytest.approx(0.01) for place in worst)
    assert {place.said for place in worst if place.median["x"] < 0.4} <= {"too low"}
    assert {place.said for place in worst if place.median["x"] > 0.6} <= {"too high"}
    assert np.ptp([place.median["x"] for place in worst]) > 0.1


def test_one_bad_corner_is_found_where_it_is():
    """One tenth of the galaxies, at high x and high y, have posteriors three times too narrow."""
    rng = np.random.default_rng(5)
    x, y = rng.random((2, 2000))
    corner = (x > 0.7) & (y > 0.67)
    pit = stats.norm.cdf(rng.normal(size=2000) * np.where(corner, 3.0, 1.0))
    found = local_coverage(pit, np.column_stack([x, y]), names=["x", "y"], n_draw=99)
    assert found.p_value <= 0.02
    first = found.worst[0]
    assert first.median["x"] > 0.7
    assert first.median["y"] > 0.6
    assert first.said == "too narrow"
    bad = found.p_centre < 0.05
    assert bad[((x > 0.8) & (y > 0.8))[found.row]].all()
    far = (x[found.row] < 0.5) | (y[found.row] < 0.45)
    assert not bad[far].any()


def test_a_covariate_that_tells_nothing_hides_the_fault():
    pit, _ = two_halves(600, 6)
    other = np.random.default_rng(7).random(600)
    assert local_coverage(pit, other, n_draw=99).p_value > 0.05


def test_unknown_values_are_left_out_and_constant_covariates_do_not_count():
    pit, x = two_halves(200, 8)
    pit[:3], x[5:9] = np.nan, np.nan
    found = local_coverage(pit, x, n_draw=5)
    assert (found.n, found.n_left_out) == (193, 7)
    assert not np.isin(found.row, [0, 1, 2, 5, 6, 7, 8]).any()
    with_constant = np.column_stack([np.full(200, 3.0), x])
    assert local_coverage(pit, with_constant, n_draw=5).statistic == found.statistic


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"covariates": np.zeros(50)}, "same for all 50"),
        ({"covariates": np.zeros((40, 2))}, "expected \\(n,\\), \\(n, d\\)"),
        ({"k": 50}, "50 neighbours among 50"),
        ({"alphas": [0.5, 1.0]}, "alphas"),
        ({"n_draw": 0}, "0 draws"),
        ({"pit": np.full(50, np.nan)}, "0 galaxies"),
    ],
)
def test_what_cannot_be_tested_is_said(arguments, said):
    given = {"pit": np.linspace(0, 1, 50), "covariates": np.arange(50.0), **arguments}
    with pytest.raises(InputError, match=said):
        local_coverage(**given)
