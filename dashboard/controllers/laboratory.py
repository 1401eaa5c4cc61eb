"""One galaxy of the synthesis engine, set by hand."""

from dataclasses import dataclass

import numpy as np

from dashboard.plots.spectrum import DrawnBands, SpectrumView
from dashboard.store import SHARED, engine
from photoz.sed.engine import Engine

Z_MAX = {"cosmos2020": 8.0}
Z_MAX_OTHERS = 2.0
X_RANGE_UM = (0.09, 9.0)


@dataclass(frozen=True)
class Settings:
    """What the sliders say.

    Attributes:
        z: redshift.
        log_mass: log10 of the stellar mass formed in M_sun.
        start_fraction: when star formation began, lookback over the age of the universe.
        log_tau_gyr: log10 of the e-folding time in Gyr.
        log_z: log10 Z/Z_sun of stars and gas.
        tau_diffuse: optical depth of the diffuse dust at 5500 angstrom.
        tau_birth_cloud: optical depth of the birth clouds at 5500 angstrom.
        dust_index: slope of the diffuse attenuation relative to Calzetti.
        log_u: log10 ionisation parameter.
    """

    z: float = 0.7
    log_mass: float = 10.5
    start_fraction: float = 0.8
    log_tau_gyr: float = 0.3
    log_z: float = -0.2
    tau_diffuse: float = 0.3
    tau_birth_cloud: float = 0.3
    dust_index: float = -0.2
    log_u: float = -2.5


def survey_z_max(survey: str) -> float:
    """Largest redshift of the laboratory for a survey."""
    return Z_MAX.get(survey, Z_MAX_OTHERS)


def band_curves(survey: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Transmission curves by band: wavelength in micrometres, throughput."""
    bands = engine(survey, survey_z_max(survey)).survey.bands
    return {b.name: (b.wave_aa / 1e4, b.transmission) for b in bands}


def view(survey: str, settings: Settings, noise_seed: int | None = None) -> SpectrumView:
    """Compute the spectrum, its parts, the band fluxes and the history of one galaxy.

    Args:
        survey: whose bands.
        settings: of the galaxy.
        noise_seed: of the shipped noise of that survey, drawn onto the band fluxes; None for none.

    Raises:
        InputError: no noise of that survey is shipped.
    """
    from photoz.sed.observed import observed_flux_ujy

    machine = engine(survey, survey_z_max(survey))
    parameters = _parameters(machine, settings)
    spectrum = machine.spectrum(parameters, settings.z)
    flux = np.asarray(machine.photometry(parameters, settings.z))[0]
    parts = {
        "stellar": spectrum.stellar,
        "nebular": spectrum.nebular,
        "absorbed": spectrum.dust_absorbed,
        "nucleus": spectrum.agn,
        "total": spectrum.total,
    }
    seen = {
        name: observed_flux_ujy(spectrum.wave_aa, luminosity, settings.z, machine.cosmology)
        for name, luminosity in parts.items()
        if luminosity is not None
    }
    age_gyr = np.asarray(machine.tables.grid.age_edges_gyr, float)
    mass = 10.0**settings.log_mass * np.asarray(parameters.age_fraction, float)[0]
    universe = float(machine.cosmology.age_gyr(settings.z))
    born = age_gyr[:-1] < universe
    edges = np.minimum(age_gyr[: born.sum() + 1], universe)
    return SpectrumView(
        wave_um=spectrum.wave_aa * (1 + settings.z) / 1e4,
        flux_ujy=seen,
        band=machine.survey.band_names,
        pivot_um=np.array([b.pivot_aa for b in machine.survey.bands]) / 1e4,
        band_flux_ujy=flux,
        lookback_gyr=edges,
        sfr=mass[: born.sum()] / (np.diff(edges) * 1e9),
        drawn=None
        if noise_seed is None
        else _drawn(survey, machine.survey.band_names, flux, settings.z, noise_seed),
    )


def _drawn(
    survey: str, bands: tuple[str, ...], flux_ujy: np.ndarray, z: float, seed: int
) -> DrawnBands:
    """Observe the galaxy once; the same seed strays alike whatever the galaxy."""
    import jax
    import jax.numpy as jnp

    from photoz.noise import draw_noise, find_noise, load_noise

    def make():
        arrays = load_noise(find_noise(survey)).with_bands(bands).arrays(depth_jitter=0.0)
        return jax.jit(lambda key, flux, z: draw_noise(arrays, key, flux, z)[:3])

    draw = SHARED.get(("noise of the laboratory", survey), make)
    row = jnp.asarray(flux_ujy, jnp.float32)[None]
    seen = draw(jax.random.key(seed), row, jnp.full((1,), z, jnp.float32))
    return DrawnBands(*(np.asarray(values, float)[0] for values in seen))


def _parameters(machine: Engine, s: Settings):
    import jax.numpy as jnp

    from photoz.sed.population import SEDParameters
    from photoz.sed.sfh import delayed

    one = lambda value: jnp.full((1,), value, jnp.float32)  # noqa: E731
    universe = jnp.float32(machine.cosmology.age_gyr(s.z))
    history = delayed(
        one(s.start_fraction),
        one(10.0**s.log_tau_gyr),
        universe,
        machine.tables.grid.age_edges_gyr,
    )
    return SEDParameters(
        log_mass=one(s.log_mass),
        age_fraction=history,
        log_z_star=one(s.log_z),
        log_z_gas=one(s.log_z),
        log_u=one(s.log_u),
        tau_birth_cloud=one(s.tau_birth_cloud),
        tau_diffuse=one(s.tau_diffuse),
        dust_index=one(s.dust_index),
        lya_escape=one(0.2),
    )
