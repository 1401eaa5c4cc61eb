"""The best spectrum at each peak of a galaxy's posterior, fitted through the engine."""

from typing import Any

import numpy as np

from dashboard.controllers.galaxies import Inference
from dashboard.plots.best_sed import SEDCurve, SEDView
from dashboard.store import SHARED
from photoz.errors import InputError
from photoz.infer.densities import POOL
from photoz.infer.peaks import posterior_peaks

N_PEAK = 3
N_POINT = 600  # of a curve


def best_seds(found: Inference, row: int) -> SEDView:
    """Fit the galaxy's photometry, calibrated where offsets are active, at each of its peaks.

    The same numbers as `photoz.sed.fit_sed` at those redshifts. Peaks are those of the mixture,
    or of the one estimator there is.

    Raises:
        InputError: no shipped survey has the bands, or the galaxy has no measured band.
    """
    from photoz.sed.fit import fit_sed

    one = found.catalogue.take(np.array([row]))
    flux, err, limit = one.flux_ujy, one.err_ujy, one.uplim_ujy
    if found.calibration is not None:
        from photoz.calibrate import apply

        moved = apply(found.calibration.for_bands(one.bands), flux, err, limit)
        flux, err, limit = (np.asarray(part, float) for part in moved[:3])
    engine = _engine(one.bands, found.z_max)
    posterior = found.posterior(row)
    best = POOL if POOL in posterior.estimators else posterior.estimators[0]
    peaks = posterior_peaks(found.z_grid, posterior.pdf[best][0], N_PEAK)
    z = np.array([max(peak.z, float(found.z_grid[1])) for peak in peaks])
    z = np.append(z, np.repeat(z[:1], N_PEAK - len(z)))  # one shape: compiled once
    several = lambda a: np.repeat(a, N_PEAK, axis=0)  # noqa: E731
    fit = fit_sed(engine, several(flux), several(err), z, several(limit))
    return SEDView([_curve(fit, i, peak.probability) for i, peak in enumerate(peaks)])


def _engine(bands: tuple[str, ...], z_max: float) -> Any:
    from photoz.sed import Engine, load_survey
    from photoz.sed.survey import surveys_of_bands

    names = list(surveys_of_bands(bands))
    if not names:
        raise InputError(
            f"No shipped survey has the bands {', '.join(bands)}, so no spectrum can be drawn "
            "through this photometry."
        )
    return SHARED.get(
        ("engine", names[0], bands, z_max),
        lambda: Engine.load(load_survey(names[0]).subset(bands), z_max=z_max),
    )


def _curve(fit: Any, i: int, probability: float) -> SEDCurve:
    from photoz.sed.observed import observed_flux_ujy

    spectrum, z = fit.spectrum(i), float(fit.z[i])
    wave = spectrum.wave_aa * (1 + z)
    flux = observed_flux_ujy(spectrum.wave_aa, spectrum.total, z, fit.engine.cosmology)
    seen = (wave > 2_000) & (wave < 70_000)
    thin = np.flatnonzero(seen)
    step = max(1, len(thin) // N_POINT)
    n = len(thin) // step * step
    mean = lambda a: a[thin][:n].reshape(-1, step).mean(axis=1)  # noqa: E731
    parameters = fit.parameters
    return SEDCurve(
        z=z,
        probability=probability,
        chi2=float(fit.chi2[i]),
        n_measured=int(fit.n_measured[i]),
        log_mass=float(parameters.log_mass[i]),
        tau_diffuse=float(parameters.tau_diffuse[i]),
        wave_um=mean(wave) / 1e4,
        flux_ujy=mean(flux),
        band_flux_ujy=np.asarray(fit.flux_ujy[i], float),
    )
