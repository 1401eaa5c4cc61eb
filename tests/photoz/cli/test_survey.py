"""`photoz survey check` and `show`: what is printed, what is a problem, and HDF-N's own curves."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CURVES = {  # the shipped survey's file names, with boxes of about the right place
    "wfpc2_f300w": 2992,
    "wfpc2_f450w": 4557,
    "wfpc2_f606w": 6001,
    "wfpc2_f814w": 7996,
    "kpno_irim_j": 12289,
    "kpno_irim_h": 16444,
    "kpno_irim_k": 22124,
}


@pytest.fixture
def curves(tmp_path):
    folder = tmp_path / "curves"
    folder.mkdir()
    for name, centre in CURVES.items():
        wave = centre * np.linspace(0.9, 1.1, 21)
        trans = np.where(np.abs(wave / centre - 1) < 0.095, 1.0, 0.0)
        np.savetxt(folder / f"{name}.txt", np.column_stack([wave, trans]))
    return folder


def test_check_gives_every_band_its_numbers(photoz):
    done = photoz("survey", "check", "sdss-2mass", "--json")
    assert done.code == 0
    assert done.json["problems"] == []
    bands = {band["name"]: band for band in done.json["bands"]}
    assert len(bands) == 8
    j = bands["twomass_J"]
    assert j["pivot_aa"] == pytest.approx(12358, rel=1e-3)
    svo_fwhm = {"twomass_J": 2149.1, "twomass_H": 2609.6, "twomass_Ks": 2784.6}
    for name, fwhm_aa in svo_fwhm.items():
        assert bands[name]["fwhm_aa"] == pytest.approx(fwhm_aa, rel=0.01)
    assert j["ab_minus_vega"] == pytest.approx(0.91, abs=0.03)
    assert j["first_aa"] < 11000
    assert j["last_aa"] > 14000
    assert j["source"] == "astro-sedpy twomass_J"
    table = photoz("survey", "check", "sdss-2mass").out
    assert "AB-Vega" in table
    assert "No problems found." in table


def test_check_names_a_band_beyond_the_grid_and_nanometres(photoz, tmp_path):
    wave = np.linspace(2000.0, 2300.0, 31)  # Ks in nanometres
    np.savetxt(tmp_path / "k.txt", np.column_stack([wave, np.hanning(31)]))
    (tmp_path / "s.toml").write_text(
        '[[band]]\nname = "k"\nfile = "k.txt"\n[[band]]\nname = "s"\nsedpy = "herschel_spire_500"\n'
    )
    problems = photoz("survey", "check", "s.toml", "--json").json["problems"]
    assert any(
        "k has its pivot at 21" in problem and "nanometres" in problem for problem in problems
    )
    assert any(problem.startswith("Band s reaches") for problem in problems)


def test_hdfn_without_curves_says_how_to_give_them(photoz):
    done = photoz("survey", "check", "hdfn")
    assert done.code == 2
    assert "wfpc2_f300w.txt does not exist" in done.err
    assert "--curves" in done.err
    assert "PHOTOZ_CURVES" in done.err


def test_hdfn_with_curves_by_option_by_variable_and_as_a_copy(photoz, curves, monkeypatch):
    by_option = photoz("survey", "check", "hdfn", "--curves", curves, "--json").json
    names = [band["name"] for band in by_option["bands"]]
    assert names == ["f300w", "f450w", "f606w", "f814w", "kpno_J", "kpno_H", "kpno_K"]
    (curves / "mine.toml").write_text(photoz("survey", "show", "hdfn").out)
    assert photoz("survey", "check", curves / "mine.toml", "--json").json == by_option
    monkeypatch.setenv("PHOTOZ_CURVES", str(curves))
    assert photoz("survey", "check", "hdfn", "--json").json == by_option


def test_curve_of_another_band_is_refused(photoz, curves):
    (curves / "wfpc2_f450w.txt").write_bytes((curves / "wfpc2_f606w.txt").read_bytes())
    done = photoz("survey", "check", "hdfn", "--curves", curves)
    assert done.code == 2
    assert "band f450w: the curve's pivot wavelength is" in done.err


def test_noise_of_an_hdfn_catalogue_needs_no_curves(photoz, tmp_path):
    n, rng = 300, np.random.default_rng(1)
    columns = {"id": np.arange(n)}
    for band in ("f300w", "f814w", "kpno_K"):
        columns[f"flux_{band}"] = rng.lognormal(0.0, 1.0, n)
        columns[f"err_{band}"] = np.full(n, 0.1)
    pq.write_table(pa.table(columns), tmp_path / "c.parquet")
    done = photoz("noise", "fit", "c.parquet", "--out", "n.json", "--json")
    assert done.code == 0, done.err
    assert [band["band"] for band in done.json["bands"]] == ["f300w", "f814w", "kpno_K"]
