"""Dust and intergalactic attenuation of the slow reference, from the papers' equations."""

from __future__ import annotations

import numpy as np

INOUE_LIMIT_AA = 911.8  # the Lyman limit of Inoue et al. 2014
MADAU_LIMIT_AA = 912.0
MADAU_EDGES_AA = np.array([1216.0, 1026.0, 973.0, 950.0, MADAU_LIMIT_AA])
MADAU_STRENGTH = np.array([3.6e-3, 1.7e-3, 1.2e-3, 9.3e-4])


def calzetti_curve(wave_aa: np.ndarray) -> np.ndarray:
    """k(lambda) of Calzetti et al. 2000, constant below 912 A, never negative."""
    um = np.maximum(wave_aa, 912.0) / 1.0e4
    blue = -2.156 + 1.509 / um - 0.198 / um**2 + 0.011 / um**3
    red = -1.857 + 1.040 / um
    return np.maximum(2.659 * np.where(um < 0.63, blue, red) + 4.05, 0.0)


def diffuse_optical_depth(wave_aa: np.ndarray, tau_diff: float, delta: float) -> np.ndarray:
    """Kriek & Conroy 2013, eq. 1-3, with tau_diff / 4.05 in place of A_V / 4.05."""
    width_aa, centre_aa = 350.0, 2175.0
    strength = max(0.0, 0.85 - 1.9 * delta)
    product = (wave_aa * width_aa) ** 2
    bump = strength * product / ((wave_aa**2 - centre_aa**2) ** 2 + product)
    return tau_diff / 4.05 * (calzetti_curve(wave_aa) + bump) * (wave_aa / 5500.0) ** delta


def calzetti_optical_depth(wave_aa: np.ndarray, tau_diff: float, _delta: float) -> np.ndarray:
    """Calzetti et al. 2000 alone."""
    return tau_diff / 4.05 * calzetti_curve(wave_aa)


def smc_optical_depth(wave_aa: np.ndarray, tau_diff: float, _delta: float) -> np.ndarray:
    """Pei 1992, table 4, SMC: six terms, normalised at 5500 A."""
    strength = np.array([185, 27, 0.005, 0.010, 0.012, 0.030])
    place_um = np.array([0.042, 0.08, 0.22, 9.7, 18, 25])
    offset = np.array([90, 5.50, -1.95, -1.95, -1.80, 0.00])
    power = np.array([2.0, 4.0, 2.0, 2.0, 2.0, 2.0])

    def curve(um: float) -> float:
        ratio = um / place_um
        return float(np.sum(strength / (ratio**power + ratio**-power + offset)))

    return tau_diff * np.array([curve(w * 1e-4) for w in wave_aa]) / curve(0.55)


DUST_DEPTHS = {
    "kriek-conroy": diffuse_optical_depth,
    "calzetti": calzetti_optical_depth,
    "smc": smc_optical_depth,
}


def madau_optical_depth(rest_aa: np.ndarray, z: float) -> np.ndarray:
    """Madau 1995: four Lyman lines, metals, and the continuum of his footnote 3."""
    tau = np.zeros_like(rest_aa)
    for strength, line_aa in zip(MADAU_STRENGTH, MADAU_EDGES_AA, strict=False):
        tau += np.where(rest_aa < line_aa, strength * (rest_aa * (1.0 + z) / line_aa) ** 3.46, 0.0)
    tau += np.where(rest_aa < 1216.0, 0.0017 * (rest_aa * (1.0 + z) / 1216.0) ** 1.68, 0.0)
    emitted = 1.0 + z
    absorbed = np.clip(rest_aa * emitted / MADAU_LIMIT_AA, 1.0, emitted)
    return (
        tau
        + 0.25 * absorbed**3 * (emitted**0.46 - absorbed**0.46)
        + 9.4 * absorbed**1.5 * (emitted**0.18 - absorbed**0.18)
        - 0.7 * absorbed**3 * (absorbed**-1.32 - emitted**-1.32)
        - 0.023 * (emitted**1.68 - absorbed**1.68)
    )


def igm_optical_depth(rest_aa: np.ndarray, z: float, lyman: np.ndarray) -> np.ndarray:
    """Inoue et al. 2014, eq. 20-29: forest and damped systems, series and continuum."""
    tau = np.zeros_like(rest_aa)
    for _, line_aa, laf1, laf2, laf3, dla1, dla2 in lyman:
        x = rest_aa * (1.0 + z) / line_aa
        forest = np.select(
            [x < 2.2, x < 5.7], [laf1 * x**1.2, laf2 * x**3.7], default=laf3 * x**5.5
        )
        damped = np.where(x < 3.0, dla1 * x**2, dla2 * x**3)
        tau += np.where((x > 1.0) & (rest_aa < line_aa), forest + damped, 0.0)
    x = rest_aa * (1.0 + z) / INOUE_LIMIT_AA
    reached = (x > 1.0) & (rest_aa < INOUE_LIMIT_AA)
    continuum = forest_continuum(np.maximum(x, 1.0), 1.0 + z)
    continuum += damped_continuum(np.maximum(x, 1.0), 1.0 + z)
    return tau + np.where(reached, continuum, 0.0)


def forest_continuum(x: np.ndarray, zp1: float) -> np.ndarray:
    """Lyman continuum optical depth of the forest, eq. 25-27; x = observed / 911.8 A."""
    if zp1 < 2.2:
        return 0.325 * (x**1.2 - zp1**-0.9 * x**2.1)
    if zp1 < 5.7:
        near = 2.55e-2 * zp1**1.6 * x**2.1 + 0.325 * x**1.2 - 0.250 * x**2.1
        return np.where(x < 2.2, near, 2.55e-2 * (zp1**1.6 * x**2.1 - x**3.7))
    common = 5.22e-4 * zp1**3.4 * x**2.1
    near = common + 0.325 * x**1.2 - 3.14e-2 * x**2.1
    middle = common + 0.218 * x**2.1 - 2.55e-2 * x**3.7
    return np.select([x < 2.2, x < 5.7], [near, middle], default=common - 5.22e-4 * x**5.5)


def damped_continuum(x: np.ndarray, zp1: float) -> np.ndarray:
    """Lyman continuum optical depth of the damped systems, eq. 28-29."""
    if zp1 < 3.0:
        return 0.211 * zp1**2 - 7.66e-2 * zp1**2.3 * x**-0.3 - 0.135 * x**2
    common = 4.70e-2 * zp1**3 - 1.78e-2 * zp1**3.3 * x**-0.3
    return np.where(
        x < 3.0, 0.634 + common - 0.135 * x**2 - 0.291 * x**-0.3, common - 2.92e-2 * x**3
    )


def milky_way_extinction(wave_aa: np.ndarray, r_v: float = 3.1) -> np.ndarray:
    """A / E(B-V) of Fitzpatrick 1999 in the form of his own program, where R_V is free."""
    from scipy.interpolate import CubicSpline

    def ultraviolet(x):
        c2 = -0.824 + 4.717 / r_v
        far = np.clip(x - 5.9, 0.0, None)
        bump = x**2 / ((x**2 - 4.596**2) ** 2 + (0.99 * x) ** 2)
        rise = 0.5392 * far**2 + 0.05644 * far**3
        return r_v + (2.030 - 3.007 * c2) + c2 * x + 3.23 * bump + 0.41 * rise

    anchors = np.array([0.0, *(1e4 / np.array([26500, 12200, 6000, 5470, 4670, 4110, 2700, 2600]))])
    # in powers of R_V, from the first
    optical = [
        [-4.22809e-1, 1.00270, 2.13572e-4],
        [-5.13540e-2, 1.00216, -7.35778e-5],
        [7.00127e-1, 1.00184, -3.32598e-5],
        [1.19456, 1.01707, -5.46959e-3, 7.97809e-4, -4.45636e-5],
    ]
    values = [0.0, 0.26469 * r_v / 3.1, 0.82925 * r_v / 3.1]
    values += [np.polynomial.polynomial.polyval(r_v, c) for c in optical]
    values += list(ultraviolet(anchors[-2:]))
    x = 1e4 / wave_aa
    spline = CubicSpline(anchors, values, bc_type="natural")
    return np.where(wave_aa < 2700.0, ultraviolet(x), spline(x))
