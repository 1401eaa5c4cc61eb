"""Fit the noise of a survey on the errors that its own catalogue quotes."""

from collections.abc import Mapping

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.errors import CatalogueError
from photoz.noise.model import NoiseModel, default_floor, merge_patterns
from photoz.noise.pivots import pivots_aa
from photoz.states import LIMIT, MEASURED, MISSING

N_FIT = 20_000
MIN_GALAXIES = 5
MIN_NEAR = 10


def fit_noise(catalogue: Catalogue, wave_aa: Mapping[str, float] | None = None) -> NoiseModel:
    """Fit p(ln sigma | flux, band), its correlation, the missing bands and the limits.

    Args:
        catalogue: the survey's galaxies; 100 are enough for the curves.
        wave_aa: pivot wavelength of each band; None looks the bands up in the shipped surveys.

    Raises:
        CatalogueError: no galaxy with a measured band.
        InputError: a band whose wavelength is not known.
    """
    pivots = pivots_aa(catalogue.bands, wave_aa)
    state = catalogue.state
    if not (state == MEASURED).any():
        raise CatalogueError(
            f"The catalogue's {catalogue.n} galaxies have no measured flux with an error: the "
            "noise cannot be fitted. Give a depth table instead (columns band, depth_ab_mag, "
            "n_sigma)."
        )
    n_band = len(catalogue.bands)
    curves = np.zeros((n_band, 3))
    residual = np.full(state.shape, np.nan)
    for b in range(n_band):
        rows = state[:, b] == MEASURED
        flux, err = catalogue.flux_ujy[rows, b], catalogue.err_ujy[rows, b]
        curves[b] = _fit_curve(flux, err)
        residual[rows, b] = np.log(err) - 0.5 * np.log(_variance(curves[b], flux))
    scatter, correlation = _scatter(residual)
    patterns, share = merge_patterns(state == MISSING, np.ones(catalogue.n))
    censor_snr, limit_n_sigma = _limits(catalogue, curves[:, 0])
    from photoz.provenance import provenance

    return NoiseModel(
        bands=catalogue.bands,
        wave_aa=pivots,
        sigma0_ujy=curves[:, 0],
        photon_ujy=curves[:, 1],
        fraction=curves[:, 2],
        scatter=scatter,
        correlation=correlation,
        floor=default_floor(pivots),
        patterns=patterns,
        pattern_share=share,
        censor_snr=censor_snr,
        limit_n_sigma=limit_n_sigma,
        provenance=provenance("noise", parents={"catalogue": catalogue.provenance}, n=catalogue.n),
    )


def _variance(curve: np.ndarray, flux: np.ndarray) -> np.ndarray:
    """sigma0^2 + photon f + (fraction f)^2 of one band, negative flux counted as zero."""
    positive = np.maximum(flux, 0.0)
    return curve[0] ** 2 + curve[1] * positive + (curve[2] * positive) ** 2


def _fit_curve(flux: np.ndarray, err: np.ndarray) -> np.ndarray:
    """Robust fit of ln err against flux: sigma0, photon, fraction, all positive.

    Each term is physical, so the curve continues sanely past the sample: constant to the faint
    side, proportional to flux to the bright one.
    """
    from scipy.optimize import least_squares

    if len(flux) == 0:
        return np.array([1.0, 0.0, 0.0])
    if len(flux) < MIN_GALAXIES:
        return np.array([np.median(err), 0.0, 0.0])
    if len(flux) > N_FIT:
        pick = np.random.default_rng(0).choice(len(flux), N_FIT, replace=False)
        flux, err = flux[pick], err[pick]
    # in units of a typical error, so that bounds and starting point suit any survey
    unit = np.median(err)
    x, log_err = np.maximum(flux, 0.0) / unit, np.log(err / unit)
    typical = max(float(np.median(x)), 1e-3)
    start = np.log([np.quantile(err, 0.1) / unit, 0.3 / typical, 0.3 / typical])

    def misfit(p: np.ndarray) -> np.ndarray:
        return 0.5 * np.log(_variance(np.exp(p), x)) - log_err

    # the ranges keep what the sample cannot tell between negligible and absurd
    lower = start - np.array([4.0, 12.0, 8.0])
    upper = start + np.array([3.0, 5.0, 5.0])
    best = least_squares(misfit, start, bounds=(lower, upper), loss="soft_l1", f_scale=0.2).x
    sigma0, photon, fraction = np.exp(best)
    return np.array([sigma0 * unit, photon * unit, fraction])


def _scatter(residual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scatter (n_band,) of ln sigma and its correlation, from residuals (n, n_band) with NaN.

    Residuals are clipped at four robust standard deviations; the correlation is shrunk to the
    unit matrix, more where galaxies are few, which also makes it positive definite.
    """
    n, n_band = residual.shape
    scatter = np.full(n_band, 0.1)
    clipped = np.zeros_like(residual)
    for b in range(n_band):
        seen = np.isfinite(residual[:, b])
        if seen.sum() < MIN_GALAXIES:
            continue
        centred = residual[seen, b] - np.median(residual[seen, b])
        bound = 4.0 * max(1.4826 * float(np.median(np.abs(centred))), 0.01)
        clipped[seen, b] = np.clip(centred, -bound, bound)
        scatter[b] = max(clipped[seen, b].std(), 0.01)
    seen = np.isfinite(residual).astype(float)
    power = (clipped**2).T @ seen
    correlation = clipped.T @ clipped / np.sqrt(np.maximum(power * power.T, 1e-30))
    correlation *= n / (n + n_band)
    np.fill_diagonal(correlation, 1.0)
    values, axes = np.linalg.eigh(correlation)
    positive = (axes * np.maximum(values, 0.02)) @ axes.T
    diagonal = np.sqrt(np.diag(positive))
    return scatter, positive / np.outer(diagonal, diagonal)


def _limits(catalogue: Catalogue, sigma0: np.ndarray) -> tuple[float | None, float]:
    """The censoring rule and how many sigma a limit is, as the catalogue shows them."""
    state = catalogue.state
    if not (state == LIMIT).any():
        return None, 3.0
    measured = state == MEASURED
    snr = np.where(
        measured, catalogue.flux_ujy / np.where(measured, catalogue.err_ujy, 1.0), np.nan
    )
    # the lowest ratio still quoted as a flux tells where limits begin; one in 10,000 may stray
    lowest = float(np.quantile(snr[measured], 1e-4))
    censor_snr = lowest if lowest > 0.5 else 0.0
    return censor_snr, _limit_n_sigma(catalogue, snr, censor_snr, sigma0)


def _limit_n_sigma(
    catalogue: Catalogue, snr: np.ndarray, censor_snr: float, sigma0: np.ndarray
) -> float:
    """Median ratio of limits to the errors of galaxies that just escaped being a limit.

    Galaxies with large errors are the ones that become limits, so the background error is too
    small a measure; those within one sigma above the threshold were selected almost alike. A
    band with fewer than ten of them counts only where no band has more, by its background error.
    """
    near = (snr > censor_snr) & (snr < censor_snr + 1.0)
    ratios, poor = [], []
    for b, background in enumerate(sigma0):
        limit = catalogue.uplim_ujy[np.isfinite(catalogue.uplim_ujy[:, b]), b]
        poor.append(limit / background)
        if near[:, b].sum() >= MIN_NEAR:
            ratios.append(limit / np.median(catalogue.err_ujy[near[:, b], b]))
    found = np.concatenate(ratios) if ratios else np.zeros(0)
    return float(np.median(found if len(found) else np.concatenate(poor)))
