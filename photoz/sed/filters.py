"""Band curves: photon-counting transmissions on a wavelength axis, from a name or a file."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from photoz.errors import RecipeError

# A band reaches as far as its transmission exceeds this fraction of the peak.
EDGE_FRACTION = 1e-4


@dataclass(frozen=True)
class Band:
    """One photometric band.

    Attributes:
        name: the name used in columns `flux_<name>`, `err_<name>`.
        wave_aa: observed wavelength in angstrom, increasing, (n_wave,).
        transmission: photon-counting throughput, any scale, (n_wave,).
        group: `broad`, `medium`, `narrow` or `irac`; calibration and masks use it.
        source: where the curve came from.
    """

    name: str
    wave_aa: np.ndarray
    transmission: np.ndarray
    group: str = "broad"
    source: str = ""

    def __post_init__(self) -> None:
        wave, trans = self.wave_aa, self.transmission
        where = f"Band {self.name} ({self.source or 'curve'})"
        if wave.ndim != 1 or wave.shape != trans.shape or wave.size < 3:
            raise RecipeError(f"{where}: needs two columns of equal length with 3 or more rows.")
        if not (np.isfinite(wave).all() and np.isfinite(trans).all()):
            raise RecipeError(f"{where}: the curve has a NaN or infinite value; remove that row.")
        if (np.diff(wave) <= 0).any():
            row = int(np.argmax(np.diff(wave) <= 0)) + 2
            raise RecipeError(f"{where}: wavelengths must increase; row {row} does not.")
        if trans.min() < 0:
            row = int(np.argmin(trans)) + 1
            raise RecipeError(
                f"{where}: transmission {trans.min():.3g} in row {row} is negative; set it to 0."
            )
        if trans.max() <= 0:
            raise RecipeError(f"{where}: the transmission is zero everywhere.")

    @cached_property
    def pivot_aa(self) -> float:
        """Pivot wavelength in angstrom (Koornneef et al. 1986)."""
        wave, trans = self.wave_aa, self.transmission
        return float(np.sqrt(np.trapezoid(trans * wave, wave) / np.trapezoid(trans / wave, wave)))

    @cached_property
    def range_aa(self) -> tuple[float, float]:
        """First and last wavelength with transmission above `EDGE_FRACTION` of the peak."""
        lit = np.flatnonzero(self.transmission > EDGE_FRACTION * self.transmission.max())
        return float(self.wave_aa[lit[0]]), float(self.wave_aa[lit[-1]])


def sedpy_curve(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return wavelength (angstrom) and transmission of a curve shipped by astro-sedpy.

    Raises:
        RecipeError: astro-sedpy has no curve of that name.
    """
    from sedpy.observate import Filter, list_available_filters

    known = list_available_filters()
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name, known, n=3)
        raise RecipeError(
            f"astro-sedpy has no band {name!r}; nearest: {', '.join(near) or 'none'}. "
            '`file = "curve.txt"` takes a two-column curve instead.'
        )
    curve = Filter(name)
    return np.asarray(curve.wavelength, float), np.asarray(curve.transmission, float)


def file_curve(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a two-column text file (angstrom, transmission); `#` starts a comment.

    Raises:
        RecipeError: the file is missing or is not two columns of numbers.
    """
    if not path.is_file():
        raise RecipeError(f"Band curve {path} does not exist; give the path of a two-column file.")
    try:
        table = np.loadtxt(path, usecols=(0, 1))
    except ValueError as error:
        raise RecipeError(
            f"Band curve {path} is not two columns of numbers (angstrom, transmission): {error}."
        ) from error
    table = table[np.concatenate([[True], np.diff(table[:, 0]) != 0])]
    return table[:, 0], np.clip(table[:, 1], 0.0, None) if table[:, 1].min() > -1e-3 else table[
        :, 1
    ]


def smooth_curve(centre_aa: float, width_aa: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a flat-topped stand-in for a band known only by its centre and FWHM (angstrom).

    The edges are logistic with a width of 4 % of the FWHM, as interference filters have them.
    """
    wave = np.linspace(centre_aa - 1.0 * width_aa, centre_aa + 1.0 * width_aa, 401)
    edge = 0.04 * width_aa
    blue = 1 / (1 + np.exp(-(wave - centre_aa + width_aa / 2) / edge))
    red = 1 / (1 + np.exp((wave - centre_aa - width_aa / 2) / edge))
    curve = blue * red
    return wave, np.where(curve > 1e-4, curve, 0.0)
