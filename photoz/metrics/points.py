"""Point-estimate metrics of dz = (z_phot - z_spec) / (1 + z_spec)."""

import numpy as np

OUTLIER = 0.15


def normalised_dz(z_phot: np.ndarray, z_spec: np.ndarray) -> np.ndarray:
    """Return (z_phot - z_spec) / (1 + z_spec), (n,)."""
    return (np.asarray(z_phot, np.float64) - z_spec) / (1.0 + np.asarray(z_spec, np.float64))


def sigma_nmad(dz: np.ndarray) -> float:
    """Return 1.4826 median |dz - median dz| (Hoaglin et al. 1983; Brammer et al. 2008)."""
    return float(1.4826 * np.median(np.abs(dz - np.median(dz))))


def outlier_fraction(dz: np.ndarray, threshold: float = OUTLIER) -> float:
    """Return the fraction of |dz| above a threshold."""
    return float(np.mean(np.abs(dz) > threshold))


def bias(dz: np.ndarray) -> float:
    """Return the median of dz."""
    return float(np.median(dz))
