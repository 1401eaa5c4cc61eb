"""A survey's noise beside the survey: what is fitted or loaded, simulated and compared."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.library import Library
from dashboard.plots.noise import ColourView, ErrorView
from dashboard.plots.redshifts import subset
from dashboard.store import SHARED
from photoz.catalogue import Catalogue
from photoz.errors import InputError
from photoz.noise import NoiseModel
from photoz.states import MEASURED

FITTED = "fitted on this catalogue"
NO_SIMULATION = "none: errors at its own fluxes"
N_REAL = 5_000  # galaxies compared
N_READ = 40_000  # simulated galaxies that those observed are drawn from
N_POINT = 2_000  # points drawn
N_CURVE = 80


@dataclass(frozen=True)
class NoiseFound:
    """All that the view shows.

    Attributes:
        model: the noise, in the bands that the catalogue has.
        real: at most 5,000 galaxies of the catalogue.
        mock: the simulation observed, or None where errors were drawn at the real fluxes.
        result: of `photoz.noise.compare_catalogues` or `photoz.noise.check_noise`.
    """

    model: NoiseModel
    real: Catalogue
    mock: Catalogue | None
    result: dict[str, Any]


def noise_choices(library: Library, catalogue: str) -> list[str]:
    """Return what the noise may be: fitted here, or a noise file that shares a band."""
    from photoz.noise import load_noise

    bands = set(library.catalogue_bands(catalogue))
    names = [n for n in library.noises() if bands & set(load_noise(library.path("noise", n)).bands)]
    return [FITTED, *names]


def simulation_choices(library: Library, catalogue: str) -> list[str]:
    """Return what may be simulated: simulations with a band in common first, or none."""
    bands = set(library.catalogue_bands(catalogue))
    fitting = [
        n for n in library.simulations() if bands & set(library.catalogue_bands(n, "simulations"))
    ]
    return [*fitting, NO_SIMULATION]


def compare_noise(library: Library, catalogue: str, noise: str, simulation: str) -> NoiseFound:
    """Compare a catalogue with what the noise makes of a simulation, or return what was found.

    Raises:
        InputError: no band in common, or too few galaxies.
        PhotozError: the sentences of the readers and of `photoz.noise`.
    """
    key = (
        "noise",
        library.stamp("catalogues", catalogue),
        noise if noise == FITTED else library.stamp("noise", noise),
        simulation if simulation == NO_SIMULATION else library.stamp("simulations", simulation),
    )
    return SHARED.get(key, lambda: _compare(library, catalogue, noise, simulation))


def _compare(library: Library, catalogue: str, noise: str, simulation: str) -> NoiseFound:
    from photoz.noise import check_noise, compare_catalogues, load_noise, mock_catalogue
    from photoz.noise.weights import is_proposal, weighted_sample

    everything = library.catalogue(catalogue)
    by_weight = not is_proposal(everything)
    everything = weighted_sample(everything)
    if noise == FITTED:
        model = _fit(everything, catalogue)
    else:
        model = load_noise(library.path("noise", noise))
    wanted = set(everything.bands)
    if simulation != NO_SIMULATION:
        wanted &= set(library.catalogue_bands(simulation, "simulations"))
    common = [band for band in model.bands if band in wanted]
    if not common:
        raise InputError(
            f"The noise, the catalogue {catalogue} and the simulation have no band in common. "
            "Choose another noise or simulation."
        )
    model = model.with_bands(common)
    real = everything.with_bands(common)
    real = real.take(subset(np.flatnonzero(real.usable), N_REAL))
    if simulation == NO_SIMULATION:
        return NoiseFound(model, real, None, check_noise(model, real))
    z, flux = _simulated(library, simulation, tuple(common), by_weight)
    mock = mock_catalogue(np.arange(len(z)), z, flux, tuple(common), model, seed=0)
    wave_aa = dict(zip(model.bands, map(float, model.wave_aa), strict=True))
    return NoiseFound(model, real, mock, compare_catalogues(mock, real, wave_aa))


def _fit(catalogue: Catalogue, name: str) -> NoiseModel:
    """Fit on the bands whose wavelength a shipped survey knows."""
    from photoz.noise import fit_noise
    from photoz.noise.pivots import known_pivots_aa

    known = known_pivots_aa(catalogue.bands)
    bands = [band for band in catalogue.bands if band in known]
    if not bands:
        raise InputError(
            f"No shipped survey knows the bands of {name}: fit its noise with `photoz noise fit "
            "CATALOGUE --survey TOML --out FILE` into the folder noise of the workspace, and "
            "choose it here."
        )
    return fit_noise(catalogue.with_bands(bands), known)


def _simulated(
    library: Library, simulation: str, bands: tuple[str, ...], by_weight: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Redshifts and true fluxes of at most 5,000 galaxies, by weight as the recipe's prior asks."""
    from photoz.noise.weights import thin_by_weight
    from photoz.simulate.catalogue import open_simulation

    file, _ = open_simulation(library.path("simulations", simulation))
    columns = ["z", "log_weight", *(f"flux_{band}" for band in bands)]
    table = next(file.iter_batches(batch_size=N_READ, columns=columns))
    column = lambda name: table[name].to_numpy().astype(float)  # noqa: E731
    rows = thin_by_weight(column("log_weight") if by_weight else np.zeros(table.num_rows))[:N_REAL]
    flux = np.column_stack([column(f"flux_{band}") for band in bands])
    return column("z")[rows], flux[rows]


def error_view(found: NoiseFound, band: str) -> ErrorView:
    """Return the picture of one band: at most 2,000 galaxies, and the model's curves."""
    from photoz.noise import error_curves

    b = found.real.bands.index(band)
    flux, err = found.real.flux_ujy[:, b], found.real.err_ujy[:, b]
    rows = subset(np.flatnonzero((found.real.state[:, b] == MEASURED) & (flux > 0)), N_POINT)
    if not len(rows):
        raise InputError(f"No galaxy has a flux above zero in {band}: choose another band.")
    flux, err = flux[rows], err[rows]
    # a flux that is nothing but a rounded zero would stretch the axis over ten decades
    floor = 0.03 * float(np.median(err))
    flux, err = flux[flux > floor], err[flux > floor]
    curve = np.geomspace(flux.min(), flux.max(), N_CURVE)
    return ErrorView(band, flux, err, curve, error_curves(found.model, band, curve))


def colour_view(found: NoiseFound, colour: str) -> ColourView:
    """Return the picture of one colour of `result["colours"]`, simulated against real."""
    from photoz.noise.colours import colour_of

    record = next(c for c in found.result["colours"] if c["colour"] == colour)
    mock = found.real if found.mock is None else found.mock
    pair = record["blue"], record["red"]
    return ColourView(colour, colour_of(found.real, *pair), colour_of(mock, *pair))
