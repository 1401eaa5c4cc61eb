"""The galaxy stellar mass function and the redshift distribution it implies."""

import numpy as np

LOG_MASS_STEP = 0.02
MASS_FUNCTIONS = ("leja2020", "uniform")


def leja2020(log_mass: np.ndarray, z: float) -> np.ndarray:
    """Galaxies per Mpc^3 per dex of stellar mass (Leja et al. 2020, arXiv:1910.04168, eqs. 14-17).

    A double Schechter function whose parameters are quadratics in redshift through anchors at
    z = 0.2, 1.6 and 3.0; held below 0.2. Above z = 3 the normalisations fall by 0.9 and 0.4 dex
    per unit redshift, about the decline that Weaver et al. (2023, arXiv:2212.02512) find.

    Args:
        log_mass: log10 of the surviving stellar mass in solar masses, (n,).
        z: redshift.
    """
    anchors = np.array([0.2, 1.6, 3.0])
    inside = float(np.clip(z, 0.2, 3.0))

    def at(values):
        return np.polyval(np.polyfit(anchors, values, 2), inside)

    late = max(z - 3.0, 0.0)
    phi1 = 10 ** (at([-2.44, -3.08, -4.14]) - 0.9 * late)
    phi2 = 10 ** (at([-2.89, -3.29, -3.51]) - 0.4 * late)
    x = 10 ** (np.asarray(log_mass) - at([10.79, 10.88, 10.84]))
    return np.log(10) * np.exp(-x) * (phi1 * x ** (1 - 0.28) + phi2 * x ** (1 - 1.48))


def mass_table(
    z_grid: np.ndarray,
    log_mass_min: np.ndarray,
    log_mass_max: float,
    tilt: float,
    n_quantile: int,
    mass_function: str = "leja2020",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tabulate the tilted mass function above a limit for inverse-CDF sampling.

    Args:
        z_grid: redshifts, (n_z,).
        log_mass_min: smallest log10 mass at each redshift, (n_z,).
        log_mass_max: largest log10 mass.
        tilt: the proposal is the mass function times (M / 1e10)^tilt.
        n_quantile: entries of the inverse CDF.
        mass_function: one of `MASS_FUNCTIONS`; uniform is flat in log mass at every redshift.

    Returns:
        The inverse CDF of log10 mass at uniform quantiles, (n_z, n_quantile); the tilted
        density per Mpc^3 above the limit, (n_z,); the untilted one, (n_z,).
    """
    quantiles = np.linspace(0.0, 1.0, n_quantile)
    inverse = np.empty((z_grid.size, n_quantile))
    tilted, plain = np.empty(z_grid.size), np.empty(z_grid.size)
    for i, z in enumerate(z_grid):
        low = min(float(log_mass_min[i]), log_mass_max - 0.5)
        log_mass = np.linspace(low, log_mass_max, int((log_mass_max - low) / LOG_MASS_STEP) + 8)
        is_flat = mass_function == "uniform"
        phi = np.ones_like(log_mass) if is_flat else leja2020(log_mass, float(z))
        weighted = phi * 10 ** (tilt * (log_mass - 10.0))
        step = np.diff(log_mass)
        cdf = np.concatenate([[0.0], np.cumsum(0.5 * (weighted[1:] + weighted[:-1]) * step)])
        tilted[i], plain[i] = cdf[-1], np.trapezoid(phi, log_mass)
        inverse[i] = np.interp(quantiles, cdf / cdf[-1], log_mass)
    return inverse, tilted, plain
