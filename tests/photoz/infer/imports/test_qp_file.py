"""Ensembles of qp: exact for histograms, the same CDF for all others, in every file format."""

import numpy as np
import pytest

qp = pytest.importorskip("qp", reason="qp-prob is not installed")

from photoz.errors import InputError  # noqa: E402
from photoz.infer import Posterior  # noqa: E402
from photoz.infer.grid import cell_edges  # noqa: E402
from photoz.infer.imports import format_of, read_result  # noqa: E402
from photoz.infer.imports.qp_file import grid_of_cells  # noqa: E402
from tests.photoz.infer.imports.conftest import Z_GRID, N  # noqa: E402

ANCIL = {"id": 21 + np.arange(N), "z_spec": np.linspace(0.5, 2.0, N), "zmode": np.full(N, 1.0)}


def hist(bins):
    values = np.random.default_rng(1).random((N, len(bins) - 1))
    return qp.Ensemble(qp.hist, data={"bins": bins, "pdfs": values}, ancil=ANCIL)


@pytest.mark.parametrize("ending", ["hdf5", "fits", "pq"])
def test_a_histogram_keeps_its_cdf(tmp_path, ending):
    ensemble = hist(np.linspace(0.0, 3.0, 31))
    path = tmp_path / f"them.{ending}"
    ensemble.write_to(str(path))
    assert format_of(path) == "qp"
    found = read_result(path)
    assert found.estimators == ("them",)
    np.testing.assert_array_equal(found.ids, ANCIL["id"])
    np.testing.assert_allclose(found.z_spec, ANCIL["z_spec"])
    np.testing.assert_allclose(found.z_map("them"), 1.0)
    for z in (0.03, 0.1, 1.234, 2.97):
        theirs = ensemble.cdf(np.array([z])).ravel()
        np.testing.assert_allclose(found.cdf("them", np.full(N, z)), theirs, atol=1e-6)


def test_our_cells_as_a_histogram_come_back_as_they_were(tmp_path):
    grid = np.linspace(0.0, 4.0, 401)
    mass = np.random.default_rng(2).random((N, 401))
    pdf = mass / (mass @ np.diff(cell_edges(grid)))[:, None]
    ours = Posterior(np.arange(N), grid, {"mdn": pdf.astype(np.float32)}, 4.0)
    data = {"bins": cell_edges(grid), "pdfs": ours.pdf["mdn"]}
    qp.Ensemble(qp.hist, data=data, ancil={"id": ours.ids}).write_to(str(tmp_path / "ours.hdf5"))
    back = read_result(tmp_path / "ours.hdf5", estimator="mdn")
    np.testing.assert_allclose(back.z_grid, grid, atol=1e-9)
    np.testing.assert_allclose(back.pdf["mdn"], ours.pdf["mdn"], rtol=1e-5)
    for z in np.linspace(0.0, 4.0, 37):
        at = np.full(N, z)
        np.testing.assert_allclose(back.cdf("mdn", at), ours.cdf("mdn", at), atol=1e-6)


def test_uneven_bins_are_kept_too(tmp_path):
    bins = np.array([0.0, 0.1, 0.15, 0.4, 1.0, 1.01, 3.0])
    assert set(bins) <= set(np.round(cell_edges(grid_of_cells(bins)), 12))
    ensemble = hist(bins)
    ensemble.write_to(str(tmp_path / "u.hdf5"))
    found = read_result(tmp_path / "u.hdf5")
    for z in (0.05, 0.39, 1.005, 2.0):
        theirs = ensemble.cdf(np.array([z])).ravel()
        np.testing.assert_allclose(found.cdf("u", np.full(N, z)), theirs, atol=1e-6)


def mixtures():
    rng = np.random.default_rng(3)
    means, stds = rng.uniform(1.2, 2.5, (N, 2)), rng.uniform(0.05, 0.3, (N, 2))
    weights = np.full((N, 2), 0.5)
    return qp.Ensemble(qp.mixmod, data={"means": means, "stds": stds, "weights": weights})


def test_other_forms_by_their_own_cdf(tmp_path):
    q = np.linspace(0.005, 0.995, 80)
    gaussians = mixtures()
    quantiles = qp.Ensemble(qp.quant, data={"quants": q, "locs": gaussians.ppf(q)})
    for name, ensemble in (("mix", gaussians), ("quant", quantiles)):
        ensemble.write_to(str(tmp_path / f"{name}.hdf5"))
        found = read_result(tmp_path / f"{name}.hdf5")
        np.testing.assert_array_equal(found.ids, 1 + np.arange(N))  # none in the file: its rows
        for z in (1.1, 1.6, 2.2):
            theirs = ensemble.cdf(np.array([z])).ravel()
            np.testing.assert_allclose(found.cdf(name, np.full(N, z)), theirs, atol=2e-3)


def test_values_at_points_are_linear_between_them(tmp_path, values):
    ensemble = qp.Ensemble(qp.interp, data={"xvals": Z_GRID, "yvals": values}, ancil=ANCIL)
    ensemble.write_to(str(tmp_path / "points.hdf5"))
    found = read_result(tmp_path / "points.hdf5")
    for z in Z_GRID[[10, 25, 40]]:
        theirs = ensemble.cdf(np.array([z])).ravel()
        np.testing.assert_allclose(found.cdf("points", np.full(N, z)), theirs, atol=2e-3)


def test_one_galaxy(tmp_path):
    qp.Ensemble(
        qp.hist, data={"bins": np.linspace(0, 2, 5), "pdfs": np.array([[1.0, 2.0, 1.0, 1.0]])}
    ).write_to(str(tmp_path / "one.hdf5"))
    found = read_result(tmp_path / "one.hdf5")
    assert found.cdf("one", np.array([1.0]))[0] == pytest.approx(0.6, abs=1e-6)


def test_any_part_of_a_parquet_ensemble_names_it(tmp_path):
    hist(np.linspace(0.0, 3.0, 31)).write_to(str(tmp_path / "them.pq"))
    found = read_result(tmp_path / "themdata.pq")
    assert found.estimators == ("them",)
    assert found.n == N


@pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning")
def test_nothing_is_unpickled(tmp_path):
    hist(np.linspace(0.0, 3.0, 31)).write_to(str(tmp_path / "pandas.h5"))
    with pytest.raises(InputError, match="unpickled"):
        read_result(tmp_path / "pandas.h5")


def test_rows_without_ids_are_not_joined_by_order(tmp_path):
    mixtures().write_to(str(tmp_path / "mix.hdf5"))
    known = read_catalogue_like(1 + np.arange(N))
    with pytest.raises(InputError, match="has no ids"):
        read_result(tmp_path / "mix.hdf5", z_spec_from=known)


def read_catalogue_like(ids):
    from photoz.infer.imports import KnownRedshifts

    return KnownRedshifts(ids, np.linspace(0.5, 2.0, len(ids)))


def test_what_lies_below_zero_is_cut_off(tmp_path):
    ensemble = qp.Ensemble(
        qp.stats.norm, data={"loc": np.full((N, 1), 0.3), "scale": np.full((N, 1), 0.3)}
    )
    ensemble.write_to(str(tmp_path / "norm.hdf5"))
    found = read_result(tmp_path / "norm.hdf5")
    below, at = ensemble.cdf(np.array([0.0])).ravel(), ensemble.cdf(np.array([0.5])).ravel()
    expected = (at - below) / (1.0 - below)
    np.testing.assert_allclose(found.cdf("norm", np.full(N, 0.5)), expected, atol=2e-4)
