"""Star-formation histories of the slow reference, as quadrature nodes in lookback age.

Parameters of a history (a dict):
    log_sfr_ratios: (6,) log10(SFR in a bin / SFR in the next older bin), seven bins, or
    tau_gyr and t_start_gyr: SFR ~ t exp(-t / tau), t since t_start_gyr before observation, or
    beta (4,), gamma (2,), burst_fraction, burst_gyr, scaled: bases of Hahn et al. 2023, with
        lookback time stretched to the age of the universe or not.
    log_z_zsun: metallicity of the stars where the history has none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

BASES = Path(__file__).resolve().parent.parent / "assets" / "provabgs"
GAUSS_X, GAUSS_W = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True)
class History:
    """Nodes of a history, (n,): lookback ages in years, masses formed in Msun, log Z/Z_sun."""

    age_yr: np.ndarray
    mass: np.ndarray
    log_z: np.ndarray


def continuity_edges_yr(universe_yr: float) -> np.ndarray:
    """(8,) lookback ages of the bin edges of Leja et al. 2019, in years."""
    middle = np.logspace(np.log10(1.0e8), np.log10(0.85 * universe_yr), 5)
    return np.concatenate([[0.0, 3.0e7], middle, [universe_yr]])


def star_formation(params: dict, universe_yr: float, breaks_yr: np.ndarray) -> History:
    """Quadrature nodes of the history in a universe of that age.

    Eight Gauss-Legendre nodes between neighbouring breaks of the history or of any grid
    that is interpolated linearly in age, so the age integrals are exact to rounding.
    """
    total = 10.0 ** params["log_mass_formed"]
    if "beta" in params:
        return bases_and_burst(params, universe_yr, breaks_yr, total)
    if "log_sfr_ratios" in params:
        edges = continuity_edges_yr(universe_yr)
        older_over_first = np.concatenate([[0.0], -np.cumsum(params["log_sfr_ratios"])])
        age, step = nodes(edges, breaks_yr)
        mass = step * (10.0**older_over_first)[np.searchsorted(edges, age) - 1]
    else:
        edges = np.array([0.0, params["t_start_gyr"] * 1e9])
        age, step = nodes(edges, breaks_yr)
        since_start = edges[-1] - age
        mass = step * since_start * np.exp(-since_start / (params["tau_gyr"] * 1e9))
    return History(age, mass * total / mass.sum(), np.full_like(age, params["log_z_zsun"]))


def nodes(edges: np.ndarray, breaks_yr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ages (n,) and weights (n,) in years of the quadrature from 0 to the last edge."""
    knots = np.unique(np.concatenate([breaks_yr[breaks_yr < edges[-1]], edges]))
    half = np.diff(knots)[:, None] / 2.0
    return (knots[:-1, None] + half * (1.0 + GAUSS_X)).ravel(), (half * GAUSS_W).ravel()


def bases_and_burst(
    params: dict, universe_yr: float, breaks_yr: np.ndarray, total: float
) -> History:
    """Hahn et al. 2023: four bases, two of metallicity, and one burst at one age."""
    time = np.loadtxt(BASES / "lookback_gyr.txt") * 1e9
    sfh, metals = (np.loadtxt(BASES / f"{n}_basis.txt") for n in ("sfh", "metallicity"))
    if params["scaled"]:
        time = time * universe_yr / time[-1]
    edges = np.append(time[time < universe_yr], universe_yr)
    age, step = nodes(edges, breaks_yr)
    rate = sum(b * np.interp(age, time, row) for b, row in zip(params["beta"], sfh, strict=True))
    mass = step * rate / np.sum(step * rate)
    burst_yr = params["burst_gyr"] * 1e9
    if burst_yr < universe_yr:
        age = np.append(age, burst_yr)
        mass = np.append((1.0 - params["burst_fraction"]) * mass, params["burst_fraction"])
    z = sum(g * np.interp(age, time, row) for g, row in zip(params["gamma"], metals, strict=True))
    return History(age, mass * total, np.log10(np.clip(z, 4.49e-5, 4.49e-2) / 0.019))


def hats(x: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """(n_axis, n) linear interpolation weights of x among increasing nodes, ends held."""
    return np.stack([np.interp(x, axis, row) for row in np.eye(axis.size)])


def hat_weights(x: np.ndarray, mass: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """(n_node,) sums of mass times the linear interpolation weights of x among the nodes.

    Outside the nodes the end value is held.
    """
    upper = np.clip(np.searchsorted(nodes, x), 1, nodes.size - 1)
    share = np.clip((x - nodes[upper - 1]) / (nodes[upper] - nodes[upper - 1]), 0.0, 1.0)
    low = np.bincount(upper - 1, mass * (1.0 - share), nodes.size)
    return low + np.bincount(upper, mass * share, nodes.size)


def neighbours(value: float, nodes: np.ndarray) -> list[tuple[int, float]]:
    """The two grid indices around a value with their linear weights."""
    i = int(np.clip(np.searchsorted(nodes, value), 1, nodes.size - 1))
    share = float(np.clip((value - nodes[i - 1]) / (nodes[i] - nodes[i - 1]), 0.0, 1.0))
    return [(i - 1, 1.0 - share), (i, share)]
