"""LePHARE's output catalogue, its files of p(z), and its FITS table."""

import numpy as np
import pytest
from astropy.table import Table
from scipy import stats

from photoz.errors import InputError
from photoz.infer.imports import format_of, read_result
from tests.photoz.infer.imports.conftest import Z_GRID, N

CPP = """\
# Creation date: Tue Nov 24 10:00:00 2026
# Input catalog  : COSMOS.in
# PDZ_OUT                : /elsewhere/pdf/run1
# Format:
# IDENT 1 Z_BEST 2 Z_BEST68_LOW 3 Z_BEST68_HIGH 4 Z_MED 5 CHI_BEST 6 MAG_OBS()7-8 ZSPEC 9 \
STRING_INPUT 10
# Format topcat:
# IDENT  Z_BEST  Z_BEST68_LOW  Z_BEST68_HIGH  Z_MED  CHI_BEST  MAG_OBS0  MAG_OBS1  ZSPEC  \
STRING_INPUT
"""
FORTRAN = """\
###############################################
#       PHOTOMETRIC REDSHIFT with OPTIONS     #
###############################################
# PDZ_OUT                 : NONE
###############################################
# Output format                               #
# IDENT      1  , Z_BEST      2  , Z_BEST68_LOW 3  , Z_BEST68_HIGH 4  ,
# Z_ML       5  , CHI_BEST    6  , MAG_OBS()    7  -  8  , ZSPEC   9  ,
# STRING_INPUT 10
###############################################
"""


def write_out(path, truth, header, first_fails=False):
    rows = []
    for i, (z, p, w) in enumerate(zip(truth["z"], truth["point"], truth["width"], strict=True)):
        best = -99.0 if first_fails and i == 0 else p
        z_spec = -99.0 if i == N - 1 else z
        rows.append(
            f"{101 + i:15d} {best:16.4f} {p - w:12.4f} {p + w:12.4f} {p:12.4f}    1.20000e+01 "
            f"    23.100     22.900 {z_spec:14.5f}  a note of {i} words "
        )
    path.write_text(header + "\n".join(rows) + "\n")


def write_prob(path, values, order):
    names = " ".join(f"P{z:g}" for z in Z_GRID)
    lines = [
        "# Creation date: Tue Nov 24 10:00:00 2026",
        "# Probability associated to the following steps ",
        f"# Id {names} ",
    ]
    lines += [f"{101 + i:15d} " + " ".join(f"{v:16.6e}" for v in values[i]) for i in order]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("header", [CPP, FORTRAN], ids=["C++", "Fortran"])
def test_an_output_catalogue_alone_gives_points(tmp_path, truth, header):
    write_out(tmp_path / "zphot.out", truth, header)
    assert format_of(tmp_path / "zphot.out") == "lephare"
    found = read_result(tmp_path / "zphot.out")
    assert found.estimators == ("zphot",)
    assert not found.has_density("zphot")
    np.testing.assert_array_equal(found.ids, 101 + np.arange(N))
    np.testing.assert_allclose(found.z_map("zphot"), truth["point"], atol=6e-5)
    np.testing.assert_allclose(found.z_spec[:-1], truth["z"][:-1], atol=6e-6)
    assert np.isnan(found.z_spec[-1])
    low = truth["point"] - truth["width"]
    np.testing.assert_allclose(found.summaries["zphot"]["z_lo68"], low, atol=6e-5)
    np.testing.assert_allclose(found.summaries["zphot"]["z_median"], truth["point"], atol=6e-5)


def test_p_of_z_beside_it_is_joined_by_id(tmp_path, truth, values):
    write_out(tmp_path / "zphot.out", truth, CPP, first_fails=True)
    write_prob(tmp_path / "run1_BAY_ZG.prob", values, order=np.arange(N)[::-1][:-1])
    found = read_result(tmp_path / "zphot.out", estimator="lephare")
    assert found.has_density("lephare")
    known = np.isfinite(found.pdf["lephare"]).all(axis=1)
    assert known.tolist() == [False] + [True] * (N - 1)  # the first is not in the .prob
    expected = stats.norm.cdf(1.2, truth["point"], truth["width"])
    np.testing.assert_allclose(found.cdf("lephare", np.full(N, 1.2))[1:], expected[1:], atol=0.01)
    np.testing.assert_allclose(found.z_map("lephare")[1:], truth["point"][1:], atol=6e-5)
    assert np.isnan(found.z_map("lephare")[0])


def test_the_prob_file_finds_its_catalogue_and_stands_alone(tmp_path, truth, values):
    prob = tmp_path / "run1_MIN_ZG.prob"
    write_prob(prob, values, order=np.arange(N))
    alone = read_result(prob)
    np.testing.assert_array_equal(alone.ids, 101 + np.arange(N))
    assert alone.z_spec is None
    peak = Z_GRID[np.argmax(values, axis=1)]
    np.testing.assert_allclose(alone.z_map("run1_MIN_ZG"), peak, atol=1e-6)
    write_out(tmp_path / "zphot.out", truth, CPP)
    joined = read_result(prob)
    np.testing.assert_allclose(joined.z_map("run1_MIN_ZG"), truth["point"], atol=6e-5)
    np.testing.assert_array_equal(joined.pdf["run1_MIN_ZG"], alone.pdf["run1_MIN_ZG"])


@pytest.mark.parametrize("with_ids", [True, False])
def test_pdz_and_zph_of_the_fortran_version(tmp_path, truth, values, with_ids):
    write_out(tmp_path / "old.out", truth, FORTRAN)
    rows = np.column_stack([101 + np.arange(N), values]) if with_ids else values
    np.savetxt(tmp_path / "old.pdz", rows)
    with pytest.raises(InputError, match=r"needs the redshifts.*old\.zph"):
        read_result(tmp_path / "old.pdz")
    np.savetxt(tmp_path / "old.zph", Z_GRID)
    for name in ("old.out", "old.pdz"):
        found = read_result(tmp_path / name)
        expected = stats.norm.cdf(1.2, truth["point"], truth["width"])
        np.testing.assert_allclose(found.cdf("old", np.full(N, 1.2)), expected, atol=0.01)
        np.testing.assert_allclose(found.z_map("old"), truth["point"], atol=6e-5)


def test_densities_are_linear_between_their_points(tmp_path, values):
    write_prob(tmp_path / "run_BAY_ZG.prob", values, order=np.arange(N))
    found = read_result(tmp_path / "run_BAY_ZG.prob", estimator="lephare")
    fine = np.linspace(0.0, 3.0, 30_001)
    for i in (0, 5):
        density = np.interp(fine, Z_GRID, values[i])
        cdf = np.cumsum(density) / density.sum()
        at = np.full(N, 0.9)
        assert found.cdf("lephare", at)[i] == pytest.approx(cdf[9000], abs=2e-3)


def test_the_fits_table_of_the_python_interface(tmp_path, truth, values):
    table = Table(
        {
            "IDENT": 101 + np.arange(N),
            "Z_BEST": truth["point"],
            "ZSPEC": truth["z"],
            "PDF_BAY_ZG()": values,
        },
        meta={"BAY_ZG": " ".join(str(z) for z in Z_GRID)},
    )
    table.write(tmp_path / "python.fits")
    found = read_result(tmp_path / "python.fits")
    expected = stats.norm.cdf(1.2, truth["point"], truth["width"])
    np.testing.assert_allclose(found.cdf("python", np.full(N, 1.2)), expected, atol=0.01)
    np.testing.assert_allclose(found.z_spec, truth["z"])


def test_what_cannot_be_read_is_said(tmp_path, truth, values):
    write_out(tmp_path / "cut.out", truth, CPP)
    text = (tmp_path / "cut.out").read_text()
    (tmp_path / "cut.out").write_text(text + "113 0.5\n")
    with pytest.raises(InputError, match="do not have the columns"):
        read_result(tmp_path / "cut.out")
    (tmp_path / "bare.out").write_text("# Format:\n# IDENT 1 CHI_BEST 2\n1 3.0\n")
    with pytest.raises(InputError, match="Z_BEST"):
        read_result(tmp_path / "bare.out")
    write_prob(tmp_path / "run_MASS.prob", values, order=np.arange(N))
    with pytest.raises(InputError, match="densities of MASS"):
        read_result(tmp_path / "run_MASS.prob")
    write_out(tmp_path / "zphot.out", truth, CPP)
    write_prob(tmp_path / "run1_BAY_ZG.prob", values[:, :-1], order=np.arange(N))
    with pytest.raises(InputError, match="has 61 columns, expected 61 densities"):
        read_result(tmp_path / "zphot.out")
