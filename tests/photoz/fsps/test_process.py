"""A child that ends early gives a sentence, whatever its exit status."""

import sys

import numpy as np
import pytest

from photoz.errors import GridError
from photoz.sed import fsps_process
from photoz.sed.build_fsps import build_fsps
from photoz.sed.fsps_process import run_fsps

SPECTRA = {
    "imf_type": 1,
    "nebular": False,
    "dust_emission": False,
    "dust_model": {"duste_gamma": 0.01},
}


def one_ssp(age_gyr=1.0):
    column = {"age_gyr": age_gyr, "mass": 1.0, "log_z": 0.0, "log_z_gas": 0.0, "log_u": -2.0}
    column |= {"dust1": 0.0, "dust2": 0.0, "dust_index": 0.0}
    arrays = {name: np.array([value]) for name, value in column.items()}
    return arrays | {"galaxy": np.array([0])}


@pytest.mark.slow
def test_files_that_fsps_cannot_read(hollow_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GridError, match="FSPS ended without a result"):
        build_fsps(hollow_home)
    assert [path.name for path in tmp_path.iterdir()] == ["hollow"]


@pytest.mark.slow
def test_an_exit_status_of_zero_is_not_success(linked_home, layout, monkeypatch):
    home = linked_home(without=layout.library_files[0])
    monkeypatch.setattr(fsps_process, "checked_home", lambda folder: (home, layout))
    with pytest.raises(GridError, match=r"exit status 0.*cannot be opened"):
        run_fsps("spectra", SPECTRA, one_ssp())


@pytest.mark.slow
def test_another_library_than_was_checked_is_refused(sps_home, layout, monkeypatch):
    from dataclasses import replace

    other = replace(layout, library="pickles")
    monkeypatch.setattr(fsps_process, "checked_home", lambda folder: (sps_home, other))
    with pytest.raises(GridError, match=r"was built for the .* spectra.*pickles"):
        run_fsps("spectra", SPECTRA, one_ssp())


@pytest.mark.slow
def test_progress_is_told_and_fsps_stays_out_of_this_process(sps_home):
    seen = []
    result = run_fsps("spectra", SPECTRA, one_ssp(), sps_home, lambda *told: seen.append(told))
    assert seen == [(0, 1), (1, 1)]
    assert result["spectrum"].shape == (1, result["wave_aa"].size)
    assert "fsps" not in sys.modules
