"""Observed over best-SED flux at known redshift: zero-points that no network has touched."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from photoz.errors import InputError

if TYPE_CHECKING:
    from photoz.sed import BestSED, Engine

N_ROUND = 4
MIN_SNR = 5.0
MIN_GALAXIES = 5
SOFT_SNR = 20.0  # galaxies much brighter than this count alike: templates limit them, not noise
MEDIAN_TO_MEAN = 1.2533  # scatter of a median over that of a mean
WORST_SHARE = 0.1  # galaxies whose best SED fits worst, wrong redshifts among them, are left out


@dataclass(frozen=True)
class SEDRatios:
    """The zero-points that spectra at known redshift ask for.

    Attributes:
        bands: their names.
        ratio: observed over modelled flux, 1 in the reference band, (n_band,); 1 where too few
            galaxies tell.
        sigma: error of ln(ratio), (n_band,); infinite where too few galaxies tell.
        n_used: galaxies that count in each band, (n_band,).
    """

    bands: tuple[str, ...]
    ratio: Float[np.ndarray, " n_band"]
    sigma: Float[np.ndarray, " n_band"]
    n_used: np.ndarray


def sed_ratios(
    engine: "Engine",
    flux_ujy: Float[np.ndarray, "n_gal n_band"],
    err_ujy: Float[np.ndarray, "n_gal n_band"],
    z_spec: Float[np.ndarray, " n_gal"],
    uplim_ujy: Float[np.ndarray, "n_gal n_band"] | None = None,
    *,
    reference_band: str,
    counts: np.ndarray | None = None,
    first: "BestSED | None" = None,
    rounds: int = N_ROUND,
) -> SEDRatios:
    """Iterate best SEDs and the median ratio of observed to modelled flux in each band.

    Every round fits each galaxy's SED to the fluxes over the ratios so far (as EAZY and LePHARE
    adapt their zero-points: Brammer et al. 2008; Ilbert et al. 2006), so that one band's error
    is not spread over its neighbours. Two things no spectrum can tell: a tilt over the whole range,
    which dust and age take for their own, and a band at an end that no other band overlaps.

    Args:
        engine: its bands are those of the photometry, in order.
        flux_ujy: observed fluxes, NaN where a band was not measured.
        err_ujy: their errors.
        z_spec: known redshifts.
        uplim_ujy: upper limits, NaN where there is none.
        reference_band: its ratio stays 1, since masses are free.
        counts: galaxies whose ratios count, (n_gal,) bool; the others are fitted and ignored, so
            that folds share one compiled fit.
        first: `fit_sed` of the fluxes as they are, where it is known already.
        rounds: how often.

    Raises:
        InputError: no such reference band, or fewer than `MIN_GALAXIES` galaxies measured in it.
    """
    from photoz.sed import fit_sed

    bands = engine.survey.band_names
    if reference_band not in bands:
        raise InputError(f"The reference band {reference_band!r} is not among {', '.join(bands)}.")
    counted = np.ones(len(z_spec), bool) if counts is None else np.asarray(counts, bool)
    reference = bands.index(reference_band)
    ratio = np.ones(len(bands))
    sigma, n_used = np.full(len(bands), np.inf), np.zeros(len(bands), int)
    fit = first
    for _ in range(rounds):
        limit = None if uplim_ujy is None else uplim_ujy / ratio
        scaled = flux_ujy / ratio, err_ujy / ratio
        if fit is None or fit is not first or (ratio != 1.0).any():
            fit = fit_sed(engine, *scaled, z_spec, limit, near=fit)
        misfit = fit.chi2 / np.maximum(fit.n_measured, 1)
        good = counted & (misfit <= np.quantile(misfit[counted], 1.0 - WORST_SHARE))
        change, sigma, n_used = _median_ratios(*scaled, fit.flux_ujy, good)
        if n_used[reference] < MIN_GALAXIES:
            raise InputError(
                f"Only {n_used[reference]} galaxies are measured above {MIN_SNR:g} sigma in the "
                f"reference band {reference_band}; {MIN_GALAXIES} are needed. Choose another."
            )
        ratio = ratio * change
        ratio = ratio / ratio[reference]
    ratio = np.where(n_used < MIN_GALAXIES, 1.0, ratio)
    return SEDRatios(tuple(bands), ratio, sigma, n_used)


def _median_ratios(flux, err, model, good) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted median of flux / model in each band, the error of its ln, and how many count."""
    n_band = flux.shape[1]
    ratio, sigma, n_used = np.ones(n_band), np.full(n_band, np.inf), np.zeros(n_band, int)
    with np.errstate(all="ignore"):
        snr = flux / err
        seen = good[:, None] & np.isfinite(snr) & (snr > MIN_SNR) & (model > 0)
    for b in range(n_band):
        rows = seen[:, b]
        n_used[b] = rows.sum()
        if n_used[b] < MIN_GALAXIES:
            continue
        value = flux[rows, b] / model[rows, b]
        weight = 1.0 / (1.0 / snr[rows, b] ** 2 + 1.0 / SOFT_SNR**2)
        ratio[b] = np.quantile(value, 0.5, weights=weight, method="inverted_cdf")
        scatter = 1.4826 * np.median(np.abs(value - ratio[b])) / ratio[b]
        effective = weight.sum() ** 2 / np.sum(weight**2)
        sigma[b] = MEDIAN_TO_MEAN * scatter / np.sqrt(effective)
    return ratio, sigma, n_used
