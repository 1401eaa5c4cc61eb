"""The SSP grid: luminosities of simple stellar populations and their nebular emission.

A grid is data with a builder (`photoz ssp build`). Spectra are averages over pixels of a
uniform grid in log wavelength whose edges include the Lyman limit and Lyman alpha, and over
bins of stellar age whose edges include 10 Myr, so that the break, the forest and the birth
cloud fall between pixels and bins, never inside one.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from photoz.assets import asset_path
from photoz.atomic import atomic_path
from photoz.errors import GridError
from photoz.sed.check_grid import check_arrays, check_header
from photoz.sed.constants import BIRTH_CLOUD_GYR, LY_ALPHA_AA, LYMAN_LIMIT_AA

GRID_FORMAT = 1
DEFAULT_GRID = "bc03-miles.npz"
N_FOREST = 128  # pixels between the Lyman limit and Lyman alpha
LOG_PIXEL = float(np.log(LY_ALPHA_AA / LYMAN_LIMIT_AA)) / N_FOREST  # 0.2247 %


@dataclass(frozen=True)
class SSPGrid:
    """Luminosities per solar mass formed, on (metallicity, age bin, rest wavelength).

    Attributes:
        log_z: log10(Z / Z_sun) of the stellar populations, (n_z,).
        age_edges_gyr: edges of the age bins, (n_age + 1,).
        wave_edges_aa: edges of the wavelength pixels, (n_wave + 1,).
        stellar: L_sun / angstrom / M_sun, (n_z, n_age, n_wave).
        surviving: surviving fraction of the mass formed, (n_z, n_age).
        log_u: log10 ionisation parameter of the nebular grids, (n_u,).
        ionising: ionising luminosity, photons / s / M_sun over 1e46, (n_z, n_young).
        line_wave_aa: rest wavelengths of the emission lines, (n_line,).
        line: L_sun per 1e46 ionising photons / s, (n_z_gas, n_u, n_young, n_line).
        continuum_weight: coefficients of the nebular continuum, (n_z_gas, n_u, n_young, n_basis).
        continuum_basis: L_sun / angstrom per 1e46 photons / s, (n_basis, n_wave).
        dust_emission: fraction of the absorbed power re-emitted per angstrom, (n_wave,).
        provenance: builder, source, licence, code version.
        log_z_gas: log10(Z / Z_sun) of the nebular grids, (n_z_gas,), where it is not `log_z`.
    """

    log_z: np.ndarray
    age_edges_gyr: np.ndarray
    wave_edges_aa: np.ndarray
    stellar: np.ndarray
    surviving: np.ndarray
    log_u: np.ndarray
    ionising: np.ndarray
    line_wave_aa: np.ndarray
    line: np.ndarray
    continuum_weight: np.ndarray
    continuum_basis: np.ndarray
    dust_emission: np.ndarray
    provenance: dict[str, Any]
    log_z_gas: np.ndarray | None = None

    @property
    def nebular_log_z(self) -> np.ndarray:
        """Metallicities of the nebular grids, (n_z_gas,)."""
        return self.log_z if self.log_z_gas is None else self.log_z_gas

    @property
    def n_young(self) -> int:
        """Number of age bins inside the birth cloud."""
        return n_young_of(self.age_edges_gyr)

    @property
    def wave_aa(self) -> np.ndarray:
        """Logarithmic centres of the wavelength pixels in angstrom, (n_wave,)."""
        return np.sqrt(self.wave_edges_aa[1:] * self.wave_edges_aa[:-1])


def n_young_of(age_edges_gyr: np.ndarray) -> int:
    """Return the number of age bins inside the birth cloud, from their edges in Gyr, (n + 1,)."""
    return int(np.searchsorted(age_edges_gyr, BIRTH_CLOUD_GYR * (1 + 1e-6))) - 1


def wave_edges(first_aa: float, last_aa: float) -> np.ndarray:
    """Return pixel edges that cover a range, on the lattice through the Lyman limit (angstrom)."""
    low = int(np.floor(np.log(first_aa / LYMAN_LIMIT_AA) / LOG_PIXEL))
    high = int(np.ceil(np.log(last_aa / LYMAN_LIMIT_AA) / LOG_PIXEL))
    return LYMAN_LIMIT_AA * np.exp(LOG_PIXEL * np.arange(low, high + 1))


def default_age_edges_gyr() -> np.ndarray:
    """Return the 80 age bins of the shipped grid: eight to 10 Myr, then steps of 0.04 dex.

    Above 3 Gyr, where populations change slowly, the steps are 0.05 dex.
    """
    young = np.array([0, 1, 2, 3, 4, 5, 6.5, 8, 10]) * 1e-3
    parts = [np.geomspace(0.010, 0.1, 23), np.geomspace(0.1, 3.0, 38), np.geomspace(3.0, 14.0, 14)]
    return np.concatenate([young, *(part[1:] for part in parts)])


def save_grid(grid: SSPGrid, path: str | Path) -> None:
    """Write a grid as one compressed NumPy archive with a JSON header."""
    arrays = {f.name: getattr(grid, f.name) for f in fields(grid) if f.name != "provenance"}
    arrays = {name: value for name, value in arrays.items() if value is not None}
    header = json.dumps({"format": GRID_FORMAT, "provenance": grid.provenance})
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, header=np.array(header), **arrays)


def load_grid(path: str | Path | None = None) -> SSPGrid:
    """Read a grid; without a path, the shipped one.

    Raises:
        GridError: the file is missing, damaged, of another format version, or holds arrays that do
            not fit together or are not finite.
    """
    path = Path(path) if path else asset_path("ssp", DEFAULT_GRID)
    remedy = "Build one with `photoz ssp build --source bc03 --out FILE`."
    if not path.is_file():
        raise GridError(f"SSP grid {path} does not exist. {remedy}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            header = json.loads(str(archive["header"]))
            arrays = {name: archive[name] for name in archive.files if name != "header"}
    except (OSError, ValueError, KeyError, EOFError, json.JSONDecodeError) as error:
        raise GridError(f"SSP grid {path} is damaged ({error}). {remedy}") from error
    except Exception as error:  # zipfile.BadZipFile and zlib.error share no base class
        raise GridError(f"SSP grid {path} cannot be read ({error}). {remedy}") from error
    where = f"SSP grid {path}"
    header = check_header(header, where, GRID_FORMAT, remedy)
    missing = {f.name for f in fields(SSPGrid)} - {"provenance", "log_z_gas"} - set(arrays)
    if missing:
        raise GridError(f"SSP grid {path} lacks {', '.join(sorted(missing))}. {remedy}")
    arrays = {f.name: arrays[f.name] for f in fields(SSPGrid) if f.name in arrays}
    check_arrays(arrays, n_young_of(arrays["age_edges_gyr"]), where, remedy)
    step = np.diff(np.log(arrays["wave_edges_aa"]))
    if not np.allclose(step, LOG_PIXEL, rtol=1e-6):
        raise GridError(
            f"SSP grid {path} has pixels of {100 * step[0]:.4f} %, this version computes with "
            f"{100 * LOG_PIXEL:.4f} %. {remedy}"
        )
    return SSPGrid(**arrays, provenance=header["provenance"])
