"""The mixture of a posterior: the mean of the two beside it, in memory and in every file."""

import json
from dataclasses import replace

import jax
import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.optimize import brentq

from photoz.errors import InputError
from photoz.infer import (
    Posterior,
    default_grid,
    grid,
    read_posterior,
    with_mixture,
    write_posterior,
)
from photoz.infer.densities import MEMBERS, all_cells
from photoz.infer.modes import grid_map
from photoz.models import FlowParams, MDNParams, spline

Z_MAX, N, BLANK = 2.0, 24, 7
GRID = default_grid(Z_MAX)
EDGES = grid.cell_edges(GRID)
LEVELS = {"z_lo68": 0.16, "z_median": 0.5, "z_hi68": 0.84}


@pytest.fixture(scope="module")
def two() -> Posterior:
    """What `predict` gives of two models, one galaxy without photometry."""
    r = np.random.default_rng(3)
    weight = np.log(r.dirichlet(np.ones(3), N))
    mean, width = r.uniform(0.0, 2.0, (N, 3)), r.uniform(0.005, 0.3, (N, 3))
    raw = jax.random.normal(jax.random.key(5), (N, 2, 25))
    conditional = {
        "mdn": MDNParams(*(np.asarray(a, np.float32) for a in (weight, mean, np.log(width)))),
        "flow": FlowParams(*map(np.array, jax.jit(spline.knots, static_argnums=1)(raw, 8))),
    }
    for params in conditional.values():
        for array in params:
            array[BLANK] = np.nan
    z = r.uniform(0.1, 1.9, N)
    z[3] = np.nan
    bare = Posterior(np.arange(N), GRID, all_cells(conditional, GRID, Z_MAX), Z_MAX, conditional, z)
    for name in MEMBERS:
        summary = {k: bare.quantile(name, [q])[:, 0] for k, q in LEVELS.items()}
        summary |= {"z_map": grid_map(GRID, bare.pdf[name]), "pit": bare.pit(name)}
        bare.summaries[name] = {k: v.astype(np.float32) for k, v in summary.items()}
    return bare


@pytest.fixture(scope="module")
def three(two) -> Posterior:
    return with_mixture(two)


def known(values: np.ndarray) -> np.ndarray:
    return np.delete(values, BLANK, axis=0)


def test_its_density_is_the_mean_of_the_two_and_its_mass_is_one(three):
    mean = 0.5 * (three.pdf["mdn"].astype(float) + three.pdf["flow"])
    np.testing.assert_allclose(three.pdf["mixture"], mean, rtol=1e-6)
    np.testing.assert_allclose(known(three.pdf["mixture"] @ np.diff(EDGES)), 1.0, atol=1e-5)


def test_summaries_are_those_of_the_pooled_cdf(two, three):
    found = three.summaries["mixture"]
    levels = list(LEVELS.values())
    for row in (0, 1, 12, 23):
        one = two.take(np.array([row]))

        def pooled(z, one=one):
            return sum(0.5 * float(one.cdf(name, np.array([z]))[0]) for name in MEMBERS)

        for name, level in LEVELS.items():
            want = brentq(lambda z, q=level: pooled(z) - q, 0.0, Z_MAX, xtol=1e-6)
            assert pooled(found[name][row]) == pytest.approx(pooled(want), abs=3e-6)
            assert found[name][row] == pytest.approx(want, abs=2e-4)
        peak = float(found["z_map"][row])
        half = 0.06 * (1 + peak)
        inside = pooled(peak + half) - pooled(peak - half)
        assert found["odds"][row] == pytest.approx(inside, abs=2e-6)
    np.testing.assert_array_equal(
        known(found["z_map"]), known(GRID[np.argmax(three.pdf["mixture"], 1)].astype(np.float32))
    )
    np.testing.assert_allclose(found["pit"], three.pit("mixture"), atol=1e-6)
    quantiles = three.quantile("mixture", levels)
    np.testing.assert_allclose(quantiles[:, 1], found["z_median"], atol=1e-6)


def test_every_question_is_answered_from_the_parameters(three):
    assert three.is_exact("mixture")
    assert three.conditional["mixture"]._fields == ("mdn",)  # no parameter twice
    z = np.full(N, 0.7)
    for method in (three.cdf, lambda e, at: np.exp(three.log_prob(e, at))):
        mean = 0.5 * (method("mdn", z) + method("flow", z))
        np.testing.assert_allclose(known(method("mixture", z)), known(mean), rtol=1e-5, atol=1e-7)
    draws = three.sample("mixture", 4000)
    scatter = draws.std(axis=1) / np.sqrt(4000)
    assert (known(np.abs(draws.mean(axis=1) - three.mean("mixture")) - 5 * scatter) < 1e-3).all()
    height = three.log_prob("mixture", three.z_map("mixture", "samples"))
    lowest = three.log_prob("mixture", three.z_map("mixture", "grid").astype(float)) - 0.5
    assert (known(height) > known(lowest)).all()
    with pytest.raises(InputError, match="no MAP method 'components'"):
        three.z_map("mixture", "components")


def test_a_galaxy_without_photometry_is_unknown(three):
    assert np.isnan(three.pdf["mixture"][BLANK]).all()
    assert all(np.isnan(v[BLANK]) for v in three.summaries["mixture"].values())
    assert np.isnan(three.z_map("mixture", "samples")[BLANK])


def test_another_weight_and_what_cannot_be_pooled(two, three):
    mostly = with_mixture(two, 0.9)
    want = 0.9 * two.pdf["mdn"] + 0.1 * two.pdf["flow"]
    np.testing.assert_allclose(mostly.pdf["mixture"], want, rtol=1e-5, atol=1e-7)
    z = np.full(N, 0.7)
    want = 0.9 * two.cdf("mdn", z) + 0.1 * two.cdf("flow", z)
    np.testing.assert_allclose(mostly.cdf("mixture", z), want, atol=1e-6)
    assert mostly.provenance["mixture_mdn_weight"] == 0.9
    assert with_mixture(two.alone("flow")).estimators == ("flow",)
    for weight in (-0.1, 1.1, np.nan):
        with pytest.raises(InputError, match="expected 0 to 1"):
            with_mixture(two, weight)
    alone = three.alone("mixture")
    assert (alone.estimators, alone.is_exact("mixture")) == (("mixture",), True)
    np.testing.assert_array_equal(alone.pit("mixture"), three.pit("mixture"))


@pytest.mark.parametrize("form", ["grid", "quantiles", "components"])
@pytest.mark.parametrize("only", [False, True])
def test_every_form_of_file_comes_back(form, only, three, tmp_path):
    three = three.alone("mixture") if only else three
    path = write_posterior(three, tmp_path / "p.parquet", form)
    back = read_posterior(path)
    assert back.estimators == three.estimators
    assert back.is_exact("mixture")
    np.testing.assert_allclose(back.pdf["mixture"], three.pdf["mixture"], rtol=1e-5, atol=2e-4)
    for method in ("z_map", "median", "pit", "odds"):
        np.testing.assert_allclose(
            getattr(back, method)("mixture"), getattr(three, method)("mixture"), atol=1e-6
        )
    table = pq.read_table(path)
    assert table["components_mixture"].combine_chunks().flatten().to_numpy().shape == (N,)
    columns = {"z_map_mixture", "z_median_mixture", "z_lo68_mixture", "z_hi68_mixture"}
    assert columns | {"odds_mixture", "pit_mixture"} <= set(table.column_names)
    assert ("pdf_mixture" in table.column_names) is (form == "grid")


@pytest.mark.parametrize("form", ["grid", "quantiles", "components"])
def test_a_file_from_before_there_was_a_mixture_is_read_as_it_is(form, two, three, tmp_path):
    path = write_posterior(two, tmp_path / "old.parquet", form)
    header = json.loads(pq.read_schema(path).metadata[b"photoz_posterior"])
    assert (header["estimators"], sorted(header["shapes"])) == (["mdn", "flow"], ["flow", "mdn"])
    back = read_posterior(path)
    assert back.estimators == ("mdn", "flow")
    np.testing.assert_allclose(back.pit("flow"), two.pit("flow"), atol=1e-6)
    with pytest.raises(InputError, match="no estimator 'mixture'"):
        back.pit("mixture")
    # and the mixture can still be had
    np.testing.assert_allclose(
        with_mixture(back).pdf["mixture"], three.pdf["mixture"], rtol=1e-4, atol=2e-4
    )


def test_cells_alone_serve_where_the_parameters_are_gone(three, tmp_path):
    kept = replace(three, conditional={})
    back = read_posterior(write_posterior(kept, tmp_path / "p.parquet", "grid"))
    assert not back.is_exact("mixture")
    np.testing.assert_allclose(known(back.pit("mixture")), known(three.pit("mixture")), atol=0.03)
    np.testing.assert_allclose(
        known(back.median("mixture")), known(three.median("mixture")), atol=0.005
    )


def test_qp_finds_the_same_pool(three):
    qp = pytest.importorskip("qp", reason="qp-prob is not installed")
    ensembles = [
        qp.Ensemble(qp.hist, data={"bins": EDGES, "pdfs": known(three.pdf[name])})
        for name in MEMBERS
    ]
    z = np.linspace(0.05, 1.95, 39)
    theirs = np.mean([ensemble.cdf(z) for ensemble in ensembles], axis=0)
    some = three.take(np.delete(np.arange(N), BLANK))
    ours = np.stack([some.cdf("mixture", np.full(N - 1, at)) for at in z], axis=1)
    # a histogram is linear within a cell, the pool is not
    assert np.median(np.abs(ours - theirs)) < 1e-4
    assert np.abs(ours - theirs).max() < 0.05
