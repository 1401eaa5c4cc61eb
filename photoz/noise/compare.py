"""How much a mock survey looks like the real one: band by band, and all bands together."""

from itertools import pairwise
from typing import Any

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.errors import InputError
from photoz.magnitudes import ab_magnitude
from photoz.states import MEASURED

MAG_BINS = 10
MIN_GALAXIES = 10
MIN_IN_BIN = 3
N_DIRECTION = 128
N_QUANTILE = 200
N_COMPARE = 20_000


def compare_catalogues(mock: Catalogue, real: Catalogue) -> dict[str, Any]:
    """Compare a mock survey with the real one, in the bands that both have.

    Per band: the shares of measured and limited galaxies; the distance of the magnitude
    distributions in magnitudes (Wasserstein, order 1); and at equal magnitude, in bins of equal
    numbers of real galaxies, the mean and largest difference of the median ln(error).
    All together: the sliced Wasserstein distance of (asinh flux, ln error), each in units of its
    spread in the real catalogue; `distance_floor` is that of two halves of the real catalogue,
    below which there is nothing to be told.

    Args:
        mock: made by `photoz noise apply`.
        real: the survey.

    Returns:
        `distance`, `distance_floor`, `bands` (one record each) and `bands_left_out`.

    Raises:
        InputError: the catalogues have no band in common.
    """
    common = [band for band in real.bands if band in mock.bands]
    if not common:
        raise InputError(
            f"The catalogues have no band in common: {', '.join(mock.bands)} and "
            f"{', '.join(real.bands)}. Compare a mock made with the noise of this survey."
        )
    left_out = sorted(set(real.bands) ^ set(mock.bands))
    mock, real = mock.with_bands(common), real.with_bands(common)
    half = np.random.default_rng(0).permutation(real.n)
    first, second = half[: real.n // 2], half[real.n // 2 :]
    floor = sliced_distance(real.take(first), real.take(second)) if real.n > 1 else None
    return {
        "distance": sliced_distance(mock, real),
        "distance_floor": floor,
        "bands": [_compare_band(mock, real, b) for b in range(len(common))],
        "bands_left_out": left_out,
    }


def sliced_distance(one: Catalogue, other: Catalogue) -> float:
    """Return the sliced Wasserstein distance (order 1) of the photometry of two catalogues.

    Every galaxy is a point of (asinh flux, ln error) in each band, in units of the spread in
    `other`; bands not measured stand at its median. The mean over 128 directions.

    References:
        Bonneel et al. 2015, J. Math. Imaging Vis. 51, 22.
    """
    points_one, points_other = _points(one, other), _points(other, other)
    rng = np.random.default_rng(0)
    direction = rng.normal(size=(points_other.shape[1], N_DIRECTION))
    direction /= np.linalg.norm(direction, axis=0)
    level = (np.arange(N_QUANTILE) + 0.5) / N_QUANTILE
    gap = np.quantile(points_one @ direction, level, axis=0) - np.quantile(
        points_other @ direction, level, axis=0
    )
    return float(np.abs(gap).mean())


def _points(catalogue: Catalogue, scale: Catalogue) -> np.ndarray:
    """(n, 2 n_band) coordinates in units of the spread in `scale`."""
    if catalogue.n > N_COMPARE:
        catalogue = catalogue.take(np.random.default_rng(1).choice(catalogue.n, N_COMPARE, False))
    columns = []
    for b in range(len(scale.bands)):
        seen = scale.state[:, b] == MEASURED
        unit = float(np.median(scale.err_ujy[seen, b])) if seen.any() else 1.0
        for values, values_scale in (
            (np.arcsinh(catalogue.flux_ujy[:, b] / unit), np.arcsinh(scale.flux_ujy[:, b] / unit)),
            (np.log(catalogue.err_ujy[:, b]), np.log(scale.err_ujy[:, b])),
        ):
            if not seen.any():
                columns.append(np.zeros(catalogue.n))
                continue
            low, middle, high = np.quantile(values_scale[seen], [0.16, 0.5, 0.84])
            spread = max(float(high - low) / 2, 1e-6)
            measured = catalogue.state[:, b] == MEASURED
            columns.append(np.where(measured, (values - middle) / spread, 0.0))
    return np.column_stack(columns)


def _compare_band(mock: Catalogue, real: Catalogue, b: int) -> dict[str, Any]:
    """Record of one band."""
    record: dict[str, Any] = {"band": real.bands[b]}
    found = []
    for name, catalogue in (("mock", mock), ("real", real)):
        state = catalogue.state[:, b]
        record[f"measured_{name}"] = float((state == MEASURED).mean())
        record[f"limit_{name}"] = float(np.isfinite(catalogue.uplim_ujy[:, b]).mean())
        rows = (state == MEASURED) & (catalogue.flux_ujy[:, b] > 0)
        magnitude = ab_magnitude(catalogue.flux_ujy[rows, b])
        found.append((magnitude, np.log(catalogue.err_ujy[rows, b])))
    mock_mag, real_mag = (mag for mag, _ in found)
    if min(len(mock_mag), len(real_mag)) < MIN_GALAXIES:
        return record | {"mag_distance": None, "ln_err_mean": None, "ln_err_max": None}
    level = (np.arange(N_QUANTILE) + 0.5) / N_QUANTILE
    gap = np.quantile(mock_mag, level) - np.quantile(real_mag, level)
    edges = np.quantile(real_mag, np.linspace(0, 1, MAG_BINS + 1))
    shifts = []
    for low, high in pairwise(edges):
        here = [err[(mag >= low) & (mag <= high)] for mag, err in found]
        if min(len(err) for err in here) >= MIN_IN_BIN:
            shifts.append(float(np.median(here[0]) - np.median(here[1])))
    return record | {
        "mag_distance": float(np.abs(gap).mean()),
        "ln_err_mean": float(np.mean(shifts)) if shifts else None,
        "ln_err_max": float(np.max(np.abs(shifts))) if shifts else None,
    }
