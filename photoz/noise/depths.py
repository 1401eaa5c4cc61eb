"""The noise of a survey that is known only by its depths."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from photoz.errors import CatalogueError, InputError
from photoz.magnitudes import flux_of_ab
from photoz.noise.model import NoiseModel, default_floor
from photoz.noise.pivots import pivots_aa

COLUMNS = ("band", "depth_ab_mag", "n_sigma")
# how much the depth of a field varies from place to place where nobody said
DEPTH_SCATTER = 0.1


def depths_noise(
    table: Mapping[str, np.ndarray], wave_aa: Mapping[str, float] | None = None
) -> NoiseModel:
    """Make a noise model of a depth table: constant background error, no band missing.

    Args:
        table: columns `band`, `depth_ab_mag` (AB), `n_sigma` of that depth, optional `floor`
            (fraction of flux that errors leave out).
        wave_aa: pivot wavelength of each band; None looks the bands up in the shipped surveys.

    Raises:
        InputError: a column is missing, a band is listed twice, or a depth is not a depth.
    """
    from photoz.provenance import provenance

    absent = [name for name in COLUMNS if name not in table]
    if absent:
        raise InputError(
            f"The depth table has no column {', '.join(absent)}; it needs {', '.join(COLUMNS)} "
            "and may have floor."
        )
    bands = tuple(str(band) for band in table["band"])
    twice = sorted({band for band in bands if bands.count(band) > 1})
    if twice:
        raise InputError(f"The depth table lists band {', '.join(twice)} twice: keep one row each.")
    depth = _numbers(table, "depth_ab_mag", bands, 10.0, 40.0)
    n_sigma = _numbers(table, "n_sigma", bands, 0.1, 100.0)
    pivots = pivots_aa(bands, wave_aa)
    n_band = len(bands)
    return NoiseModel(
        bands=bands,
        wave_aa=pivots,
        sigma0_ujy=flux_of_ab(depth) / n_sigma,
        photon_ujy=np.zeros(n_band),
        fraction=np.zeros(n_band),
        scatter=np.full(n_band, DEPTH_SCATTER),
        correlation=np.eye(n_band),
        floor=_numbers(table, "floor", bands, 0.0, 1.0)
        if "floor" in table
        else default_floor(pivots),
        patterns=np.zeros((1, n_band), bool),
        pattern_share=np.ones(1),
        provenance=provenance("noise", depth_ab_mag=depth.tolist(), n_sigma=n_sigma.tolist()),
    )


def _numbers(
    table: Mapping[str, np.ndarray], name: str, bands: tuple[str, ...], low: float, high: float
) -> np.ndarray:
    """One numeric column, each value between low and high."""
    try:
        values = np.asarray(table[name], float)
    except (TypeError, ValueError) as error:
        raise InputError(f"The depth table's {name} must be numbers ({error}).") from error
    bad = ~((values >= low) & (values <= high))
    if bad.any():
        i = int(np.argmax(bad))
        raise InputError(
            f"The depth table's {name} of band {bands[i]} is {values[i]:g}, expected "
            f"{low:g} to {high:g}."
        )
    return values


def read_depths(path: str | Path) -> dict[str, np.ndarray] | None:
    """Read a depth table (CSV, ECSV, FITS or Parquet); None if the file is another table.

    Raises:
        CatalogueError: the file is missing or not a table.
    """
    from photoz.catalogue.tables import read_table

    path = Path(path)
    columns = read_table(path).columns
    if "depth_ab_mag" not in columns:
        return None
    if not len(next(iter(columns.values()))):
        raise CatalogueError(f"The depth table {path} has no rows: give one per band.")
    return columns
