"""Another prior by importance: Gaussian cases whose posteriors are known under both priors."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from photoz.errors import InputError
from photoz.infer import Posterior, default_grid, read_posterior, under_prior, write_posterior
from photoz.infer.grid import cell_edges
from photoz.infer.redshift_prior import RedshiftPrior
from photoz.infer.reprior import prior_of, reweight

Z_MAX = 6.0
GRID = default_grid(Z_MAX)
EDGES = cell_edges(GRID)
OLD, NEW = stats.norm(2.4, 0.5), stats.norm(2.9, 0.35)
N = 60


def gaussian_prior(distribution):
    points = np.linspace(0.0, Z_MAX, 2401)
    return RedshiftPrior.from_points(points, distribution.pdf(points))


def product(observed, sigma, prior):
    """Mean and width of a Gaussian likelihood times a Gaussian prior."""
    precision = sigma**-2 + prior.std() ** -2
    return (observed * sigma**-2 + prior.mean() * prior.std() ** -2) / precision, precision**-0.5


def cells_of(mean, sigma):
    cdf = stats.norm.cdf(EDGES, mean[:, None], sigma[:, None])
    return np.diff(cdf, axis=1) / np.diff(EDGES)


def posterior_under(prior, n=N):
    rng = np.random.default_rng(1)
    observed, sigma = rng.normal(2.6, 0.3, n), rng.uniform(0.05, 0.3, n)
    mean, width = product(observed, sigma, prior)
    pdf = cells_of(mean, width).astype(np.float32)
    record = {"prior_z": {"flow": gaussian_prior(prior).to_dict()}}
    z_spec = rng.normal(mean, width)
    return Posterior(np.arange(n), GRID, {"flow": pdf}, Z_MAX, z_spec=z_spec, provenance=record)


def test_it_is_the_posterior_that_the_new_prior_would_have_given():
    old = posterior_under(OLD)
    found, truth = under_prior(old, gaussian_prior(NEW)), posterior_under(NEW)
    # the linear cells of a Gaussian of ten cells' width and more
    np.testing.assert_allclose(found.pdf["flow"], truth.pdf["flow"], rtol=0.01, atol=0.01)
    np.testing.assert_allclose(found.mean("flow"), truth.mean("flow"), atol=2e-4)
    levels = [0.025, 0.16, 0.5, 0.84, 0.975]
    np.testing.assert_allclose(
        found.quantile("flow", levels), truth.quantile("flow", levels), atol=5e-4
    )
    assert np.abs(old.mean("flow") - truth.mean("flow")).max() > 0.1
    z = found.summaries["flow"]
    np.testing.assert_allclose(z["z_median"], truth.median("flow"), atol=5e-4)
    np.testing.assert_allclose(z["z_map"], truth.z_map("flow", "grid"), atol=0.006)
    np.testing.assert_allclose(z["odds"], truth.odds("flow"), atol=5e-3)
    of_truth = truth.cdf("flow", old.z_spec)
    np.testing.assert_allclose(z["pit"], of_truth, atol=1e-3)


def test_the_same_prior_changes_nothing():
    old = posterior_under(OLD)
    found = under_prior(old, prior_of(old, "flow"))
    np.testing.assert_allclose(found.pdf["flow"], old.pdf["flow"], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.summaries["flow"]["prior_ess"], 1.0, rtol=1e-9)


def test_there_and_back_again():
    old = posterior_under(OLD)
    there = under_prior(old, gaussian_prior(NEW))
    back = under_prior(there, prior_of(old, "flow"))
    np.testing.assert_allclose(back.pdf["flow"], old.pdf["flow"], rtol=1e-3, atol=1e-4)
    assert np.abs(there.pdf["flow"] - old.pdf["flow"]).max() > 1.0
    assert len(back.provenance["reprior"]) == 2


def test_the_share_is_the_effective_sample_size_of_importance_sampling():
    """Against draws from the density, each with its weight."""
    old = posterior_under(OLD, n=5)
    found = under_prior(old, gaussian_prior(NEW)).summaries["flow"]["prior_ess"]
    draws = old.sample("flow", 100_000, seed=3)
    weight = NEW.pdf(draws) / OLD.pdf(draws)
    kish = weight.sum(axis=1) ** 2 / (weight**2).sum(axis=1) / draws.shape[1]
    np.testing.assert_allclose(found, kish, rtol=0.01)
    assert found.max() < 1.0


def test_a_weight_on_one_nth_of_the_mass_has_a_share_of_one_nth():
    pdf = np.full((1, len(GRID)), 1.0 / Z_MAX)
    for n in (1, 4, 20):
        weight = np.where(Z_MAX / n > GRID, 3.0, 0.0)
        assert reweight(GRID, pdf, weight).share[0] == pytest.approx(1.0 / n, abs=5e-4)


def test_galaxies_below_the_least_share_are_unknown_and_counted():
    z = np.array([1.0, 2.0, 2.5, 4.0, 5.0])
    pdf = cells_of(z, np.full(5, 0.1)).astype(np.float32)
    pdf[1] = np.nan
    posterior = Posterior(np.arange(5), GRID, {"flow": pdf, "mdn": pdf.copy()}, Z_MAX)
    edges = np.linspace(0.0, Z_MAX, 601)
    new = RedshiftPrior(edges, np.where((edges[:-1] >= 2.495) & (edges[:-1] < 2.995), 1.0, 0.0))
    found = under_prior(posterior, new, old="flat", min_share=0.05)
    step = found.provenance["reprior"][0]
    # 1.0 and 5.0 have no mass there, 2.5 half of it; 4.0 lies ten widths away
    assert step["n_refused"] == 3
    for name in ("flow", "mdn"):
        known = [False, False, True, False, False]
        assert np.isfinite(found.pdf[name]).all(axis=1).tolist() == known
        for key in ("z_map", "z_median", "z_lo68", "z_hi68", "odds"):
            assert np.isfinite(found.summaries[name][key]).tolist() == known
        share = found.summaries[name]["prior_ess"]
        assert np.isnan(share[1])
        assert (share[[0, 3, 4]] < 0.05).all()
    with pytest.raises(InputError, match=r"All 4 galaxies are refused.*largest effective share"):
        under_prior(posterior, new, old="flat", min_share=0.99)


def test_one_estimator_below_the_share_refuses_the_galaxy_for_all():
    sure, broad = cells_of(np.array([5.0]), np.array([0.1])), np.full((1, len(GRID)), 1 / Z_MAX)
    pdf = {
        "mdn": np.concatenate([broad, broad]).astype(np.float32),
        "flow": np.concatenate([sure, broad]).astype(np.float32),
    }
    posterior = Posterior(np.arange(2), GRID, pdf, Z_MAX)
    new = RedshiftPrior(np.array([0.0, 2.0]), np.array([0.5]))
    found = under_prior(posterior, new, old="flat")
    assert np.isfinite(found.pdf["mdn"]).all(axis=1).tolist() == [False, True]
    assert found.summaries["mdn"]["prior_ess"][0] == pytest.approx(1 / 3, abs=0.01)
    assert found.summaries["flow"]["prior_ess"][0] == 0.0


def test_mass_where_nothing_was_learnt_is_said():
    old = RedshiftPrior(np.array([0.0, 3.0, 6.0]), np.array([1 / 3, 1e-6]), "old")
    pdf = cells_of(np.array([1.0, 2.0]), np.full(2, 0.2)).astype(np.float32)
    posterior = Posterior(np.arange(2), GRID, {"flow": pdf}, Z_MAX)
    found = under_prior(posterior, "flat", old=old)
    # the line between the middles of two bins comes down between 1.5 and 4.5
    assert found.provenance["reprior"][0]["uncovered"]["flow"] == pytest.approx(0.25, abs=0.01)
    same = under_prior(posterior, old, old=old).provenance["reprior"][0]
    assert same["uncovered"]["flow"] < 1e-3


def test_a_mixture_has_the_prior_of_its_models_where_they_agree():
    old = posterior_under(OLD)
    one, other = gaussian_prior(OLD).to_dict(), gaussian_prior(NEW).to_dict()
    pdf = {k: old.pdf["flow"] for k in ("mdn", "flow", "mixture")}
    agreed = replace(old, pdf=pdf, provenance={"prior_z": {"mdn": one, "flow": one}})
    assert under_prior(agreed, "flat").estimators == ("mdn", "flow", "mixture")
    apart = replace(old, pdf=pdf, provenance={"prior_z": {"mdn": one, "flow": other}})
    with pytest.raises(InputError, match="different redshifts"):
        under_prior(apart, "flat")
    with pytest.raises(InputError, match="add_prior MODELS"):
        under_prior(replace(old, provenance={}), "flat")
    with pytest.raises(InputError, match="expected 0 to 1"):
        under_prior(old, "flat", min_share=2.0)


def test_a_file_keeps_densities_shares_and_prior(tmp_path):
    found = under_prior(posterior_under(OLD), gaussian_prior(NEW))
    back = read_posterior(write_posterior(found, tmp_path / "p.parquet"))
    np.testing.assert_array_equal(back.pdf["flow"], found.pdf["flow"])
    np.testing.assert_allclose(
        back.summaries["flow"]["prior_ess"], found.summaries["flow"]["prior_ess"], rtol=1e-6
    )
    kept = prior_of(back, "flow").on_cells(GRID)
    np.testing.assert_allclose(kept, gaussian_prior(NEW).on_cells(GRID), rtol=1e-5, atol=1e-7)
    assert back.provenance["reprior"] == found.provenance["reprior"]
