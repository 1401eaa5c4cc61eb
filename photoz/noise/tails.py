"""The tails of the noise, from pairs of bands that see nearly the same light.

Quoted errors alone cannot tell how far fluxes stray: without a second measurement `student_nu`
stays the model's default, and the tails are an assumption. Two bands with almost the same curve,
from two cameras, are that second measurement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.errors import InputError
from photoz.states import MEASURED

# of the mean of both; brighter, the small difference of the curves is what is seen
SNR_RANGE = (5.0, 20.0)
MIN_PAIRS = 50
NU_GRID = np.geomspace(2.1, 40.0, 40)
X_GRID = np.linspace(-400.0, 400.0, 2**16 + 1)


@dataclass(frozen=True)
class Tails:
    """What pairs of bands say of the flux noise.

    Attributes:
        student_nu: degrees of freedom that fit all pairs together.
        nu_low: lower end of its 68 % interval.
        nu_high: upper end.
        pairs: (bluer, redder) names as given.
        n: (n_pair,) galaxies used.
        error_scale: (n_pair,) how many times the quoted errors the differences scatter.
    """

    student_nu: float
    nu_low: float
    nu_high: float
    pairs: tuple[tuple[str, str], ...]
    n: tuple[int, ...]
    error_scale: tuple[float, ...]


def fit_tails(catalogue: Catalogue, pairs: Sequence[tuple[str, str]]) -> Tails:
    """Fit the degrees of freedom of Student's t to flux differences between like bands.

    A difference is flux(a) - k flux(b) over the errors of both in quadrature, k the median ratio
    of the pair, for galaxies whose weighted mean of both is at 5 to 20 sigma: a choice by either
    band alone would cut the tails off. Each flux strays by a t of the same nu, so the difference
    is a sum of two. What the difference of the curves does with the colours of galaxies is in it
    as well, so `error_scale` is an upper limit.

    Args:
        catalogue: the survey.
        pairs: names of bands with nearly the same curve.

    Raises:
        CatalogueError: a band that the catalogue does not have.
        InputError: no pair, or one with fewer than 50 such galaxies.
    """
    if not pairs:
        raise InputError("Tails are fitted on pairs of bands with nearly the same curve: name one.")
    pulls = [_pulls(catalogue, *pair) for pair in pairs]
    log_like, scales = np.zeros(len(NU_GRID)), np.zeros((len(NU_GRID), len(pairs)))
    for i, nu in enumerate(NU_GRID):
        log_density = _log_density_of_mean(nu)
        for j, pull in enumerate(pulls):
            scales[i, j], best = _fit_scale(pull, log_density)
            log_like[i] += best
    top = int(np.argmax(log_like))
    inside = NU_GRID[log_like > log_like[top] - 0.5]
    return Tails(
        student_nu=float(NU_GRID[top]),
        nu_low=float(inside[0]),
        nu_high=float(inside[-1]),
        pairs=tuple(pairs),
        n=tuple(len(pull) for pull in pulls),
        error_scale=tuple(float(s) for s in scales[top]),
    )


def _pulls(catalogue: Catalogue, one: str, other: str) -> np.ndarray:
    """Differences of a pair in units of their quoted error, centred."""
    some = catalogue.with_bands([one, other])
    rows = (some.state == MEASURED).all(axis=1)
    flux, err = some.flux_ujy[rows], some.err_ujy[rows]
    detected = (flux > SNR_RANGE[0] * err).all(axis=1)
    if detected.sum() < MIN_PAIRS:
        raise _too_few(int(detected.sum()), one, other)
    ratio = float(np.median(flux[detected, 0] / flux[detected, 1]))
    flux, err = flux * [1.0, ratio], err * [1.0, ratio]
    weight = err**-2.0
    mean_snr = (flux * weight).sum(axis=1) / np.sqrt(weight.sum(axis=1))
    near = (mean_snr > SNR_RANGE[0]) & (mean_snr < SNR_RANGE[1])
    if near.sum() < MIN_PAIRS:
        raise _too_few(int(near.sum()), one, other)
    pull = ((flux[:, 0] - flux[:, 1]) / np.hypot(err[:, 0], err[:, 1]))[near]
    return pull - np.median(pull)


def _too_few(n: int, one: str, other: str) -> InputError:
    return InputError(
        f"Only {n} galaxies are at 5 to 20 sigma in {one} and {other}; tails need {MIN_PAIRS}. "
        "Name another pair, or keep the default."
    )


def _log_density_of_mean(nu: float) -> np.ndarray:
    """Return ln density on `X_GRID` of (a + b) / sqrt(2), a and b Student t: two convolved."""
    from scipy import stats

    step = X_GRID[1] - X_GRID[0]
    half = stats.t.pdf(X_GRID * np.sqrt(2.0), nu) * np.sqrt(2.0)
    n = len(X_GRID)
    both = np.fft.irfft(np.fft.rfft(half, 2 * n) ** 2, 2 * n)[n // 2 : n // 2 + n] * step
    return np.log(np.maximum(both, 1e-15))


def _fit_scale(pull: np.ndarray, log_density: np.ndarray) -> tuple[float, float]:
    """Scale and log likelihood of the best fit of one pair."""
    from scipy.optimize import minimize_scalar

    def misfit(log_scale: float) -> float:
        scaled = pull / np.exp(log_scale)
        return float(-(np.interp(scaled, X_GRID, log_density) - log_scale).sum())

    best = minimize_scalar(misfit, bounds=(np.log(0.2), np.log(20.0)), method="bounded")
    return float(np.exp(best.x)), -float(best.fun)
