"""Refuse parameters that the engine cannot honour, before anything is computed.

Inside the jitted code a parameter off the grid would be taken as the nearest node. Where the
values are known, it is a mistake that a person wants to hear of.
"""

from typing import Any

import numpy as np
from jax.core import Tracer
from jaxtyping import Array

from photoz.errors import GridError
from photoz.sed.grid import SSPGrid
from photoz.sed.linegroups import N_LINE_GROUP
from photoz.sed.population import SEDParameters

ROUNDING = 1e-5  # of single precision, at the ends of an axis
# a history may borrow from a neighbouring bin to keep its mean age (`photoz.sed.sfh.recentre`), and
# a burst of 10 Myr, at the edge of the birth cloud, takes up to 1.2 from the next bin to stay
# narrow (`photoz.sed.provabgs`)
NEGATIVE_SHARE = 1.25
SUM_TOLERANCE = 1e-3
AT_LEAST_ZERO = ("tau_birth_cloud", "tau_diffuse", "agn.tau")
AGN_SLOPE = (-3.0, 2.0)
LARGEST_LOG_L = 20.0  # beyond it somebody meant a luminosity
# beyond these somebody meant a factor: the largest size, and what the number is
LARGEST = {
    "log_line": (3.0, "a group of lines differs from the grid's by 3 dex at most. Give log10"),
    "log_igm": (3.0, "the IGM's optical depth differs from the mean by e^3 at most. Give ln"),
}


def check_parameters(
    parameters: SEDParameters, z: Array | float, *, grid: SSPGrid, z_max: float, nebular: bool
) -> None:
    """Check the parameters of galaxies and their redshifts.

    Shapes are always checked. Values are checked where they are known: a leaf that JAX is tracing
    (under `jit`, `grad`, `vmap`) has none and passes.

    Args:
        parameters: leaves with leading axis (n_gal,).
        z: redshifts, (n_gal,) or one for all, above 0 and up to `z_max`.
        grid: the SSP grid whose axes hold.
        z_max: largest redshift of the tables.
        nebular: whether the gas matters; where it does not, its axes are not looked at.

    Raises:
        GridError: naming the parameter, the first row (counted from 1), its value, the range and
            what to do.
    """
    n_gal = _check_shapes(parameters, z, grid.age_edges_gyr.size - 1)
    leaves = _leaves(parameters).items()
    known = {name: np.asarray(leaf) for name, leaf in leaves if not _traced(leaf)}
    for name, values in known.items():
        _refuse(~np.isfinite(values), name, values, "expected a finite number; remove that galaxy")
    axes = {"log_z_star": (grid.log_z, "Z/Z_sun")}
    if nebular:
        axes |= {"log_z_gas": (grid.nebular_log_z, "Z/Z_sun"), "log_u": (grid.log_u, "U")}
    for name, (axis, of) in axes.items():
        if name in known:
            _check_axis(name, known[name], np.asarray(axis, float), of)
    for name in AT_LEAST_ZERO:
        if name in known:
            _refuse(known[name] < 0, name, known[name], "an optical depth is 0 or more")
    if "lya_escape" in known:
        share = known["lya_escape"]
        _refuse((share < 0) | (share > 1), "lya_escape", share, "a share lies in 0..1")
    for name, (largest, why) in LARGEST.items():
        if name in known:
            over = np.abs(known[name]) > largest
            _refuse(over, name, known[name], f"{why} of the factor, 0 for none")
    if "ebv_mw" in known:
        ebv = known["ebv_mw"]
        _refuse((ebv < 0) | (ebv > 20), "ebv_mw", ebv, "a reddening lies in 0..20 magnitudes")
    _check_agn(known)
    if "age_fraction" in known:
        _check_fractions(known["age_fraction"])
    if not _traced(z):
        _check_redshift(np.broadcast_to(np.asarray(z, float), (n_gal,)), z_max)


def check_one_galaxy(parameters: SEDParameters) -> None:
    """Check that the parameters are those of one galaxy.

    Raises:
        GridError: the leading axis is not 1.
    """
    n_gal = np.shape(parameters.log_mass)
    if n_gal != (1,):
        raise GridError(
            f"A spectrum is of one galaxy: log_mass has the shape {n_gal}, expected (1,). "
            "Take one with `jax.tree.map(lambda leaf: leaf[i : i + 1], parameters)`."
        )


def _leaves(parameters: SEDParameters) -> dict[str, Any]:
    """Leaves that are given, by name; those of the nucleus as `agn.slope` and so on."""
    given = {name: leaf for name, leaf in parameters._asdict().items() if leaf is not None}
    agn = given.pop("agn", None)
    return given | ({} if agn is None else {f"agn.{k}": v for k, v in agn._asdict().items()})


def _traced(value: Any) -> bool:
    return isinstance(value, Tracer)


def _check_shapes(parameters: SEDParameters, z: Array | float, n_age: int) -> int:
    """Check the shape of every leaf and return the number of galaxies."""
    if np.ndim(parameters.log_mass) != 1:
        raise GridError(
            f"log_mass has the shape {np.shape(parameters.log_mass)}; expected (n_gal,): one "
            "number per galaxy."
        )
    (n_gal,) = np.shape(parameters.log_mass)
    for name, leaf in _leaves(parameters).items():
        if name == "log_line":
            _check_groups(leaf, n_gal)
            continue
        allowed: list[tuple[int, ...]] = [(n_gal,)] if name != "age_fraction" else []
        if name in ("age_fraction", "log_z_star"):
            allowed.append((n_gal, n_age))
        if np.shape(leaf) not in allowed:
            raise GridError(
                f"{name} has the shape {np.shape(leaf)}; expected "
                f"{' or '.join(map(str, allowed))} for {n_gal} galaxies and the grid's {n_age} "
                "bins of age."
            )
    if np.shape(z) not in ((), (n_gal,)):
        raise GridError(
            f"z has the shape {np.shape(z)}; expected one redshift for all, or one for each of "
            f"the {n_gal} galaxies."
        )
    return n_gal


def _check_groups(log_line: Array, n_gal: int) -> None:
    if np.shape(log_line) != (n_gal, N_LINE_GROUP):
        raise GridError(
            f"log_line has the shape {np.shape(log_line)}; expected {(n_gal, N_LINE_GROUP)}: a "
            f"number for each of the {N_LINE_GROUP} groups of `photoz.sed.linegroups`."
        )


def _check_agn(known: dict[str, np.ndarray]) -> None:
    if "agn.torus_ratio" in known:
        ratio = known["agn.torus_ratio"]
        _refuse(ratio < 0, "agn.torus_ratio", ratio, "a torus gives 0 or more of the disc's light")
    if "agn.slope" in known:
        slope, (low, high) = known["agn.slope"], AGN_SLOPE
        why = f"the slope of a disc's f_nu lies in {low:g}..{high:g}"
        _refuse((slope < low) | (slope > high), "agn.slope", slope, why)
    if "agn.log_l_disc" in known:
        log_l = known["agn.log_l_disc"]
        why = f"a disc has at most {LARGEST_LOG_L:g}. Give log10 of its luminosity in L_sun"
        _refuse(log_l > LARGEST_LOG_L, "agn.log_l_disc", log_l, why)


def _refuse(bad: np.ndarray, name: str, values: np.ndarray, why: str) -> None:
    """Raise for the first row of a mask, (n_gal,), (n_gal, n_age) or (n_gal, n_group)."""
    if not bad.any():
        return
    place = np.argwhere(bad)[0]
    rows = int(bad.reshape(len(bad), -1).any(axis=1).sum())
    of = "group" if name == "log_line" else "age bin"
    column = f", {of} {place[1] + 1}" if len(place) > 1 else ""
    raise GridError(
        f"{name} is {float(values[tuple(place)]):g} in row {place[0] + 1}{column}"
        f"{f' (and {rows - 1} more rows)' if rows > 1 else ''}: {why}."
    )


def _check_axis(name: str, values: np.ndarray, axis: np.ndarray, of: str) -> None:
    low, high = axis[0], axis[-1]
    _refuse(
        (values < low - ROUNDING) | (values > high + ROUNDING),
        name,
        values,
        f"outside the SSP grid, whose axis of log10 {of} runs from {low:.4g} to {high:.4g}. Clip "
        "it to that range, or build a grid that reaches further with `photoz ssp build`",
    )


def _check_fractions(fraction: np.ndarray) -> None:
    _refuse(
        fraction < -NEGATIVE_SHARE,
        "age_fraction",
        fraction,
        "a share of the mass formed is 0 or more",
    )
    total = fraction.sum(axis=-1)
    _refuse(
        np.abs(total - 1.0) > SUM_TOLERANCE,
        "The sum of age_fraction",
        total,
        "the shares of the mass formed sum to 1. Divide the row by its sum and add its log10 to "
        "log_mass",
    )


def _check_redshift(z: np.ndarray, z_max: float) -> None:
    _refuse(
        ~((z > 0.0) & (z <= z_max * (1.0 + ROUNDING))),
        "z",
        z,
        f"the engine's redshifts are above 0 and up to {z_max:g}. Load it with a larger "
        "`z_max=`, or leave that galaxy out",
    )
