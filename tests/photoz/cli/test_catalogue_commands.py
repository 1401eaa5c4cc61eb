"""`photoz import` and `photoz noise`: what they print, write and refuse."""

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photoz.catalogue import read_catalogue, write_catalogue
from photoz.cli import main
from photoz.noise import load_noise
from photoz.noise.mock_file import PIECE, write_mock
from photoz.provenance import provenance, to_json

BANDS = ("hsc_g", "hsc_r")
N = 300


@pytest.fixture
def run(capsys):
    """Run the command line; return exit code, standard output and standard error."""

    def call(*argv):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in argv])
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return call


def last_json(out):
    return json.loads(out.strip().splitlines()[-1])


def write_simulation(path: Path, n: int) -> Path:
    """Write true fluxes under the header of a simulation, in uneven row groups."""
    rng = np.random.default_rng(1)
    columns = {
        "id": np.arange(n),
        "z": rng.uniform(0, 3, n).astype(np.float32),
        "log_weight": rng.normal(0, 0.1, n).astype(np.float32),
        **{f"flux_{band}": rng.lognormal(0, 1.5, n).astype(np.float32) for band in BANDS},
    }
    record = provenance("simulation", bands=list(BANDS), seed=1, n=n, survey="cosmos2020")
    table = pa.table(columns).replace_schema_metadata({"photoz": to_json(record)})
    pq.write_table(table, path, row_group_size=1000 if n < PIECE else 50_001)
    return path


@pytest.fixture
def folder(tmp_path):
    """A folder with a survey's catalogue, a depth table and a simulation."""
    rng = np.random.default_rng(0)
    columns = {"id": np.arange(N), "z_spec": rng.uniform(0, 2, N)}
    for band in (*BANDS, "my_band"):
        columns[f"flux_{band}"] = rng.lognormal(0, 1.5, N)
        columns[f"err_{band}"] = 0.05 * rng.lognormal(0, 0.1, N)
    pq.write_table(pa.table(columns), tmp_path / "survey.parquet")
    (tmp_path / "depths.csv").write_text("band,depth_ab_mag,n_sigma\nhsc_g,26.4,5\nhsc_r,23.9,3\n")
    write_simulation(tmp_path / "sim.parquet", 5000)
    return tmp_path


def test_noise_of_a_depth_table_drawn_onto_a_simulation(folder, run):
    code, out, _ = run("noise", "fit", folder / "depths.csv", "--out", folder / "n.json", "--json")
    assert code == 0
    fitted = last_json(out)["bands"]
    assert [band["band"] for band in fitted] == list(BANDS)
    assert fitted[0]["sigma0_ujy"] == pytest.approx(0.02)
    assert fitted[0]["depth_5sigma_ab_mag"] == pytest.approx(26.4)
    argv = ["noise", "apply", folder / "sim.parquet", "--noise", folder / "n.json", "--seed", 4]
    code, out, _ = run(*argv, "--out", folder / "mock.parquet", "--json")
    assert (code, last_json(out)["n"]) == (0, 5000)
    mock, sim = read_catalogue(folder / "mock.parquet"), pq.read_table(folder / "sim.parquet")
    np.testing.assert_array_equal(mock.z_spec, sim["z"].to_numpy())
    np.testing.assert_array_equal(mock.ids, sim["id"].to_numpy())
    np.testing.assert_array_equal(mock.extra["log_weight"], sim["log_weight"].to_numpy())
    assert np.median(mock.err_ujy, axis=0) == pytest.approx([0.02, 1 / 3], rel=0.02)
    parents = mock.provenance["parents"]
    assert parents["simulation"]["kind"] == "simulation"
    assert len(parents["simulation"]["sha256"]) == 64
    assert parents["noise"]["kind"] == "noise"
    # the same seed makes the same catalogue, another one another
    run(*argv, "--out", folder / "again.parquet")
    again = read_catalogue(folder / "again.parquet")
    np.testing.assert_array_equal(again.flux_ujy, mock.flux_ujy)
    argv[-1] = 5
    run(*argv, "--out", folder / "other.parquet")
    assert (read_catalogue(folder / "other.parquet").flux_ujy != mock.flux_ujy).all()
    code, out, _ = run(
        "noise", "check", folder / "again.parquet", folder / "mock.parquet", "--json"
    )
    assert code == 0
    assert last_json(out)["distance"] < 0.05


def test_check_names_the_band_that_differs(folder, run):
    run("noise", "fit", folder / "depths.csv", "--out", folder / "n.json")
    argv = ["noise", "apply", folder / "sim.parquet", "--noise", folder / "n.json"]
    run(*argv, "--out", folder / "mock.parquet")
    mock = read_catalogue(folder / "mock.parquet")
    mock.err_ujy[:, 1] *= 3.0
    write_catalogue(mock, folder / "real.parquet")
    code, out, _ = run("noise", "check", folder / "mock.parquet", folder / "real.parquet", "--json")
    seen = last_json(out)
    assert code == 0
    assert seen["worst"][0]["because"].startswith("errors of hsc_r are 3 times the mock's at")
    assert seen["colours"][0]["colour"] == "hsc_g - hsc_r"
    assert seen["c2st"] > 0.9
    code, out, _ = run("noise", "check", folder / "mock.parquet", folder / "real.parquet")
    assert "1. errors of hsc_r are 3 times the mock's at" in out
    assert f"A classifier tells mock from real in {seen['c2st']:.1%} of cases" in out
    # the noise file alone, at the catalogue's own fluxes, with no simulation
    code, out, _ = run("noise", "check", folder / "n.json", folder / "real.parquet", "--json")
    alone = last_json(out)
    assert code == 0
    assert alone["worst"][0]["because"].startswith("errors of hsc_r are 3")
    assert alone["donors"]["distance"] < 0.1 < alone["distance"]


def test_errors_of_a_real_catalogue_are_lent_to_a_simulation(folder, run):
    run("noise", "fit", folder / "depths.csv", "--out", folder / "n.json")
    argv = ["noise", "apply", folder / "sim.parquet", "--noise", folder / "n.json"]
    lent = folder / "lent.parquet"
    code, _, _ = run(*argv, "--errors-of", folder / "survey.parquet", "--out", lent)
    assert code == 0
    # the noise file says 0.02 and 0.33, the catalogue 0.05 in both
    lender = read_catalogue(lent)
    assert np.median(lender.err_ujy, axis=0) == pytest.approx([0.05, 0.05], rel=0.02)
    assert "real galaxies" in lender.provenance["errors"]
    code, _, err = run(*argv, "--errors-of", "none.parquet", "--out", folder / "x.parquet")
    assert code == 2
    assert "none.parquet" in err
    assert not (folder / "x.parquet").exists()


def test_tails_are_fitted_where_two_bands_see_the_same_light(folder, run):
    rng = np.random.default_rng(3)
    true = 10 ** rng.uniform(-0.5, 0.3, 3000)
    columns = {"id": np.arange(3000)}
    for band in BANDS:
        columns[f"flux_{band}"] = true + 0.05 * rng.standard_t(4, 3000)
        columns[f"err_{band}"] = 0.05 * rng.lognormal(0, 0.05, 3000)
    pq.write_table(pa.table(columns), folder / "twice.parquet")
    argv = ["noise", "fit", folder / "twice.parquet", "--out", folder / "n.json"]
    code, out, _ = run(*argv, "--same-light", "hsc_g=hsc_r", "--json")
    assert code == 0
    assert last_json(out)["student_nu"] == pytest.approx(4.0, rel=0.25)
    assert load_noise(folder / "n.json").student_nu == last_json(out)["student_nu"]
    code, out, _ = run(*argv, "--json")
    assert (last_json(out)["student_nu"], last_json(out)["tails"]) == (8.0, None)
    code, _, err = run(*argv, "--same-light", "hsc_g")
    assert code == 2
    assert "expected two bands as BAND=BAND" in err
    argv[2] = folder / "depths.csv"
    code, _, err = run(*argv, "--same-light", "hsc_g=hsc_r")
    assert code == 2
    assert "depth table" in err


def test_fit_on_a_catalogue_takes_the_bands_of_the_survey(folder, run):
    code, _, err = run("noise", "fit", folder / "survey.parquet", "--out", folder / "n.json")
    assert code == 2
    assert "has the band my_band" in err
    assert "--survey" in err
    assert not (folder / "n.json").exists()
    argv = ["noise", "fit", folder / "survey.parquet", "--survey", "cosmos2020"]
    code, out, _ = run(*argv, "--out", folder / "n.json", "--json")
    assert code == 0
    assert last_json(out)["bands_left_out"] == ["my_band"]
    model = load_noise(folder / "n.json")
    assert model.bands == BANDS
    np.testing.assert_allclose(model.sigma_ujy(np.ones(2)), 0.05, rtol=0.05)
    code, out, _ = run(*argv, "--out", folder / "n.json")
    assert "my_band" in out
    code, _, err = run(*argv[:-1], "sdss-2mass", "--out", folder / "n.json")
    assert code == 2
    assert "none of the bands" in err


def test_pieces_of_a_large_simulation_are_those_of_the_whole(tmp_path, folder, run):
    run("noise", "fit", folder / "depths.csv", "--out", folder / "n.json")
    model = load_noise(folder / "n.json")
    large = write_simulation(tmp_path / "large.parquet", PIECE + 10_000)
    told = []
    n = write_mock(
        large, model, 4, tmp_path / "large-mock.parquet", progress=lambda *at: told.append(at)
    )
    assert n == PIECE + 10_000
    assert told == [(PIECE, n), (n, n)]
    mock = read_catalogue(tmp_path / "large-mock.parquet")
    true = pq.read_table(large)
    np.testing.assert_array_equal(mock.ids, np.arange(n))
    pull = (mock.flux_ujy[:, 0] - true["flux_hsc_g"].to_numpy()) / mock.err_ujy[:, 0]
    # every piece has noise of its own, on its own galaxies
    for part in (pull[:PIECE], pull[PIECE:]):
        assert np.median(np.abs(part)) < 2.0
    assert abs(np.corrcoef(pull[:10_000], pull[PIECE:])[0, 1]) < 0.05


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["noise", "fit", "none.csv", "--out", "new"], "none.csv does not exist"),
        (["noise", "fit", "depths.csv", "--out", "no/new"], "folder no does not exist"),
        (["noise", "fit", "depths.csv"], "Missing option '--out'"),
        (
            ["noise", "apply", "sim.parquet", "--noise", "none.json", "--out", "new.parquet"],
            "none.json does not exist",
        ),
        (
            ["noise", "apply", "survey.parquet", "--noise", "n.json", "--out", "new.parquet"],
            "is not a simulated catalogue",
        ),
        (
            ["noise", "apply", "none.parquet", "--noise", "n.json", "--out", "new.parquet"],
            "none.parquet does not exist",
        ),
        (
            ["noise", "apply", "sim.parquet", "--noise", "n.json", "--out", "new.fits"],
            "expected .parquet",
        ),
        (
            ["noise", "apply", "sim.parquet", "--noise", "three.json", "--out", "new.parquet"],
            "no band hsc_i that the noise model has",
        ),
        (
            [
                "noise",
                "apply",
                "sim.parquet",
                "--noise",
                "n.json",
                "--seed",
                "-1",
                "--out",
                "new.parquet",
            ],
            "seed = -1",
        ),
        (["noise", "check", "sim.parquet", "survey.parquet"], "true fluxes without errors"),
        (["import", "none.csv", "--out", "new.parquet"], "none.csv does not exist"),
        (["import", "depths.csv", "--out", "new.parquet"], "--mapping"),
        (["import", "survey.parquet", "--out", "new.txt"], "'.txt'"),
        (["import", "survey.parquet", "--out", "no/new.fits"], "folder no does not exist"),
        (["import", "survey.parquet", "--out", "survey.parquet"], "another name"),
        (
            ["import", "survey.parquet", "--mapping", "none.toml", "--out", "new.fits"],
            "none.toml does not exist",
        ),
    ],
)
def test_mistakes_exit_with_2_and_write_nothing(folder, run, monkeypatch, argv, sentence):
    monkeypatch.chdir(folder)
    run("noise", "fit", "depths.csv", "--out", "n.json")
    (folder / "three.csv").write_text("band,depth_ab_mag,n_sigma\nhsc_g,26,5\nhsc_i,26,5\n")
    run("noise", "fit", "three.csv", "--out", "three.json")
    before = {name: (folder / name).read_bytes() for name in os.listdir(folder)}
    code, _, err = run(*argv)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err
    assert {name: (folder / name).read_bytes() for name in os.listdir(folder)} == before


def test_import_reports_in_both_forms(folder, run):
    (folder / "foreign.csv").write_text("ID,f,e\n1,2.5,0.5\n1,3,1\n2,-99,1\n3,4,0\n")
    (folder / "map.toml").write_text(
        "id = 'ID'\n[[band]]\nname = 'g'\nflux = 'f'\nerr = 'e'\nunit = 'njy'\n"
    )
    argv = ["import", folder / "foreign.csv", "--mapping", folder / "map.toml"]
    code, out, _ = run(*argv, "--out", folder / "in.parquet", "--json")
    assert code == 0
    report = last_json(out)
    assert (report["rows_read"], report["rows_kept"]) == (4, 3)
    assert report["dropped"] == {"repeated id": 1}
    assert report["bands"][0]["band"] == "g"
    assert report["bands"][0]["sentinel"] == 1
    assert report["bands"][0]["error_not_above_0"] == 1
    made = read_catalogue(folder / "in.parquet")
    assert made.flux_ujy[:, 0] == pytest.approx([0.0025, np.nan, np.nan], nan_ok=True)
    code, out, _ = run(*argv, "--out", folder / "in.ecsv")
    assert code == 0
    assert "4 rows read, 3 kept" in out
    assert "1 rows dropped: repeated id" in out
    np.testing.assert_array_equal(read_catalogue(folder / "in.ecsv").flux_ujy, made.flux_ujy)
