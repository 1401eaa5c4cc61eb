"""Posteriors: grid mass, MAP methods, exact PIT, quantiles, files of every form."""

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photoz.errors import InputError
from photoz.infer import Posterior, default_grid, grid, read_posterior, write_posterior
from photoz.infer.densities import cells
from photoz.metrics import crps
from photoz.models import FlowParams, MDNParams, SplineDensity, TruncatedMixture, spline

Z_MAX = 6.0
GRID = default_grid(Z_MAX)
EDGES = grid.cell_edges(GRID)
N = 40
rng = np.random.default_rng(2)


def mixtures(n: int = N) -> MDNParams:
    r = np.random.default_rng(3)
    w = r.dirichlet(np.ones(3), n)
    mean, width = r.uniform(0.0, 5.5, (n, 3)), r.uniform(0.005, 0.3, (n, 3))
    return MDNParams(*(np.asarray(a, np.float32) for a in (np.log(w), mean, np.log(width))))


def flows(n: int = N) -> FlowParams:
    raw = jax.random.normal(jax.random.key(5), (n, 2, 25))
    return FlowParams(*jax.device_get(jax.jit(spline.knots, static_argnums=1)(raw, 8)))


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    conditional = {"mdn": mixtures(), "flow": flows()}
    pdf = {k: cells(k, c, GRID, Z_MAX) for k, c in conditional.items()}
    z = np.random.default_rng(4).uniform(0.1, 5.0, N)
    z[3] = np.nan
    ids = np.arange(100, 100 + N)
    summaries = {k: {"z_map": grid_map(p)} for k, p in pdf.items()}
    return Posterior(ids, GRID, pdf, Z_MAX, conditional, z, summaries, {"kind": "test"})


def grid_map(pdf: np.ndarray) -> np.ndarray:
    return GRID[np.argmax(pdf, axis=1)].astype(np.float32)


def test_cells_hold_all_the_mass_and_are_cdf_differences(posterior):
    for name, density in (("mdn", TruncatedMixture(Z_MAX)), ("flow", SplineDensity(Z_MAX))):
        mass = posterior.pdf[name] * np.diff(EDGES)
        np.testing.assert_allclose(mass.sum(axis=1), 1.0, atol=1e-5)
        cdf = jax.jit(density.cdf)(posterior.conditional[name], jnp.asarray(EDGES)[None])
        difference = np.diff(cdf, axis=1)
        # a step back of float32 roundings counts as no mass
        np.testing.assert_allclose(mass, difference, rtol=1e-6, atol=5e-7)


def test_the_grid_has_its_step_and_its_ends():
    assert (GRID[0], GRID[-1], len(GRID)) == (0.0, 6.0, 1201)
    assert (EDGES[0], EDGES[-1], len(EDGES)) == (0.0, 6.0, 1202)
    np.testing.assert_allclose(np.diff(EDGES)[1:-1], 0.005)
    for bad in ([0.0, 1.0], [0.0, 2.0, 1.0], [0.0, np.nan, 1.0]):
        with pytest.raises(InputError, match="increasing"):
            grid.cell_edges(np.array(bad))


def test_cdf_and_quantiles_of_cells_are_linear_within_a_cell():
    z_grid = np.array([0.0, 1.0, 2.0])  # cells 0-0.5, 0.5-1.5, 1.5-2
    pdf = np.array([[0.4, 0.6, 0.4]])  # masses 0.2, 0.6, 0.2
    at = np.array([0.25, 0.5, 1.0, 1.5, 2.0, 3.0, -1.0])
    want = [0.1, 0.2, 0.5, 0.8, 1.0, 1.0, 0.0]
    got = [grid.cdf_from_cells(z_grid, pdf, np.array([z]))[0] for z in at]
    np.testing.assert_allclose(got, want)
    np.testing.assert_allclose(
        grid.quantiles_from_cells(z_grid, pdf, np.array([0.1, 0.5, 0.9])), [[0.25, 1.0, 1.75]]
    )


def test_trapezium_pit_of_a_straight_density_is_exact_and_differs_from_the_cells():
    z_grid = np.array([0.0, 1.0, 2.0])
    pdf = np.array([[0.0, 1.0, 0.0]])
    got = grid.trapezium_cdf(z_grid, pdf, np.array([0.5]))
    np.testing.assert_allclose(got, 0.125)
    cells_cdf = grid.cdf_from_cells(z_grid, pdf, np.array([0.75]))
    trapezium = grid.trapezium_cdf(z_grid, pdf, np.array([0.75]))
    np.testing.assert_allclose([cells_cdf[0], trapezium[0]], [0.25, 0.28125])


def test_map_methods_differ_where_they_must():
    """Two components merge into a peak at neither mean; a narrow spike is no grid point."""
    w = np.array([[0.5, 0.5, 1e-9], [0.55, 0.45, 1e-9]])
    mean = np.array([[1.0, 1.09, 5.0], [2.0, 3.0017, 5.0]])
    width = np.array([[0.06, 0.06, 0.5], [0.4, 0.0009, 0.5]])
    params = MDNParams(*(np.asarray(a, np.float32) for a in (np.log(w), mean, np.log(width))))
    coarse = np.linspace(0.0, Z_MAX, 121)
    pdf = {"mdn": cells("mdn", params, coarse, Z_MAX)}
    p = Posterior(np.arange(2), coarse, pdf, Z_MAX, {"mdn": params})
    found = {m: p.z_map("mdn", m) for m in ("grid", "components", "components_refined", "samples")}
    # the two halves merge: the mean of either is not the peak, which lies between
    assert found["components"][0] in (np.float32(1.0), np.float32(1.09))
    assert found["components_refined"][0] == pytest.approx(1.045, abs=1e-3)
    # the spike: its mean is the mode, the grid knows it to half a cell, samples to its width
    assert found["components"][1] == pytest.approx(3.0017, abs=1e-5)
    assert found["components_refined"][1] == pytest.approx(3.0017, abs=1e-4)
    assert found["grid"][1] == pytest.approx(3.0)
    assert 0 < abs(found["samples"][1] - 3.0017) < 5e-4
    density = TruncatedMixture(Z_MAX)
    height = {m: np.asarray(density.log_prob(params, jnp.asarray(z))) for m, z in found.items()}
    assert (height["components_refined"] >= height["components"] - 1e-4).all()
    assert height["components_refined"][0] > height["components"][0] + 0.1


def test_map_methods_agree_on_one_broad_gaussian():
    params = MDNParams(*(np.full((5, 1), v, np.float32) for v in (0.0, 2.0, np.log(0.1))))
    pdf = {"mdn": cells("mdn", params, GRID, Z_MAX)}
    p = Posterior(np.arange(5), GRID, pdf, Z_MAX, {"mdn": params})
    for method, tolerance in (
        ("grid", 0.0051),
        ("components", 1e-6),
        ("components_refined", 1e-4),
        ("samples", 0.01),
    ):
        np.testing.assert_allclose(p.z_map("mdn", method), 2.0, atol=tolerance)
    with pytest.raises(InputError, match="no MAP method"):
        p.z_map("mdn", "wishful")


def test_a_mean_outside_the_support_gives_a_map_at_its_end():
    params = MDNParams(*(np.full((1, 1), v, np.float32) for v in (0.0, -0.1, np.log(0.1))))
    pdf = {"mdn": cells("mdn", params, GRID, Z_MAX)}
    p = Posterior(np.arange(1), GRID, pdf, Z_MAX, {"mdn": params})
    for method in ("grid", "components", "components_refined"):
        assert p.z_map("mdn", method)[0] == pytest.approx(0.0, abs=1e-6)


def test_exact_pit_is_the_models_cdf_and_the_trapezium_one_is_near(posterior):
    for name, density in (("mdn", TruncatedMixture(Z_MAX)), ("flow", SplineDensity(Z_MAX))):
        z = posterior.z_spec
        exact = posterior.pit(name)
        want = density.cdf(posterior.conditional[name], jnp.asarray(np.nan_to_num(z), jnp.float32))
        assert np.isnan(exact[3])
        known = np.isfinite(z)
        np.testing.assert_allclose(exact[known], np.asarray(want)[known], atol=1e-6)
        difference = np.abs(posterior.pit(name, "trapezium") - exact)[known]
        assert 0 < difference.max() < 0.02


def test_quantiles_intervals_samples_and_moments_agree_with_the_cells(posterior):
    stored = Posterior(posterior.ids, GRID, posterior.pdf, Z_MAX, z_spec=posterior.z_spec)
    for name in ("mdn", "flow"):
        q = [0.05, 0.16, 0.5, 0.84, 0.95]
        exact, linear = posterior.quantile(name, q), stored.quantile(name, q)
        assert np.median(np.abs(exact - linear)) < 1e-3
        low, high = posterior.interval(name, 0.68)
        np.testing.assert_allclose(low, exact[:, 1], atol=1e-6)
        np.testing.assert_allclose(high, exact[:, 3], atol=1e-6)
        np.testing.assert_allclose(posterior.median(name), exact[:, 2], atol=1e-6)
        mean = posterior.mean(name)
        for p in (posterior, stored):
            draws = p.sample(name, 4000, seed=1)
            scatter = draws.std(axis=1) / np.sqrt(4000)
            assert (np.abs(draws.mean(axis=1) - mean) < 5 * scatter + 1e-3).all()
        peak = posterior.z_map(name)
        inside = np.abs(draws - peak[:, None]) < 0.06 * (1 + peak[:, None])
        np.testing.assert_allclose(posterior.odds(name), inside.mean(axis=1), atol=0.05)


def test_taking_rows_takes_everything(posterior):
    rows = np.array([5, 2, 30])
    part = posterior.take(rows)
    assert part.ids.tolist() == [105, 102, 130]
    np.testing.assert_array_equal(part.pit("mdn"), posterior.pit("mdn")[rows])
    np.testing.assert_array_equal(part.z_map("flow"), posterior.z_map("flow")[rows])
    mask = np.zeros(N, bool)
    mask[[2, 5, 30]] = True
    assert posterior.take(mask).ids.tolist() == [102, 105, 130]


def test_a_stack_is_labelled_as_one(posterior):
    stack = posterior.n_z_stack("mdn")
    assert stack.density @ np.diff(EDGES) == pytest.approx(1.0, abs=1e-5)
    assert "not an estimate of n(z)" in stack.label


def test_a_galaxy_without_photometry_is_unknown_everywhere(posterior):
    pdf = {k: v.copy() for k, v in posterior.pdf.items()}
    conditional = {k: type(c)(*(a.copy() for a in c)) for k, c in posterior.conditional.items()}
    for tree in (*pdf.values(), *conditional["mdn"], *conditional["flow"]):
        tree[7] = np.nan
    z = np.full(N, 1.0)
    p = Posterior(posterior.ids, GRID, pdf, Z_MAX, conditional, z)
    for name in ("mdn", "flow"):
        values = (p.z_map(name), p.median(name), p.pit(name), p.mean(name), p.odds(name))
        for value in (*values, p.z_map(name, "samples"), p.log_prob(name, z)):
            assert np.isnan(value[7])
            assert np.isfinite(np.delete(value, 7)[:6]).all()
        assert np.isfinite(p.n_z_stack(name).density).all()
    assert not p.usable[7]


@pytest.mark.parametrize("form", ["grid", "quantiles", "components"])
def test_every_form_comes_back(form, posterior, tmp_path):
    path = write_posterior(posterior, tmp_path / "p.parquet", form)
    back = read_posterior(path)
    assert back.estimators == ("mdn", "flow")
    np.testing.assert_array_equal(back.ids, posterior.ids)
    np.testing.assert_array_equal(back.z_spec, posterior.z_spec)
    np.testing.assert_allclose(back.z_grid, GRID, atol=1e-9)
    for name in back.estimators:
        np.testing.assert_allclose(back.pdf[name], posterior.pdf[name], atol=2e-3)
        np.testing.assert_allclose(back.pit(name), posterior.pit(name), atol=1e-6)
        np.testing.assert_array_equal(back.z_map(name), posterior.z_map(name))
        for a, b in zip(back.conditional[name], posterior.conditional[name], strict=True):
            np.testing.assert_array_equal(a, b)
    assert back.provenance["kind"] == "test"
    known = read_posterior(path, only_z_spec=True)
    assert known.n == N - 1


def test_the_documented_columns_are_there(posterior, tmp_path):
    path = write_posterior(posterior, tmp_path / "p.parquet", "grid")
    schema = pq.read_schema(path)
    assert {"id", "z_spec", "z_map_mdn", "pdf_mdn", "pdf_flow"} <= set(schema.names)
    assert pa.types.is_float32(schema.field("pdf_mdn").type.value_type)
    assert b"z_grid" in schema.metadata


def test_what_99_quantiles_alone_cost_in_crps(posterior, tmp_path):
    """A file cut to its quantiles, as another reader may keep it: dearer by under one per cent."""
    path = write_posterior(posterior, tmp_path / "p.parquet", "quantiles")
    table = pq.read_table(path)
    kept = [c for c in table.column_names if not c.startswith("components_")]
    pq.write_table(table.select(kept), path)
    back = read_posterior(path)
    known = np.isfinite(posterior.z_spec)
    for name in ("mdn", "flow"):
        full = crps(GRID, posterior.pdf[name][known], posterior.z_spec[known]).mean()
        cut = crps(GRID, back.pdf[name][known], posterior.z_spec[known]).mean()
        assert abs(cut / full - 1) < 0.01


def test_a_file_without_densities_says_so(posterior, tmp_path):
    path = write_posterior(posterior, tmp_path / "p.parquet", "none")
    with pytest.raises(InputError, match="--pdf none"):
        read_posterior(path)


def test_damaged_and_foreign_files_are_refused_with_a_sentence(posterior, tmp_path):
    path = write_posterior(posterior, tmp_path / "p.parquet", "components")
    whole = path.read_bytes()
    for part in (b"", whole[:100], whole[: len(whole) // 2], whole[:-1]):
        path.write_bytes(part)
        with pytest.raises(InputError, match=r"p\.parquet"):
            read_posterior(path)
    pq.write_table(pa.table({"id": [1]}), path)
    with pytest.raises(InputError, match="not a posterior file"):
        read_posterior(path)
    with pytest.raises(InputError, match="no posterior file"):
        read_posterior(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="form"):
        write_posterior(posterior, tmp_path / "q.parquet", "poem")
    assert not (tmp_path / "q.parquet").exists()


def test_another_format_version_is_refused(posterior, tmp_path):
    path = write_posterior(posterior, tmp_path / "p.parquet", "components")
    table = pq.read_table(path)
    metadata = dict(table.schema.metadata)
    metadata[b"photoz_posterior"] = metadata[b"photoz_posterior"].replace(
        b'"format_version": 1', b'"format_version": 9'
    )
    pq.write_table(table.replace_schema_metadata(metadata), path)
    with pytest.raises(InputError, match="version 9"):
        read_posterior(path)
