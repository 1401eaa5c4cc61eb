"""`photoz evaluate`: rows of every estimator, baselines always, peers too, sentences."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from photoz.catalogue import write_catalogue
from photoz.infer import Posterior, default_grid, write_posterior
from tests.photoz.train.toy import toy_catalogue

KEYS = [
    "estimator",
    "calibrated",
    "subset",
    "n",
    "sigma_nmad",
    "outlier_fraction",
    "bias",
    "crps",
    "log_score",
    "cde_loss",
    "coverage_68",
    "coverage_95",
    "pit_ks",
    "pit_ks_p",
]
SIGMA = 0.1


@pytest.fixture
def result(tmp_path):
    """Galaxies with Gaussian posteriors of width 0.1 that are right; five have no redshift."""
    rng = np.random.default_rng(2)
    z = rng.uniform(0.5, 2.5, 300)
    grid = default_grid(4.0)
    pdf = stats.norm.pdf(grid, (z + SIGMA * rng.standard_normal(300))[:, None], SIGMA)
    z[:5] = np.nan
    path = tmp_path / "ours.parquet"
    posterior = Posterior(np.arange(300), grid, {"mdn": pdf.astype(np.float32)}, 4.0, z_spec=z)
    write_posterior(posterior, path)
    return posterior


def test_rows_have_the_keys_and_the_baselines_are_there(photoz, result):
    done = photoz("evaluate", "ours.parquet", "--bootstrap", "0", "--json")
    assert done.code == 0
    rows = {row["estimator"]: row for row in done.json["rows"]}
    assert list(rows) == ["mdn", "trainz", "gaussian"]
    assert all(set(KEYS) <= row.keys() for row in rows.values())
    ours = rows["mdn"]
    assert (ours["n"], ours["subset"]) == (295, "all")
    assert ours["crps"] == pytest.approx(SIGMA / np.sqrt(np.pi), rel=0.1)  # of a true Gaussian
    expected = -0.5 - 0.5 * np.log(2 * np.pi) - np.log(SIGMA)
    assert ours["log_score"] == pytest.approx(expected, abs=0.12)
    assert ours["coverage_68"] == pytest.approx(0.68, abs=0.09)
    assert rows["trainz"]["log_score"] < ours["log_score"] - 1.0
    # the PIT alone rewards the code that knows nothing
    assert rows["trainz"]["pit_ks"] < 0.1


def test_a_peers_file_stands_beside_ours(photoz, result, tmp_path):
    z = result.z_spec[5:]
    grid = np.linspace(0.0, 6.0, 601)
    pz = stats.norm.pdf(grid, z[:, None] + 0.3, 0.2)
    table = {"id": np.arange(5, 300), "z_spec": z, "z_point": z + 0.3, "pz": list(pz)}
    pq.write_table(pa.table(table), tmp_path / "eazy.parquet")
    done = photoz("evaluate", "ours.parquet", "eazy.parquet", "--bootstrap", "0", "--json")
    assert done.code == 0
    rows = {row["estimator"]: row for row in done.json["rows"]}
    # the same galaxies: one pair of baselines
    assert [row["estimator"] for row in done.json["rows"]] == ["mdn", "eazy", "trainz", "gaussian"]
    assert rows["eazy"]["bias"] == pytest.approx(np.median(0.3 / (1 + z)), rel=0.02)
    assert rows["eazy"]["result"] == "eazy.parquet"


def test_other_galaxies_get_baselines_of_their_own(photoz, result, tmp_path):
    write_posterior(result.take(np.arange(100, 300)), tmp_path / "half.parquet")
    done = photoz("evaluate", "ours.parquet", "half.parquet", "--bootstrap", "0", "--json")
    found = [(row["estimator"], row["n"]) for row in done.json["rows"]]
    assert found == [
        ("mdn", 295), ("mdn", 200),
        ("trainz", 295), ("gaussian", 295), ("trainz", 200), ("gaussian", 200),
    ]  # fmt: skip


def test_the_table_for_people_has_errors(photoz, result):
    done = photoz("evaluate", "ours.parquet", "--bootstrap", "20")
    assert done.code == 0
    assert "trainz" in done.out
    assert "±" in done.out
    assert "…" not in done.out


def test_what_predict_writes_is_what_evaluate_reads(photoz, models, tmp_path):
    write_catalogue(toy_catalogue(n=400), tmp_path / "cat.parquet")
    photoz("predict", models, "cat.parquet", "--out", "p.parquet", "--pdf", "quantiles")
    done = photoz("evaluate", "p.parquet", "--bootstrap", "0", "--json")
    rows = {row["estimator"]: row for row in done.json["rows"]}
    assert list(rows) == ["mdn", "flow", "mixture", "trainz", "gaussian"]
    mean = 0.5 * (rows["mdn"]["log_score"] + rows["flow"]["log_score"])
    assert rows["mixture"]["log_score"] > mean
    assert rows["mdn"]["log_score"] > rows["trainz"]["log_score"]
    assert rows["mdn"]["calibrated"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.parquet",), "no posterior file nowhere.parquet"),
        (("cat.parquet",), "not a posterior file"),
        (("text.parquet",), "not a readable Parquet file"),
        (("blind.parquet",), "no spectroscopic redshift"),
        (("unknown.parquet",), "no galaxies with a spectroscopic redshift"),
        (("four.parquet",), "at least 5 are needed"),
        (("ours.parquet", "--bootstrap", "1"), "--bootstrap 1"),
        ((), "RESULT"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_two(photoz, result, tmp_path, arguments, said):
    write_catalogue(toy_catalogue(n=10), tmp_path / "cat.parquet")
    (tmp_path / "text.parquet").write_text("not Parquet")
    write_posterior(replace(result, z_spec=None), tmp_path / "blind.parquet")
    unknown = np.full(300, np.nan)
    write_posterior(replace(result, z_spec=unknown), tmp_path / "unknown.parquet")
    write_posterior(result.take(np.arange(1, 9)), tmp_path / "four.parquet")
    done = photoz("evaluate", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def write_csv(path, posterior, z_spec=True):
    point = posterior.z_map("mdn")
    columns = [f"{i},{p:.6f}" for i, p in zip(posterior.ids, point, strict=True)]
    if z_spec:
        columns = [f"{c},{z:.6f}" for c, z in zip(columns, posterior.z_spec, strict=True)]
    head = "id,z_phot,z_spec" if z_spec else "id,z_phot"
    path.write_text("\n".join([head, *columns]) + "\n")


def test_points_stand_beside_ours_with_dashes_for_what_they_do_not_know(photoz, result, tmp_path):
    write_csv(tmp_path / "annz.csv", result)
    done = photoz("evaluate", "ours.parquet", "annz.csv", "--bootstrap", "0", "--json")
    assert done.code == 0
    rows = {row["estimator"]: row for row in done.json["rows"]}
    assert list(rows) == ["mdn", "annz", "trainz", "gaussian"]
    for key in ("sigma_nmad", "outlier_fraction", "bias"):
        assert rows["annz"][key] == pytest.approx(rows["mdn"][key], abs=1e-5)
    for key in ("crps", "log_score", "cde_loss", "coverage_68", "pit_ks", "pit_ks_p"):
        assert rows["annz"][key] is None
    done = photoz("evaluate", "annz.csv", "--bootstrap", "10")
    assert done.code == 0
    line = next(line for line in done.out.splitlines() if "log score" in line)
    assert "-" in line.split("│")[2]
    assert "nan" not in done.out


def test_a_catalogue_gives_the_redshifts_that_a_result_lacks(photoz, result, tmp_path):
    write_csv(tmp_path / "annz.csv", result, z_spec=False)
    assert photoz("evaluate", "annz.csv").code == 2
    known = "\n".join(f"{i},{z}" for i, z in zip(result.ids, result.z_spec, strict=True))
    (tmp_path / "spec.csv").write_text("id,z_spec\n" + known + "\n")
    done = photoz("evaluate", "annz.csv", "--catalogue", "spec.csv", "--bootstrap", "0", "--json")
    assert done.code == 0
    assert done.json["rows"][0]["n"] == 295


def test_an_imported_result_is_the_same_to_evaluate(photoz, result, tmp_path):
    write_csv(tmp_path / "annz.csv", result)
    done = photoz(
        "import-result", "annz.csv", "--out", "p.parquet", "--estimator", "annz2", "--json"
    )
    assert done.code == 0
    assert done.json["estimator"] == "annz2"
    assert (done.json["n"], done.json["n_density"], done.json["n_z_spec"]) == (300, 0, 295)
    first, second = (
        photoz("evaluate", name, "--bootstrap", "0", "--json").json["rows"][0]
        for name in ("annz.csv", "p.parquet")
    )
    assert second["estimator"] == "annz2"
    same = ("sigma_nmad", "outlier_fraction", "bias", "n", "crps")
    assert [first[k] for k in same] == [second[k] for k in same]
    said = photoz("import-result", "annz.csv", "--out", "p.parquet")
    assert "300 galaxies of annz: 300 with a redshift, 0 with p(z), 295 with z_spec" in said.out


def test_an_import_does_not_replace_what_it_reads(photoz, result):
    done = photoz("import-result", "ours.parquet", "--out", "ours.parquet")
    assert done.code == 2
    assert "also an input" in done.err
