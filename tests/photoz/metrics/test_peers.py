"""The definitions decide: saved posteriors of public codes give their published table."""

import os
from pathlib import Path

import pytest

from photoz.infer import read_peer
from photoz.metrics import evaluate

DATA = Path(os.environ.get("PHOTOZ_DATA", "nowhere"))
KEYS = (
    "sigma_nmad",
    "outlier_fraction",
    "log_score",
    "crps",
    "coverage_68",
    "coverage_95",
    "pit_ks",
)
# half of the last printed digit of each column; but the table's CRPS were summed on the coarse
# grid with a step function that jumps at its points, ours is the exact integral
HALF_DIGIT = (5e-5, 5e-4, 5e-3, 2.5e-4, 5e-3, 5e-3, 5e-3)
TABLE = {
    "cosmos2020_first100_lephare": (0.0161, 0.05, 0.33, 0.1285, 0.38, 0.64, 0.28),
    "cosmos2020_first100_lephare_adapt": (0.0175, 0.05, 0.43, 0.1341, 0.40, 0.65, 0.25),
    "cosmos2020_first100_eazy_zp": (0.0064, 0.06, 0.72, 0.1452, 0.52, 0.62, 0.18),
    "cosmos2020_first100_eazy_zp_te": (0.0066, 0.06, 1.19, 0.1471, 0.55, 0.66, 0.16),
    "cosmos2020_first100_lephare_adapt_heldout": (0.0155, 0.05, 0.41, 0.1368, 0.42, 0.69, 0.24),
    "cosmos2020_first100_eazy_zp_heldout": (0.0079, 0.06, 0.67, 0.1464, 0.51, 0.64, 0.17),
    "cosmos2020_first100_eazy_zp_te_heldout": (0.0066, 0.05, 1.19, 0.1433, 0.54, 0.67, 0.15),
    "hdfn_fs99_lephare": (0.0409, 0.061, 0.63, 0.1006, 0.54, 0.86, 0.15),
    "hdfn_fs99_lephare_adapt": (0.0420, 0.044, 0.64, 0.0909, 0.61, 0.86, 0.10),
    "hdfn_fs99_eazy_zp": (0.0314, 0.079, 0.09, 0.1825, 0.47, 0.72, 0.21),
    "hdfn_fs99_eazy_zp_te": (0.0337, 0.079, 0.24, 0.1764, 0.50, 0.76, 0.21),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_public_codes_row_of_the_table(name):
    path = DATA / "peers" / f"{name}.parquet"
    if not path.is_file():
        pytest.skip(f"the saved posteriors {path.name} are not here (set PHOTOZ_DATA)")
    (row,) = evaluate(read_peer(path), n_bootstrap=0)
    for key, printed, half in zip(KEYS, TABLE[name], HALF_DIGIT, strict=True):
        # one part in a hundred of half a digit for how the printed number itself was rounded
        assert abs(row[key] - printed) <= 1.01 * half, (key, row[key], printed)
