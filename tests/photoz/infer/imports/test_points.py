"""Tables of points: they have point metrics, and no others, ever."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from photoz.errors import CatalogueError, InputError
from photoz.infer.imports import KnownRedshifts, known_redshifts, read_result
from photoz.infer.peers import read_peer, write_peer
from photoz.metrics import evaluate
from tests.photoz.infer.imports.conftest import N

OF_POINTS = ("sigma_nmad", "outlier_fraction", "bias")
OF_DENSITIES = ("crps", "log_score", "cde_loss", "coverage_68", "coverage_95", "pit_ks", "pit_ks_p")


@pytest.fixture
def table(truth):
    return Table(
        {
            "ID": [f"g{i}" for i in range(N)],
            "z_phot": truth["point"],
            "z_lo": truth["point"] - truth["width"],
            "z_hi": truth["point"] + truth["width"],
            "z_spec": truth["z"],
        }
    )


@pytest.mark.parametrize("ending", ["csv", "ecsv", "fits", "parquet"])
def test_any_table_gives_the_same_points(tmp_path, table, truth, ending):
    path = tmp_path / f"bpz.{ending}"
    if ending == "parquet":
        pq.write_table(pa.table({name: list(table[name]) for name in table.colnames}), path)
    else:
        table.write(path, format={"csv": "ascii.csv", "ecsv": "ascii.ecsv"}.get(ending))
    found = read_result(path)
    assert found.estimators == ("bpz",)
    assert found.ids.tolist() == [f"g{i}" for i in range(N)]
    np.testing.assert_allclose(found.z_map("bpz"), truth["point"])
    np.testing.assert_allclose(found.z_spec, truth["z"])
    summaries = found.summaries["bpz"]
    np.testing.assert_allclose(summaries["z_hi68"] - summaries["z_lo68"], 2 * truth["width"])


def test_point_metrics_are_those_of_the_points_and_all_others_unknown(tmp_path, table, truth):
    table.write(tmp_path / "bpz.csv", format="ascii.csv")
    (row,) = evaluate(read_result(tmp_path / "bpz.csv"), n_bootstrap=20)
    dz = (truth["point"] - truth["z"]) / (1 + truth["z"])
    assert row["n"] == N
    assert row["bias"] == pytest.approx(np.median(dz))
    assert row["sigma_nmad"] == pytest.approx(1.4826 * np.median(np.abs(dz - np.median(dz))))
    assert all(row[key] >= 0.0 for key in OF_POINTS[:2])
    assert row["bias_err"] > 0.0
    assert all(np.isnan(row[key]) for key in OF_DENSITIES)
    assert all(np.isnan(row[f"{key}_err"]) for key in OF_DENSITIES if f"{key}_err" in row)


def test_what_points_do_not_know_is_nan(tmp_path, table):
    table.write(tmp_path / "bpz.csv", format="ascii.csv")
    found = read_result(tmp_path / "bpz.csv")
    assert not found.has_density("bpz")
    assert not found.usable.any()
    for values in (found.pit("bpz"), found.median("bpz"), found.mean("bpz"), found.odds("bpz")):
        assert np.isnan(values).all()


def test_marks_are_unknown(tmp_path, truth):
    z = np.array([0.5, -99.0, 0.0, np.nan, 99.0, 1.5])
    Table({"id": np.arange(6), "zphot": z, "zspec": z}).write(tmp_path / "m.fits")
    found = read_result(tmp_path / "m.fits")
    expected = [True, False, False, False, False, True]
    assert np.isfinite(found.z_map("m")).tolist() == expected
    assert np.isfinite(found.z_spec).tolist() == expected


def test_z_spec_comes_from_a_catalogue_by_id_and_the_files_own_stays(tmp_path, table, truth):
    table["z_spec"][:4] = np.nan
    table.write(tmp_path / "bpz.csv", format="ascii.csv")
    order = np.random.default_rng(0).permutation(N)[: N - 1]
    ids = np.array([f"g{i}" for i in order])
    Table({"id": ids, "z_spec": truth["z"][order] + 1.0}).write(tmp_path / "spec.ecsv")
    known = known_redshifts(tmp_path / "spec.ecsv")
    found = read_result(tmp_path / "bpz.csv", z_spec_from=known)
    expected = truth["z"].copy()
    expected[:4] += 1.0
    expected[[i for i in range(4) if i not in order]] = np.nan
    np.testing.assert_allclose(found.z_spec, expected)
    scored = read_result(tmp_path / "bpz.csv", z_spec_from=known, only_z_spec=True)
    assert scored.n == np.isfinite(expected).sum()
    with pytest.raises(InputError, match="no id in common"):
        read_result(tmp_path / "bpz.csv", z_spec_from=KnownRedshifts(np.array([1]), np.ones(1)))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "id,flux_r\n1,2.0\n", r"no column z_point \(or z, z_phot"),
        ("a.csv", "z_phot\n0.5\n", "no column id"),
        ("a.txt", "1 0.5\n2 0.6\n", r"ends in \.csv or \.ecsv"),
        ("a.csv", "", "empty"),
        ("a.bin", "\0\1\2", "is not a result that can be read"),
        ("a.hdf5", "\x89HDF\r\n", "not a readable HDF5 file|not a result"),
    ],
)
def test_what_is_no_result_is_said_in_a_sentence(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises((InputError, CatalogueError), match=said):
        read_result(tmp_path / name)


def test_an_unknown_format_is_named_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="lephare, eazy, eazy-py, qp, table"):
        read_result(tmp_path / "x", format="bpz")
    with pytest.raises(InputError, match="no posterior file"):
        read_result(tmp_path / "x", format="lephare")


def test_a_peer_file_of_points_or_densities_comes_back(tmp_path, table, truth):
    table.write(tmp_path / "bpz.csv", format="ascii.csv")
    points = read_result(tmp_path / "bpz.csv")
    back = read_peer(write_peer(points, "bpz", tmp_path / "p.parquet"))
    assert back.estimators == ("bpz",)
    assert not back.has_density("bpz")
    np.testing.assert_array_equal(back.ids, points.ids)
    np.testing.assert_array_equal(back.z_spec, points.z_spec)
    for key, values in points.summaries["bpz"].items():
        np.testing.assert_array_equal(back.summaries["bpz"][key], values)


def test_a_peer_file_keeps_densities_exactly_and_gaps_as_gaps(tmp_path):
    from photoz.infer import Posterior
    from photoz.infer.peers import normalised

    grid = np.linspace(0.0, 2.0, 101)
    density = np.random.default_rng(4).random((N, 101))
    density[3] = np.nan
    density[5] = 0.0
    grid, pdf = normalised(grid, density)
    ours = Posterior(np.arange(N), grid, {"us": pdf}, 2.0, z_spec=np.ones(N))
    back = read_peer(write_peer(ours, "us", tmp_path / "p.parquet"), estimator="them")
    np.testing.assert_array_equal(back.pdf["them"], pdf)
    assert np.isnan(back.pdf["them"][[3, 5]]).all()
    assert back.z_max == 2.0
