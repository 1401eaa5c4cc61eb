"""Refuse SSP grids whose arrays do not fit together or hold what no spectrum can."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from photoz.errors import GridError

AXES = ("log_z", "log_z_gas", "age_edges_gyr", "wave_edges_aa", "log_u")
NOT_NEGATIVE = ("stellar", "surviving", "ionising", "line", "dust_emission", "line_wave_aa")
NOISE = 1e-6  # of the largest value: a negative number of this size is rounding


def check_header(header: Any, where: str, expected: int, remedy: str) -> dict[str, Any]:
    """Return a grid file's header, a table of this format version with its provenance.

    Raises:
        GridError: it is another version, or no header of a grid.
    """
    if not isinstance(header, dict):
        raise GridError(f"{where} has no header of a grid. {remedy}")
    if header.get("format") != expected:
        raise GridError(
            f"{where} has format {header.get('format')!r}, this version reads {expected}. {remedy}"
        )
    if not isinstance(header.get("provenance"), dict):
        raise GridError(f"{where} does not say what it was made of (provenance). {remedy}")
    return header


def check_arrays(arrays: Mapping[str, np.ndarray], n_young: int, where: str, remedy: str) -> None:
    """Check the arrays of a grid; names and shapes as `SSPGrid`.

    Args:
        arrays: all of them, by name.
        n_young: age bins inside the birth cloud.
        where: names the file.
        remedy: what to do.

    Raises:
        GridError: an array holds text, has another shape, is not finite, is negative where it may
            not be, or an axis does not increase.
    """
    for name, values in arrays.items():
        if values.dtype.kind not in "fiu":
            raise GridError(f"{where}: {name} holds {values.dtype}, expected numbers. {remedy}")
    for name, shape in _shapes(arrays, n_young).items():
        if arrays[name].shape != shape:
            raise GridError(
                f"{where}: {name} has the shape {arrays[name].shape}, its axes make it {shape}. "
                f"{remedy}"
            )
    for name, values in arrays.items():
        _check_values(name, values, where, remedy)


def _shapes(arrays: Mapping[str, np.ndarray], n_young: int) -> dict[str, tuple[int, ...]]:
    size = {name: values.size for name, values in arrays.items()}
    n_z, n_u, n_line = size["log_z"], size["log_u"], size["line_wave_aa"]
    n_gas = size.get("log_z_gas", n_z)
    n_age, n_wave = size["age_edges_gyr"] - 1, size["wave_edges_aa"] - 1
    n_basis = arrays["continuum_basis"].shape[0] if arrays["continuum_basis"].ndim else 0
    return {
        "log_z": (n_z,),
        "log_u": (n_u,),
        "age_edges_gyr": (n_age + 1,),
        "wave_edges_aa": (n_wave + 1,),
        "line_wave_aa": (n_line,),
        "stellar": (n_z, n_age, n_wave),
        "surviving": (n_z, n_age),
        "ionising": (n_z, n_young),
        "line": (n_gas, n_u, n_young, n_line),
        "continuum_weight": (n_gas, n_u, n_young, n_basis),
        "continuum_basis": (n_basis, n_wave),
        "dust_emission": (n_wave,),
    }


def _check_values(name: str, values: np.ndarray, where: str, remedy: str) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        place = ", ".join(str(i) for i in np.argwhere(~finite)[0])
        raise GridError(
            f"{where}: {name} is {values[~finite][0]} at [{place}] and not finite in "
            f"{int((~finite).sum())} places. {remedy}"
        )
    if name in AXES and (values.size < 2 or (np.diff(values) <= 0).any()):
        raise GridError(f"{where}: the axis {name} does not increase. {remedy}")
    if name in NOT_NEGATIVE and values.size and values.min() < -NOISE * values.max():
        place = ", ".join(str(i) for i in np.unravel_index(np.argmin(values), values.shape))
        raise GridError(f"{where}: {name} is {values.min():.3g}, negative, at [{place}]. {remedy}")
