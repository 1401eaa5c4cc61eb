"""Colours of a mock survey against those of the real one, neighbour by neighbour in wavelength."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.magnitudes import ab_magnitude
from photoz.noise.distance import N_QUANTILE
from photoz.states import MEASURED

MIN_SNR = 3.0
MIN_COLOURS = 10


def compare_colours(
    mock: Catalogue, real: Catalogue, pairs: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Compare the distributions of colours in AB magnitudes.

    Galaxies count where both bands are detected at three sigma.

    Args:
        mock: the simulated survey.
        real: the survey.
        pairs: bluer and redder band of each colour.

    Returns:
        A record a colour: `colour`, `blue`, `red`, `n_mock`, `n_real`, the medians and the 16 and
        84 % points of both (`median_mock`, `p16_mock`, ...), `distance`: the Wasserstein distance
        (order 1) in magnitudes, and `relative`: that over half the width of the real colours. The
        last eight are None where either has fewer than 10 galaxies.
    """
    records = []
    for blue, red in pairs:
        ours, theirs = (colour_of(c, blue, red) for c in (mock, real))
        record: dict[str, Any] = {
            "colour": f"{blue} - {red}",
            "blue": blue,
            "red": red,
            "n_mock": len(ours),
            "n_real": len(theirs),
        }
        records.append(record | _difference(ours, theirs))
    return records


def colour_of(catalogue: Catalogue, blue: str, red: str) -> np.ndarray:
    """Return the colours, AB magnitudes, of the galaxies detected at three sigma in both bands."""
    rows = np.ones(catalogue.n, bool)
    magnitudes = []
    for band in (blue, red):
        b = catalogue.bands.index(band)
        flux, err = catalogue.flux_ujy[:, b], catalogue.err_ujy[:, b]
        rows &= catalogue.state[:, b] == MEASURED
        rows[rows] &= flux[rows] > MIN_SNR * err[rows]
        magnitudes.append(ab_magnitude(flux))
    return (magnitudes[0] - magnitudes[1])[rows]


def _difference(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float | None]:
    """Quantiles of both and the distance between them, magnitudes."""
    points = [
        (f"{point}_{name}", values, level)
        for name, values in (("mock", ours), ("real", theirs))
        for point, level in (("p16", 0.16), ("median", 0.5), ("p84", 0.84))
    ]
    if min(len(ours), len(theirs)) < MIN_COLOURS:
        return dict.fromkeys([*(key for key, _, _ in points), "distance", "relative"])
    found: dict[str, float | None] = {
        key: float(np.quantile(values, level)) for key, values, level in points
    }
    level = (np.arange(N_QUANTILE) + 0.5) / N_QUANTILE
    distance = float(np.abs(np.quantile(ours, level) - np.quantile(theirs, level)).mean())
    low, high = np.quantile(theirs, [0.16, 0.84])
    return found | {"distance": distance, "relative": distance / max(float(high - low) / 2, 0.01)}
