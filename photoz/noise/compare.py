"""How much a mock survey looks like the real one: band by band, and all bands together."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.errors import InputError
from photoz.magnitudes import ab_magnitude
from photoz.noise.colours import compare_colours
from photoz.noise.distance import N_QUANTILE, classifier_accuracy, sliced_distance
from photoz.noise.donors import MIN_DONORS, error_donors
from photoz.noise.model import NoiseModel
from photoz.noise.pivots import adjacent_bands
from photoz.noise.redraw import halves, redraw_errors
from photoz.noise.weights import is_proposal, weighted_sample
from photoz.noise.worst import order_bands
from photoz.states import MEASURED

MAG_BINS = 10
MIN_GALAXIES = 10
MIN_IN_BIN = 3
MIN_LIMITS = 5


def compare_catalogues(
    mock: Catalogue, real: Catalogue, wave_aa: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Compare a mock survey with the real one, in the bands that both have.

    Per band: the shares of measured and limited galaxies; the distance of the magnitude
    distributions in magnitudes (Wasserstein, order 1); at equal magnitude, in bins of equal
    numbers of real galaxies, the mean, the mean absolute and the largest difference of the median
    ln(error), mock minus real; and the ratio of errors (`err_ratio`, real over mock) at the
    magnitude where it is largest. Per pair of bands adjacent in wavelength: their colours.
    All together: the sliced Wasserstein distance of (asinh flux, ln error), each in units of its
    spread in the real catalogue, and the accuracy `c2st` of a classifier that tells the two
    apart, 0.5 where it cannot. `distance_floor` is the distance of two halves of the real
    catalogue, below which there is nothing to be told.

    The numbers of the page's noise view are these:

        mock, real = read_catalogue("mock.parquet"), read_catalogue("real.parquet")
        found = compare_catalogues(mock, real)
        found["distance"], found["c2st"], found["worst"][0]["because"]

    Args:
        mock: made by `photoz noise apply`. Where it has the weights of its simulation
            (`log_weight`), it is thinned by them to the population that the recipe asks for,
            unless `real` is itself a mock without weights.
        real: the survey.
        wave_aa: pivot wavelengths, which order the bands for colours; None looks them up in the
            shipped surveys, else the order is that of the real catalogue.

    Returns:
        `distance`, `distance_floor`, `c2st`, `c2st_err`, `bands` and `colours` (one record each),
        `worst` (bands, most different first, each with the sentence `because`) and
        `bands_left_out`.

    Raises:
        InputError: the catalogues have no band in common, or too few galaxies.
    """
    common = [band for band in real.bands if band in mock.bands]
    if not common:
        raise InputError(
            f"The catalogues have no band in common: {', '.join(mock.bands)} and "
            f"{', '.join(real.bands)}. Compare a mock made with the noise of this survey."
        )
    mock = mock if is_proposal(real) else weighted_sample(mock)
    real = weighted_sample(real)
    if min(mock.n, real.n) < 2 * MIN_GALAXIES:
        raise InputError(
            f"The mock has {mock.n} galaxies and the catalogue {real.n}; a comparison needs "
            f"{2 * MIN_GALAXIES} of each."
        )
    left_out = sorted(set(real.bands) ^ set(mock.bands))
    mock, real = mock.with_bands(common), real.with_bands(common)
    bands = [_compare_band(mock, real, b) for b in range(len(common))]
    colours = compare_colours(mock, real, adjacent_bands(common, wave_aa))
    return _together(mock, real) | {
        "distance_floor": sliced_distance(*halves(real)),
        "worst": order_bands(bands, colours),
        "bands": bands,
        "colours": colours,
        "bands_left_out": left_out,
    }


def check_noise(model: NoiseModel, real: Catalogue, seed: int = 0) -> dict[str, Any]:
    """Compare the errors that a noise model gives at a catalogue's own fluxes with its errors.

    Errors are drawn anew at the fluxes of the catalogue: no simulation takes part, so what
    differs is the noise model's. Bands are compared on all galaxies; the distance and the
    classifier, which no twin must confuse, have the errors of one random half drawn anew and
    compared with the other half.

        found = check_noise(load_noise("noise.json"), read_catalogue("real.parquet"))
        found["distance"], found["distance_floor"], found["donors"]["distance"]

    Args:
        model: the noise.
        real: the survey; bands that only one of the two has are left out.
        seed: of the draw.

    Returns:
        As `compare_catalogues`, and `donors`: `distance`, `c2st` and `c2st_err` where the errors
        are taken over from real galaxies instead (`photoz noise apply --errors-of`); None with
        fewer than 50 in a half.

    Raises:
        InputError: no band in common, or too few galaxies.
    """
    common = [band for band in model.bands if band in real.bands]
    if not common:
        raise InputError(
            f"The noise model and the catalogue have no band in common: {', '.join(model.bands)} "
            f"and {', '.join(real.bands)}. Fit the noise on this catalogue (`photoz noise fit`)."
        )
    left_out = sorted(set(real.bands) ^ set(model.bands))
    model, real = model.with_bands(common), real.with_bands(common)
    wave_aa = dict(zip(model.bands, map(float, model.wave_aa), strict=True))
    found = compare_catalogues(redraw_errors(real, model, seed), real, wave_aa)
    one, other = halves(real)
    donors = None
    if one.usable.sum() >= MIN_DONORS:
        donors = _together(redraw_errors(one, model, seed, error_donors(one, model)), other)
    return (
        found
        | _together(redraw_errors(one, model, seed), other)
        | {
            "distance_floor": sliced_distance(one, other),
            "donors": donors,
            "bands_left_out": left_out,
        }
    )


def _together(mock: Catalogue, real: Catalogue) -> dict[str, float]:
    """Return the figures of all bands together."""
    accuracy, accuracy_err = classifier_accuracy(mock, real)
    return {"distance": sliced_distance(mock, real), "c2st": accuracy, "c2st_err": accuracy_err}


def _compare_band(mock: Catalogue, real: Catalogue, b: int) -> dict[str, Any]:
    """Record of one band."""
    record: dict[str, Any] = {"band": real.bands[b]}
    found, limits = [], []
    for name, catalogue in (("mock", mock), ("real", real)):
        state = catalogue.state[:, b]
        limit = catalogue.uplim_ujy[np.isfinite(catalogue.uplim_ujy[:, b]), b]
        record[f"measured_{name}"] = float((state == MEASURED).mean())
        record[f"limit_{name}"] = len(limit) / catalogue.n
        limits.append(limit)
        rows = (state == MEASURED) & (catalogue.flux_ujy[:, b] > 0)
        magnitude = ab_magnitude(catalogue.flux_ujy[rows, b])
        found.append((magnitude, np.log(catalogue.err_ujy[rows, b])))
    enough = min(map(len, limits)) >= MIN_LIMITS
    record["limit_ratio"] = float(np.median(limits[1]) / np.median(limits[0])) if enough else None
    return record | _compare_magnitudes(found[0][0], found[1][0]) | _compare_errors(*found)


def _compare_magnitudes(mock: np.ndarray, real: np.ndarray) -> dict[str, float | None]:
    """Distance of two distributions of magnitudes."""
    keys = ("mag_distance", "mag_relative", "mag_median_mock", "mag_median_real")
    if min(len(mock), len(real)) < MIN_GALAXIES:
        return dict.fromkeys(keys)
    level = (np.arange(N_QUANTILE) + 0.5) / N_QUANTILE
    distance = float(np.abs(np.quantile(mock, level) - np.quantile(real, level)).mean())
    low, high = np.quantile(real, [0.16, 0.84])
    medians = (float(np.median(some)) for some in (mock, real))
    relative = distance / max(float(high - low) / 2, 0.01)
    return dict(zip(keys, (distance, relative, *medians), strict=True))


def _compare_errors(
    mock: tuple[np.ndarray, np.ndarray], real: tuple[np.ndarray, np.ndarray]
) -> dict[str, float | None]:
    """Differences of ln(error) at equal magnitude; each side is magnitudes and ln(errors)."""
    keys = ("ln_err_mean", "ln_err_abs", "ln_err_max", "err_ratio", "err_ratio_mag")
    n = len(real[0])
    if min(len(mock[0]), n) < MIN_GALAXIES:
        return dict.fromkeys(keys)
    n_bin = min(MAG_BINS, max(n // MIN_GALAXIES, 1))
    edges = np.quantile(real[0], np.linspace(0, 1, n_bin + 1))
    slope = _Course(real, edges)
    shifts, centres = [], []
    for low, high in pairwise(edges):
        here = [(mag >= low) & (mag <= high) for mag, _ in (mock, real)]
        if min(rows.sum() for rows in here) >= MIN_IN_BIN:
            # relative to the course of the survey's errors: in a wide bin the mock's galaxies may
            # be brighter than the survey's
            medians = [
                np.median(err[rows] - slope(mag[rows]))
                for rows, (mag, err) in zip(here, (mock, real), strict=True)
            ]
            shifts.append(float(medians[0] - medians[1]))
            centres.append(float(np.median(real[0][here[1]])))
    if not shifts:
        return dict.fromkeys(keys)
    far = int(np.argmax(np.abs(shifts)))
    values = (
        float(np.mean(shifts)),
        float(np.mean(np.abs(shifts))),
        float(np.abs(shifts[far])),
        float(np.exp(-shifts[far])),
        centres[far],
    )
    return dict(zip(keys, values, strict=True))


class _Course:
    """The course of ln(error) with magnitude, straight between and beyond the medians of bins."""

    def __init__(self, real: tuple[np.ndarray, np.ndarray], edges: np.ndarray) -> None:
        magnitude, log_err = real
        bins = [(magnitude >= low) & (magnitude <= high) for low, high in pairwise(edges)]
        points = np.array([(np.median(magnitude[r]), np.median(log_err[r])) for r in bins])
        self._x, first = np.unique(points[:, 0], return_index=True)
        self._y = points[first, 1]

    def __call__(self, magnitude: np.ndarray) -> np.ndarray:
        x, y = self._x, self._y
        if len(x) == 1:
            return np.full(magnitude.shape, y[0])
        left = np.clip(np.searchsorted(x, magnitude) - 1, 0, len(x) - 2)
        return y[left] + (y[left + 1] - y[left]) / (x[left + 1] - x[left]) * (magnitude - x[left])
