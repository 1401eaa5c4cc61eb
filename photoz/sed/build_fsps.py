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

# FSPS's own nodes (Byler et al. 2017, arXiv:1611.08305) and the steps that each interval gets
LOG_U_NODES = np.arange(-4.0, -0.99, 0.5)
LOG_U_STEPS = (3,) * 6
LOG_Z_GAS_NODES = np.array([-1.98, -1.5, -0.98, -0.58, -0.39, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2])
LOG_Z_GAS_STEPS = (5, 5, 4, 2, 1, 1, 1, 1, 1, 1)
AGE_STEPS = 4
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
        {"log_z_gas": LOG_Z_GAS_NODES, "log_u": LOG_U_NODES, "wave_range_aa": edges[[0, -1]]},
        home,
        progress,
    )
    wave, ages = source["wave_aa"], source["ages_gyr"]
    in_bins = lambda rows: np.stack([_bin_average(ages, y, age_edges) for y in rows])  # noqa: E731
    to_iau = L_SUN_FSPS_ERG_S / L_SUN_ERG_S
    stellar = in_bins(cell_average(wave, source["stellar"], edges)) * to_iau
    photons, line, weight, basis = _nebular(source, age_edges, edges)
    line_wave = source["line_wave_aa"]
    lit = line_wave < last_aa
    f32 = lambda a: np.asarray(a, np.float32)  # noqa: E731
    return SSPGrid(
        log_z=source["log_z"],
        age_edges_gyr=age_edges,
        wave_edges_aa=edges,
        stellar=f32(stellar),
        surviving=f32(in_bins(source["surviving"])),
        log_u=_split(LOG_U_NODES, LOG_U_STEPS),
        ionising=f32(photons),
        line_wave_aa=line_wave[lit],
        line=f32(line[..., lit] * to_iau),
        continuum_weight=f32(weight),
        continuum_basis=f32(basis * to_iau),
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
        log_z_gas=_split(LOG_Z_GAS_NODES, LOG_Z_GAS_STEPS),
    )


def _places(steps: tuple[int, ...]) -> np.ndarray:
    """Index of each new node among the old, in fractions: interval i in steps[i] equal parts."""
    parts = [i + np.arange(n) / n for i, n in enumerate(steps)]
    return np.append(np.concatenate(parts), float(len(steps)))


def _split(values: np.ndarray, steps: tuple[int, ...]) -> np.ndarray:
    """Interpolate linearly between the entries of the first axis, interval i in steps[i] parts."""
    place = _places(steps)
    left = np.minimum(place.astype(int), len(steps) - 1)
    part = (place - left).reshape(-1, *[1] * (values.ndim - 1))
    return (1.0 - part) * values[left] + part * values[left + 1]


def _bin_average(ages_gyr: np.ndarray, y: np.ndarray, edges_gyr: np.ndarray) -> np.ndarray:
    """Average y (n_source, ...) over age bins, linear in log age as FSPS interpolates its SSPs."""
    steps = (AGE_STEPS,) * (ages_gyr.size - 1)
    return age_average(10.0 ** _split(np.log10(ages_gyr), steps), _split(y, steps), edges_gyr)


def _nebular(
    source: dict[str, np.ndarray], age_edges: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Nebulae in the shapes of a grid, from FSPS's nodes and its light per photon.

    FSPS interpolates the logarithm of nebular light in metallicity and log U, the engine the light
    itself, so the grid gets nodes between FSPS's, filled by FSPS's rule.

    Returns:
        Photons over 1e46 (n_z, n_young), lines (n_z_gas, n_u, n_young, n_line), weights of the
        continuum (n_z_gas, n_u, n_young, n_basis) and their basis (n_basis, n_wave).
    """
    n_young = int(np.searchsorted(age_edges, BIRTH_CLOUD_GYR * (1 + 1e-6))) - 1
    young = age_edges[: n_young + 1]
    ages = source["ages_gyr"][: source["photons"].shape[1]]
    photons = np.stack([_bin_average(ages, q, young) for q in source["photons"]]) / IONISING_UNIT
    solar = int(np.argmin(np.abs(source["log_z"])))
    shine = source["photons"][solar]
    continuum = cell_average(source["wave_aa"], source["continuum"], edges)
    continuum = np.where(edges[:-1] < LYMAN_LIMIT_AA * (1 - 1e-9), 0.0, continuum)

    def in_bins(per_photon: np.ndarray) -> np.ndarray:
        light = np.moveaxis(per_photon * shine[:, None], 2, 0)
        return np.moveaxis(_bin_average(ages, light, young), 0, 2) / photons[solar][:, None]

    at_nodes = in_bins(continuum)
    weight, basis = compress(_finer(at_nodes), CONTINUUM_RANK, learn_from=at_nodes)
    return photons, _finer(in_bins(source["line"])), weight, basis


def _finer(light: np.ndarray) -> np.ndarray:
    """Fill the nodes between FSPS's metallicities and log U, linear in the logarithm of light."""
    log_light = _split(np.log(np.maximum(light, 1e-300)), LOG_Z_GAS_STEPS)
    return np.exp(_split(log_light.swapaxes(0, 1), LOG_U_STEPS).swapaxes(0, 1))
