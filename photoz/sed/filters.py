"""A photometric band: a photon-counting transmission on a wavelength axis."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from photoz.errors import RecipeError

# Outside these pivots (angstrom) a curve is in another unit: GALEX FUV has 1535, SPIRE 500 5e6.
PIVOT_RANGE_AA = (1300.0, 2e7)
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
        if wave[0] <= 0:
            raise RecipeError(f"{where}: wavelength {wave[0]:g} in row 1 is not positive.")
        if (np.diff(wave) <= 0).any():
            row = int(np.argmax(np.diff(wave) <= 0)) + 2
            raise RecipeError(
                f"{where}: wavelengths must increase; row {row} does not ({wave[row - 2]:g}, then "
                f"{wave[row - 1]:g}). Sort the rows by wavelength and leave out repeated ones."
            )
        if trans.min() < 0:
            row = int(np.argmin(trans)) + 1
            raise RecipeError(
                f"{where}: transmission {trans.min():.3g} in row {row} is negative; set it to 0."
            )
        if trans.max() <= 0:
            raise RecipeError(f"{where}: the transmission is zero everywhere.")
        if not PIVOT_RANGE_AA[0] < self.pivot_aa < PIVOT_RANGE_AA[1]:
            raise RecipeError(
                f"{where}: the pivot wavelength would be {self.pivot_aa:.4g} angstrom. Wavelengths "
                "must be in angstrom; multiply nanometres by 10, micrometres by 10000."
            )

    @cached_property
    def pivot_aa(self) -> float:
        """Pivot wavelength in angstrom (Koornneef et al. 1986)."""
        wave, trans = self.wave_aa, self.transmission
        return float(np.sqrt(np.trapezoid(trans * wave, wave) / np.trapezoid(trans / wave, wave)))

    @cached_property
    def fwhm_aa(self) -> float:
        """Distance in angstrom between the outermost half-maximum points of the transmission."""
        wave, trans = self.wave_aa, self.transmission
        half = 0.5 * trans.max()
        lit = np.flatnonzero(trans >= half)

        def crossing(inside: int, outside: int) -> float:
            if not 0 <= outside < wave.size:
                return float(wave[inside])
            share = (trans[inside] - half) / (trans[inside] - trans[outside])
            return float(wave[inside] + share * (wave[outside] - wave[inside]))

        return crossing(lit[-1], lit[-1] + 1) - crossing(lit[0], lit[0] - 1)

    @cached_property
    def range_aa(self) -> tuple[float, float]:
        """Where the transmission exceeds `EDGE_FRACTION` of its peak, out to the next points."""
        lit = np.flatnonzero(self.transmission > EDGE_FRACTION * self.transmission.max())
        first, last = max(lit[0] - 1, 0), min(lit[-1] + 1, self.wave_aa.size - 1)
        return float(self.wave_aa[first]), float(self.wave_aa[last])
