"""Priors in redshift: densities of samples and tables on a grid, and where they come from."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from photoz.errors import CatalogueError, InputError
from photoz.infer.grid import cell_edges, default_grid
from photoz.infer.prior_source import read_prior
from photoz.infer.redshift_prior import FLOOR, WIDEST, RedshiftPrior, nearly_zero
from tests.photoz.train.toy import write_simulation

GRID = default_grid(6.0)
WIDTHS = np.diff(cell_edges(GRID))


def mean_in_cells(distribution, grid=GRID):
    edges = cell_edges(grid)
    return np.diff(distribution.cdf(edges)) / np.diff(edges)


def test_a_sample_gives_its_density_within_its_counting_error():
    distribution = stats.gamma(3.0, scale=0.4)
    z = distribution.rvs(400_000, random_state=1)
    prior = RedshiftPrior.from_sample(z, 6.0)
    assert prior.density @ np.diff(prior.edges) == pytest.approx(1.0)
    found, truth = prior.on_cells(GRID), mean_in_cells(distribution)
    assert found @ WIDTHS == pytest.approx(1.0)
    common = truth > 0.02
    ratio = found[common] / truth[common]
    assert np.std(ratio) < 0.04
    # a bin holds 400 redshifts or more where they are common: 5 % at one sigma
    assert np.abs(ratio - 1.0).max() < 0.2
    counts = np.histogram(z, prior.edges)[0]
    inner = slice(1, np.searchsorted(prior.edges, 3.0))
    assert counts[inner].min() >= 400


def test_bins_narrow_where_redshifts_are_many_and_widen_where_they_are_few():
    z = np.random.default_rng(2).normal(0.5, 0.05, 50_000)
    z = np.concatenate([z, np.random.default_rng(3).uniform(2.0, 4.0, 400)])
    prior = RedshiftPrior.from_sample(z, 6.0)
    widths = np.diff(prior.edges)
    middle = 0.5 * (prior.edges[1:] + prior.edges[:-1])
    assert widths[np.abs(middle - 0.5) < 0.05] == pytest.approx(0.01)
    assert widths[(middle > 2.3) & (middle < 3.7)] == pytest.approx(WIDEST)
    # nothing is smeared into the empty stretches, which have the floor and no less
    for empty in ((middle > 1.0) & (middle < 1.9), middle > 4.3):
        assert prior.density[empty] == pytest.approx(FLOOR / 6.0, rel=1e-3)
        assert widths[empty][:-1] == pytest.approx(0.05)
    on_grid = nearly_zero(prior.on_cells(GRID), GRID)
    assert on_grid[(GRID > 1.0) & (GRID < 1.9)].all()
    assert not on_grid[(GRID > 2.1) & (GRID < 3.9)].any()


def test_galaxies_that_share_a_redshift_count_once():
    few = np.random.default_rng(4).uniform(0.0, 2.0, 500)
    alone = RedshiftPrior.from_sample(few, 2.0)
    repeated = RedshiftPrior.from_sample(np.repeat(few, 50), 2.0)
    np.testing.assert_allclose(repeated.edges, alone.edges)
    np.testing.assert_allclose(repeated.density, alone.density)


def test_weights_are_applied():
    z = np.random.default_rng(5).uniform(0.0, 2.0, 200_000)
    prior = RedshiftPrior.from_sample(z, 2.0, weight=0.5 + z)
    grid = default_grid(2.0)
    np.testing.assert_allclose(prior.on_cells(grid), (0.5 + grid) / 3.0, rtol=0.15)
    spread = prior.on_cells(grid) / ((0.5 + grid) / 3.0)
    assert np.std(spread) < 0.06
    with pytest.raises(InputError, match="no redshift between 0 and 2"):
        RedshiftPrior.from_sample(z + 5.0, 2.0)


def test_cells_hold_the_exact_mean_of_straight_lines():
    """Cells wider than the table's steps: the mean over each, by scipy on a fine grid."""
    z, density = np.linspace(0.0, 6.0, 601), 1.0 + np.sin(np.linspace(0.0, 9.0, 601))
    coarse = np.linspace(0.0, 6.0, 25)
    found = RedshiftPrior.from_points(z, density).on_cells(coarse)
    edges = cell_edges(coarse)
    fine = [np.linspace(a, b, 2001) for a, b in pairwise(edges)]
    want = np.array([np.interp(x, z, density).mean() for x in fine])
    np.testing.assert_allclose(found, want / (want @ np.diff(edges)), rtol=1e-3)


def test_a_table_is_zero_outside_its_points():
    prior = RedshiftPrior.from_points(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0]))
    found = prior.on_cells(GRID)
    assert (found[(GRID < 0.99) | (GRID > 3.01)] == 0.0).all()
    assert found[GRID == 2.0] == pytest.approx(1.0, abs=0.15)
    with pytest.raises(InputError, match="no mass between z = 4"):
        prior.on_cells(np.linspace(4.0, 5.0, 11))


def test_it_comes_back_from_json():
    prior = RedshiftPrior.from_sample(np.random.default_rng(6).uniform(0, 2, 3000), 2.0, name="x")
    back = RedshiftPrior.from_dict(prior.to_dict())
    np.testing.assert_allclose(back.on_cells(GRID[:401]), prior.on_cells(GRID[:401]), rtol=1e-5)
    assert (back.name, back.floor) == ("x", FLOOR / 2.0)
    for record in ({"edges": [0, 1]}, {"edges": "ab", "density": [1]}):
        with pytest.raises(InputError, match="edges and density"):
            RedshiftPrior.from_dict(record)


def test_what_is_no_density_is_refused():
    points = np.array([0.0, 1.0, 2.0])
    for z, density, said in (
        (points[::-1], np.ones(3), "increasing"),
        (points, np.array([1.0, -1.0, 1.0]), "0 or more"),
        (points, np.array([1.0, np.nan, 1.0]), "finite"),
        (points, np.zeros(3), "zero everywhere"),
        (points[:1], np.ones(1), "two or more"),
    ):
        with pytest.raises(InputError, match=said):
            RedshiftPrior.from_points(z, density)


def test_every_source_gives_its_density(tmp_path):
    grid = default_grid(2.0)
    np.testing.assert_allclose(read_prior("flat", 2.0).on_cells(grid), 0.5)
    # the toy simulation: uniform redshifts whose weights make 0.5 + z
    simulation = write_simulation(tmp_path / "sim.parquet", n=60_000)
    found = read_prior(simulation, 2.0).on_cells(grid)
    assert np.std(found / ((0.5 + grid) / 3.0)) < 0.08
    z = np.random.default_rng(7).triangular(0.0, 1.0, 2.0, 50_000)
    pq.write_table(pa.table({"id": np.arange(len(z)), "z_spec": z}), tmp_path / "cat.parquet")
    inner = (grid > 0.1) & (grid < 1.9)
    triangle = np.interp(grid, [0.0, 1.0, 2.0], [0.0, 1.0, 0.0])
    found = read_prior(tmp_path / "cat.parquet", 2.0).on_cells(grid)
    assert np.std((found / np.maximum(triangle, 0.01))[inner]) < 0.1
    (tmp_path / "table.csv").write_text("z,density\n0,0\n1,5\n2,0\n")
    found = read_prior(tmp_path / "table.csv", 2.0).on_cells(grid)
    np.testing.assert_allclose(found[inner], triangle[inner], atol=0.01)


def test_sources_that_are_none_are_refused(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "text.csv").write_text("z,density\n0,x\n1,y\n")
    (tmp_path / "few.csv").write_text("id,z_spec\n1,0.5\n2,0.7\n")
    for name, said in (
        ("other.csv", "no column z_spec"),
        ("few.csv", "needs 20 at least"),
        ("nowhere.csv", "There is no prior"),
        (".", "is a folder"),
    ):
        with pytest.raises(InputError, match=said):
            read_prior(tmp_path / name, 2.0)
    with pytest.raises(CatalogueError, match="not of numbers"):
        read_prior(tmp_path / "text.csv", 2.0)
