"""Groups of emission lines whose strength may differ from the grid's, by rest wavelength.

The lines of a group scatter together: they come from one ion or one zone of the nebula, and
broad bands see them as one.
"""

import numpy as np
from jaxtyping import Float

from photoz.sed.constants import LY_ALPHA_AA

# rest wavelengths in air, angstrom, as in the grid; the last group is every other line
LINE_GROUPS: dict[str, tuple[float, ...]] = {
    "oii": (3726.03, 3728.81),
    "hbeta_oiii": (4861.32, 4958.91, 5006.84),
    "halpha_nii_sii": (6548.05, 6562.80, 6583.45, 6716.44, 6730.82),
    "others": (),
}
N_LINE_GROUP = len(LINE_GROUPS)
TOLERANCE_AA = 2.0  # between air and vacuum, and between line lists


def line_membership(wave_aa: Float[np.ndarray, " n_line"]) -> Float[np.ndarray, "n_group n_line"]:
    """Return 1 where a line belongs to a group, else 0.

    Lyman alpha belongs to none: `lya_escape` is its own.

    Args:
        wave_aa: rest wavelengths of the lines, angstrom.
    """
    wave = np.asarray(wave_aa, float)
    member = np.zeros((N_LINE_GROUP, wave.size))
    for row, lines in enumerate(LINE_GROUPS.values()):
        for line in lines:
            member[row] += np.abs(wave - line) < TOLERANCE_AA
    member = np.minimum(member, 1.0)
    is_lya = np.abs(wave - LY_ALPHA_AA) < TOLERANCE_AA
    member[-1] = (member[:-1].sum(axis=0) == 0) & ~is_lya
    return member
