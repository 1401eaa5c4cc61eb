"""Build an SSP grid with python-fsps (Conroy et al. 2009, arXiv:0809.4261) from the user's data.

FSPS works in a child process (`photoz.sed.fsps_child`); here its SSPs become averages over the
pixels and age bins of a grid. Chabrier IMF, as PROVABGS (Hahn et al. 2023, arXiv:2202.01809).
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np

from photoz.provenance import file_sha256, provenance
from photoz.sed.constants import BIRTH_CLOUD_GYR, L_SUN_ERG_S, LYMAN_LIMIT_AA
from photoz.sed.fsps_home import checked_home
from photoz.sed.fsps_model import DUST_MODEL, FSPS_FAULTS, IMF, IMF_TYPE, L_SUN_FSPS_ERG_S
from photoz.sed.fsps_process import Progress, run_fsps, silent
from photoz.sed.grid import SSPGrid, default_age_edges_gyr, wave_edges
from photoz.sed.onto_lattice import CONTINUUM_RANK, age_average, cell_average, compress

LOG_U_NODES = np.arange(-4.0, -0.99, 0.5)  # FSPS's own
IONISING_UNIT = 1e46


def build_fsps(
    folder: Path | None = None,
    first_aa: float = 300.0,
    last_aa: float = 66_000.0,
    progress: Progress = silent,
) -> SSPGrid:
    """Build a grid from every metallicity and age of the installed python-fsps.

    Args:
        folder: SPS_HOME; default the environment variable.
        first_aa: first rest wavelength in angstrom.
        last_aa: last rest wavelength in angstrom.
        progress: told (done, total).

    Raises:
        GridError: the data are not usable or FSPS ended without a result.
    """
    home, layout = checked_home(folder)
    edges, age_edges = wave_edges(first_aa, last_aa), default_age_edges_gyr()
    source = run_fsps(
        "tables",
        {"imf_type": IMF_TYPE, "dust_emission": False, "dust_model": DUST_MODEL},
        {"log_u": LOG_U_NODES, "wave_range_aa": edges[[0, -1]]},
        home,
        progress,
    )
    wave, ages = source["wave_aa"], source["ages_gyr"]
    in_bins = lambda rows: np.stack([age_average(ages, y, age_edges) for y in rows])  # noqa: E731
    to_iau = L_SUN_FSPS_ERG_S / L_SUN_ERG_S
    stellar = in_bins(cell_average(wave, source["stellar"], edges)) * to_iau
    photons, line, continuum = _nebular(source, age_edges, edges)
    weight, basis = compress(continuum * to_iau, CONTINUUM_RANK)
    line_wave = source["line_wave_aa"]
    lit = line_wave < last_aa
    f32 = lambda a: np.asarray(a, np.float32)  # noqa: E731
    return SSPGrid(
        log_z=source["log_z"],
        age_edges_gyr=age_edges,
        wave_edges_aa=edges,
        stellar=f32(stellar),
        surviving=f32(in_bins(source["surviving"])),
        log_u=_with_midpoints(LOG_U_NODES),
        ionising=f32(photons),
        line_wave_aa=line_wave[lit],
        line=f32(line[..., lit] * to_iau),
        continuum_weight=f32(weight),
        continuum_basis=f32(basis),
        dust_emission=f32(cell_average(wave, source["dust_emission"], edges)),
        provenance=provenance(
            "ssp-grid",
            builder="fsps",
            source=f"python-fsps {version('fsps')}, {IMF} IMF, Draine & Li (2007) dust emission",
            libraries=dict(
                zip(("isochrones", "spectra", "dust"), source["libraries"].tolist(), strict=True)
            ),
            layout=layout.name,
            z_solar=float(source["z_solar"]),
            imf=IMF,
            dust_model=DUST_MODEL,
            notes=FSPS_FAULTS.get(layout.name, []),
            licence="that of the FSPS data it was built from; not shipped with photoz",
            sha256={name: file_sha256(home / name) for name in layout.library_files},
        ),
    )


def _with_midpoints(axis: np.ndarray) -> np.ndarray:
    """Insert the middle of every step of an axis: n values become 2 n - 1."""
    out = np.empty(2 * axis.size - 1)
    out[::2], out[1::2] = axis, 0.5 * (axis[1:] + axis[:-1])
    return out


def _nebular(
    source: dict[str, np.ndarray], age_edges: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photons over 1e46, (n_z, n_young), lines and continuum per such photon.

    Both are (n_z, n_u, n_young, n_line or n_wave).

    FSPS interpolates the logarithm of nebular light between its log U, the engine the light
    itself: geometric means halfway between FSPS's log U keep the two within a per cent.
    """
    n_young = int(np.searchsorted(age_edges, BIRTH_CLOUD_GYR * (1 + 1e-6))) - 1
    young = age_edges[: n_young + 1]
    ages = source["ages_gyr"][: source["photons"].shape[1]]
    photons = np.stack([age_average(ages, row, young) for row in source["photons"]]) / IONISING_UNIT
    continuum = cell_average(source["wave_aa"], source["continuum"], edges)
    continuum = np.where(edges[:-1] < LYMAN_LIMIT_AA * (1 - 1e-9), 0.0, continuum)
    per_photon = []
    for values in (source["line"], continuum):
        mean = np.stack([[age_average(ages, y, young) for y in rows] for rows in values])
        mean /= photons[:, None, :, None]
        full = np.empty((mean.shape[0], 2 * mean.shape[1] - 1, *mean.shape[2:]))
        full[:, ::2], full[:, 1::2] = mean, np.sqrt(mean[:, 1:] * mean[:, :-1])
        per_photon.append(full)
    return photons, per_photon[0], per_photon[1]
