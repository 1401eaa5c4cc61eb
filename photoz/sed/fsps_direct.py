"""Photometry straight from FSPS, galaxy by galaxy: for validation and small samples.

The set-up of PROVABGS (Hahn et al. 2023, arXiv:2202.01809): SSPs summed over bins of lookback
time, each at its own metallicity, behind Kriek & Conroy (2013) dust, with a burst. FSPS computes
stars, nebulae, dust and its emission; redshift, IGM and bands are plain numpy at the resolution
of FSPS, sharing no code with the engine.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from photoz.errors import GridError, InputError
from photoz.sed.constants import (
    BIRTH_CLOUD_GYR,
    C_AA_S,
    CGS_TO_UJY,
    LY_ALPHA_AA,
)
from photoz.sed.cosmology import Cosmology
from photoz.sed.filters import Band
from photoz.sed.fsps_model import DUST_MODEL, IMF_TYPE, L_SUN_FSPS_ERG_S
from photoz.sed.fsps_process import Progress, run_fsps, silent
from photoz.sed.grid import default_age_edges_gyr
from photoz.sed.igm import transmission
from photoz.sed.population import SEDParameters, Switches
from photoz.sed.survey import Survey

IGM_STEP = 2e-4  # in ln wavelength, where the forest varies
YOUNG_NODES, OLD_NODES = 3, 2  # SSPs in a bin of lookback time, inside and outside birth clouds


@dataclass(frozen=True)
class Burst:
    """Part of the mass formed at one moment, an SSP of one age.

    Attributes:
        fraction: of the formed mass, (n_gal,).
        age_gyr: lookback time, (n_gal,).
    """

    fraction: np.ndarray
    age_gyr: np.ndarray


class DirectSpectra(NamedTuple):
    """Rest-frame spectra from FSPS after dust, in erg / s per galaxy.

    Attributes:
        wave_aa: rest wavelengths in angstrom, (n_wave,).
        continuum: per angstrom, (n_gal, n_wave).
        line_wave_aa: (n_line,).
        line: luminosities of the lines, (n_gal, n_line).
        surviving: surviving fraction of the mass formed, (n_gal,).
    """

    wave_aa: np.ndarray
    continuum: np.ndarray
    line_wave_aa: np.ndarray
    line: np.ndarray
    surviving: np.ndarray


def direct_photometry(
    parameters: SEDParameters,
    z: np.ndarray,
    survey: Survey,
    *,
    sps_home: str | Path | None = None,
    burst: Burst | None = None,
    age_edges_gyr: np.ndarray | None = None,
    cosmology: Cosmology | None = None,
    switches: Switches | None = None,
    progress: Progress = silent,
) -> np.ndarray:
    """Band fluxes in microjansky of galaxies, (n_gal, n_band), evaluated in FSPS.

    Args:
        parameters: as the engine takes them; `age_fraction` is a constant rate within each bin,
            `log_z_star` may differ from bin to bin. FSPS knows no `lya_escape`: the line is scaled
            after it, and its energy balance counts the whole line.
        z: redshifts, (n_gal,).
        survey: the bands.
        sps_home: the FSPS data; default the environment variable SPS_HOME.
        burst: takes its fraction of the mass from the bins.
        age_edges_gyr: edges of the bins of lookback time; default those of the grids.
        cosmology: default H0 70, Om 0.3.
        switches: which physics is on; default all.
        progress: told (done, total).

    Raises:
        GridError: the data are not usable, FSPS ended without a result, or the shapes differ.
    """
    physics = switches or Switches()
    spectra = direct_spectra(
        parameters,
        sps_home=sps_home,
        burst=burst,
        age_edges_gyr=age_edges_gyr,
        switches=physics,
        progress=progress,
    )
    redshift = np.broadcast_to(np.asarray(z, float), spectra.surviving.shape)
    cosmos = cosmology or Cosmology()
    return np.stack(
        [
            _observe(spectra, i, float(redshift[i]), survey, cosmos, igm=physics.igm)
            for i in range(redshift.size)
        ]
    )


def direct_spectra(
    parameters: SEDParameters,
    *,
    sps_home: str | Path | None = None,
    burst: Burst | None = None,
    age_edges_gyr: np.ndarray | None = None,
    switches: Switches | None = None,
    progress: Progress = silent,
) -> DirectSpectra:
    """Rest-frame spectra of galaxies from FSPS; arguments as `direct_photometry`."""
    physics = switches or Switches()
    edges = default_age_edges_gyr() if age_edges_gyr is None else np.asarray(age_edges_gyr, float)
    given = {name: leaf for name, leaf in parameters._asdict().items() if leaf is not None}
    beyond = [name for name in given if name in SEDParameters._field_defaults]
    if beyond:
        raise InputError(
            f"FSPS does not know {', '.join(beyond)}; set to None what only the engine has."
        )
    p = {name: np.asarray(leaf, float) for name, leaf in given.items()}
    result = run_fsps(
        "spectra",
        {
            "imf_type": IMF_TYPE,
            "dust_model": DUST_MODEL,
            "nebular": physics.nebular,
            "dust_emission": physics.dust_emission,
        },
        {
            **_populations(p["age_fraction"], p["log_z_star"], edges, burst),
            "dust1": p["tau_birth_cloud"],
            "dust2": p["tau_diffuse"],
            "dust_index": p["dust_index"],
            "log_z_gas": p["log_z_gas"],
            "log_u": p["log_u"],
        },
        sps_home,
        progress,
    )
    power = (10.0 ** p["log_mass"] * L_SUN_FSPS_ERG_S)[:, None]
    escape = np.where(_is_lya(result["line_wave_aa"]), p["lya_escape"][:, None], 1.0)
    return DirectSpectra(
        result["wave_aa"],
        result["spectrum"] * power,
        result["line_wave_aa"],
        result["line"] * escape * power,
        result["surviving"],
    )


def _populations(
    fraction: np.ndarray, log_z: np.ndarray, edges: np.ndarray, burst: Burst | None
) -> dict[str, np.ndarray]:
    """SSPs that sum to the galaxies: galaxy, age, mass and metallicity of each, by galaxy."""
    n_gal, n_age = fraction.shape
    if n_age != edges.size - 1:
        raise GridError(
            f"age_fraction has {n_age} bins, but the lookback bins given are {edges.size - 1}."
        )
    log_z = np.broadcast_to(log_z if log_z.ndim > 1 else log_z[:, None], (n_gal, n_age))
    node_bin, node_age, node_share = _nodes(edges)
    share = np.ones(n_gal) if burst is None else 1.0 - burst.fraction
    age = np.broadcast_to(node_age, (n_gal, node_age.size))
    mass = share[:, None] * fraction[:, node_bin] * node_share
    metals = log_z[:, node_bin]
    if burst is not None:
        place = np.clip(np.searchsorted(edges, burst.age_gyr, side="right") - 1, 0, n_age - 1)
        age = np.concatenate([age, burst.age_gyr[:, None]], axis=1)
        mass = np.concatenate([mass, burst.fraction[:, None]], axis=1)
        metals = np.concatenate([metals, log_z[np.arange(n_gal), place][:, None]], axis=1)
    used = mass != 0
    galaxy = np.broadcast_to(np.arange(n_gal)[:, None], mass.shape)
    return {
        "galaxy": galaxy[used],
        "age_gyr": age[used],
        "mass": mass[used],
        "log_z": metals[used],
    }


def _nodes(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gauss-Legendre ages in each bin: bin, age in Gyr, share of the bin's mass, (n_node,) each."""
    places, ages, shares = [], [], []
    for i, (low, high) in enumerate(pairwise(edges)):
        is_young = high <= BIRTH_CLOUD_GYR * (1 + 1e-6)
        x, weight = np.polynomial.legendre.leggauss(YOUNG_NODES if is_young else OLD_NODES)
        places.append(np.full(x.size, i))
        ages.append(0.5 * (low + high) + 0.5 * (high - low) * x)
        shares.append(0.5 * weight)
    return np.concatenate(places), np.concatenate(ages), np.concatenate(shares)


def _is_lya(line_wave_aa: np.ndarray) -> np.ndarray:
    return np.abs(line_wave_aa - LY_ALPHA_AA) < 0.5


def _observe(
    spectra: DirectSpectra, i: int, z: float, survey: Survey, cosmology: Cosmology, *, igm: bool
) -> np.ndarray:
    """Band fluxes of galaxy i in microjansky, (n_band,)."""
    wave, line_wave = spectra.wave_aa, spectra.line_wave_aa
    continuum, line = spectra.continuum[i], spectra.line[i]
    if igm:
        blue = np.exp(np.arange(np.log(wave[0]), np.log(LY_ALPHA_AA), IGM_STEP))
        beside = LY_ALPHA_AA * np.array([1 - 1e-7, 1 + 1e-7])
        fine = np.union1d(wave, np.concatenate([blue, beside]))
        continuum = np.interp(fine, wave, continuum) * transmission(fine, z)
        wave = fine
        line = line * np.where(_is_lya(line_wave), 1.0, transmission(line_wave, z))
    distance_cm = float(cosmology.luminosity_distance_cm(np.asarray(z)))
    dilution = 1.0 / (4.0 * np.pi * distance_cm**2)
    f_lambda = continuum * dilution / (1.0 + z)
    seen = (wave * (1.0 + z), f_lambda, line_wave * (1.0 + z), line * dilution)
    return np.array([_band_flux(*seen, band) for band in survey.bands])


def _band_flux(
    wave: np.ndarray, f_lambda: np.ndarray, line_wave: np.ndarray, line: np.ndarray, band: Band
) -> float:
    """Photon-counting AB flux in microjansky of a continuum and of lines (erg/s/cm2)."""
    inside = (wave > band.wave_aa[0]) & (wave < band.wave_aa[-1])
    union = np.union1d(wave[inside], band.wave_aa)
    curve = np.interp(union, band.wave_aa, band.transmission)
    light = np.trapezoid(np.interp(union, wave, f_lambda) * curve * union, union)
    at_line = np.interp(line_wave, band.wave_aa, band.transmission, left=0.0, right=0.0)
    light += np.sum(line * at_line * line_wave)
    flat = C_AA_S * np.trapezoid(band.transmission / band.wave_aa, band.wave_aa)
    return float(light / flat * CGS_TO_UJY)
