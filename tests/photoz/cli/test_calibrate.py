"""`photoz calibrate`: keys, held-out gain, a calibration that predict takes, sentences."""

import pytest

from photoz.catalogue import write_catalogue
from photoz.infer import read_posterior
from tests.photoz.train.toy import toy_catalogue

PLAN = 'reference_band = "a"\n[[stage]]\nfree = ["flux_scale"]\nmax_iterations = 8\n'
KEYS = "parameters loss_before loss_after heldout_before heldout_after seconds"


@pytest.fixture
def spec(tmp_path):
    write_catalogue(toy_catalogue(n=300, flux_scale=1.3), tmp_path / "spec.parquet")
    (tmp_path / "plan.toml").write_text(PLAN)
    return "spec.parquet"


def test_a_calibration_is_fitted_judged_and_applied(photoz, models, spec, tmp_path):
    told = (models, spec, "--out", "c.toml", "--plan", "plan.toml", "--model", "mdn")
    done = photoz("calibrate", *told, "--folds", "2", "--json")
    assert done.code == 0
    assert set(KEYS.split()) <= done.json.keys()
    assert done.json["heldout_after"] < done.json["heldout_before"]
    assert {p["band"] for p in done.json["parameters"]} == {"b", "c"}
    applied = photoz("predict", models, spec, "--out", "p.parquet", "--calibration", "c.toml")
    assert applied.code == 0
    assert read_posterior(tmp_path / "p.parquet").provenance["calibrated"] is True


def test_the_table_for_people_says_what_was_gained(photoz, models, spec):
    told = (models, spec, "--out", "c.toml", "--plan", "plan.toml", "--model", "mdn")
    done = photoz("calibrate", *told, "--folds", "0")
    assert done.code == 0
    assert "flux_scale" in done.out
    assert "on the fitted galaxies" in done.out
    assert "held-out" not in done.out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--out", "no/such/c.toml"), "does not exist"),
        (("--out", "."), "is a folder"),
        (("--out", "spec.parquet"), "is also an input"),
        (("--folds", "1"), "1 folds cannot be made"),
        (("--plan", "nowhere.toml"), "no calibration plan"),
        (("--plan", "spec.parquet"), "not readable as TOML"),
        (("--model", "gan"), "--model"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_two(photoz, models, spec, tmp_path, change, said):
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    done = photoz("calibrate", models, spec, "--out", "c.toml", "--plan", "plan.toml", *change)
    assert done.code == 2
    assert said in done.err
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_catalogue_without_redshifts_is_refused(photoz, models, tmp_path):
    from dataclasses import replace

    write_catalogue(replace(toy_catalogue(n=50), z_spec=None), tmp_path / "phot.parquet")
    done = photoz("calibrate", models, "phot.parquet", "--out", "c.toml")
    assert done.code == 2
    assert "no z_spec column" in done.err
    assert not (tmp_path / "c.toml").exists()
