"""EAZY's .zout with its .pz files; eazy-py's tables, images and HDF5."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from scipy import stats

from photoz.errors import InputError
from photoz.infer.imports import format_of, read_result
from tests.photoz.infer.imports.conftest import Z_GRID, N

ZOUT = """\
# id z_spec z_a z_m1 chi_a z_p chi_p z_m2 odds l68 u68  l95 u95  l99 u99  nfilt q_z z_peak \
peak_prob z_mc
# EAZY $Rev: 56 $
"""
LOG_GRID = np.exp(np.arange(np.log(1.01), np.log(4.0), 0.01)) - 1.0


def write_zout(path, truth):
    rows = []
    for i, (z, p, w) in enumerate(zip(truth["z"], truth["point"], truth["width"], strict=True)):
        if i == 3:
            rows.append(f"{i + 1} {z:f}" + " -99" * 18)
            continue
        limits = "  ".join(f"{p - k * w:6.3f} {p + k * w:6.3f}" for k in (1, 2, 3))
        z_spec = -1.0 if i == 4 else z
        rows.append(
            f"{i + 1} {z_spec:f} {p:7.3f} {p:7.3f} 1.1e+01 {p:7.3f} 1.1e+01 {p:7.3f} 0.999 "
            f"{limits}   7  1.2e-01 {p:7.4f} 0.990 {p:7.4f}"
        )
    path.write_text(ZOUT + "\n".join(rows) + "\n")


def test_zout_gives_points_and_limits(tmp_path, truth):
    write_zout(tmp_path / "photz.zout", truth)
    assert format_of(tmp_path / "photz.zout") == "eazy"
    found = read_result(tmp_path / "photz.zout")
    fitted = np.arange(N) != 3
    np.testing.assert_allclose(found.z_map("photz")[fitted], truth["point"][fitted], atol=6e-5)
    assert np.isnan(found.z_map("photz")[3])
    assert np.isnan(found.z_spec[4])
    high = truth["point"] + truth["width"]
    np.testing.assert_allclose(found.summaries["photz"]["z_hi68"][fitted], high[fitted], atol=6e-4)
    assert not found.has_density("photz")


@pytest.mark.parametrize("with_prior", [True, False])
def test_the_pz_files_beside_it_give_densities(tmp_path, truth, values, with_prior):
    write_zout(tmp_path / "photz.zout", truth)
    prior = np.exp(-Z_GRID)
    for i in range(N - 2):
        chi2 = -2.0 * np.log(values[i]) + 40.0
        pz = values[i] * prior
        columns = (Z_GRID, chi2, prior, pz) if with_prior else (Z_GRID, chi2)
        lines = [" " + " ".join(f"{v:e}" for v in row) for row in np.transpose(columns)]
        # without a prior EAZY writes the same header over two columns
        (tmp_path / f"photz_{i + 1}.pz").write_text("# z chi2 prior pz\n" + "\n".join(lines) + "\n")
    found = read_result(tmp_path / "photz.zout", estimator="eazy")
    known = np.isfinite(found.pdf["eazy"]).all(axis=1)
    assert known.tolist() == [True] * (N - 2) + [False, False]
    # a Gaussian times exp(-z) is the Gaussian moved by its variance
    mean = truth["point"] - (truth["width"] ** 2 if with_prior else 0.0)
    expected = stats.norm.cdf(1.2, mean, truth["width"])
    np.testing.assert_allclose(
        found.cdf("eazy", np.full(N, 1.2))[known], expected[known], atol=0.01
    )


def test_binaries_and_single_pz_files_are_refused_with_the_remedy(tmp_path):
    (tmp_path / "photz.pz").write_bytes(np.array([5, 2], np.int32).tobytes() + bytes(80))
    with pytest.raises(InputError, match=r"give the \.zout beside it"):
        read_result(tmp_path / "photz.pz")
    (tmp_path / "photz_1.pz").write_text("# z chi2 prior pz\n 0.1 3. 1. 1.\n")
    with pytest.raises(InputError, match="p\\(z\\) of one galaxy"):
        read_result(tmp_path / "photz_1.pz")
    (tmp_path / "bad.zout").write_text(ZOUT + "1 0.5 0.6\n")
    with pytest.raises(InputError, match="3 columns in its rows and 20 in its header"):
        read_result(tmp_path / "bad.zout")


@pytest.fixture
def chi2(truth):
    """Chi2 on a logarithmic grid; the third galaxy was not fitted."""
    likelihood = stats.norm.logpdf(LOG_GRID, truth["point"][:, None], truth["width"][:, None])
    chi2 = -2.0 * likelihood + 30.0
    chi2[2] = 0.0
    return chi2


def write_zout_fits(path, truth):
    point = truth["point"].copy()
    point[2] = -1.0
    table = Table(
        {
            "id": 11 + np.arange(N),
            "z_spec": np.where(np.arange(N) == 5, -1.0, truth["z"]),
            "nusefilt": np.full(N, 8),
            "z_ml": point,
            "z_phot": point,
            "z160": point - truth["width"],
            "z500": point,
            "z840": point + truth["width"],
        }
    )
    table.write(path)


def write_data_fits(path, chi2, prior):
    image = fits.ImageHDU(chi2.astype(np.float32), name="CHI2")
    image.header["PRIOR"] = (prior, "Prior applied")
    image.header["BPRIOR"] = (False, "UV beta prior applied")
    grid = fits.ImageHDU(LOG_GRID.astype(np.float32), name="ZGRID")
    fits.HDUList([fits.PrimaryHDU(), grid, image]).writeto(path)


def check_likelihood(found, name, truth):
    fitted = np.arange(N) != 2
    known = np.isfinite(found.pdf[name]).all(axis=1)
    assert known.tolist() == fitted.tolist()
    z = np.full(N, 1.2)
    expected = stats.norm.cdf(z, truth["point"], truth["width"])
    np.testing.assert_allclose(found.cdf(name, z)[fitted], expected[fitted], atol=0.01)
    np.testing.assert_array_equal(found.ids, 11 + np.arange(N))
    assert np.isnan(found.z_spec[5])
    np.testing.assert_allclose(found.z_map(name)[fitted], truth["point"][fitted], atol=1e-6)
    assert np.isnan(found.z_map(name)[2])


@pytest.mark.parametrize("prior", [True, False])
def test_either_file_of_eazy_py_finds_the_other(tmp_path, truth, chi2, prior):
    write_data_fits(tmp_path / "gds.eazypy.data.fits", chi2, prior)
    with pytest.raises(InputError, match=r"chi2 without ids.*gds\.eazypy\.zout\.fits"):
        read_result(tmp_path / "gds.eazypy.data.fits")
    write_zout_fits(tmp_path / "gds.eazypy.zout.fits", truth)
    for name in ("gds.eazypy.zout.fits", "gds.eazypy.data.fits"):
        found = read_result(tmp_path / name)
        check_likelihood(found, "gds", truth)
        notes = " ".join(found.provenance["notes"])
        assert ("without the prior" in notes) is prior
    np.testing.assert_allclose(
        found.summaries["gds"]["z_lo68"][3:], (truth["point"] - truth["width"])[3:]
    )


def test_zout_fits_alone_gives_points(tmp_path, truth):
    write_zout_fits(tmp_path / "renamed.fits", truth)
    assert format_of(tmp_path / "renamed.fits") == "eazy-py"
    found = read_result(tmp_path / "renamed.fits")
    assert not found.has_density("renamed")
    assert found.z_map("renamed")[0] == pytest.approx(truth["point"][0])


def test_the_hdf5_file(tmp_path, truth, chi2):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    point = truth["point"].copy()
    point[2] = -1.0
    with h5py.File(tmp_path / "gds.h5", "w") as file:
        file["cat/id"] = 11 + np.arange(N)
        file["cat/z_spec"] = np.where(np.arange(N) == 5, -1.0, truth["z"])
        file["fit/zml"], file["fit/zbest"] = point, point
        file["fit/chi2_fit"] = chi2.astype(np.float32)
        file["fit/zml"].attrs["ZML_WITH_PRIOR"] = True
        file["fit/zml"].attrs["ZML_WITH_BETA_PRIOR"] = False
        file["fit"].attrs.update({"Z_MIN": 0.01, "Z_MAX": 3.0, "Z_STEP": 0.01, "Z_STEP_TYPE": 1})
    found = read_result(tmp_path / "gds.h5")
    check_likelihood(found, "gds", truth)
    assert "without the prior" in " ".join(found.provenance["notes"])


def test_chi2_of_another_run_is_refused(tmp_path, truth, chi2):
    write_data_fits(tmp_path / "a.data.fits", chi2[:-1], prior=False)
    write_zout_fits(tmp_path / "a.zout.fits", truth)
    with pytest.raises(InputError, match=r"11 galaxies, a\.zout\.fits has 12"):
        read_result(tmp_path / "a.zout.fits")
