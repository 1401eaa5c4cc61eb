"""What a calibration fit reports: every parameter with its uncertainties, gains, trace."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from photoz.calibrate.calibration import Calibration
from photoz.calibrate.fitter import Fitter, TracePoint
from photoz.calibrate.objective import Theta, calibration_arrays
from photoz.calibrate.plan import GROUPS
from photoz.calibrate.uncertainty import parameter_covariance


@dataclass(frozen=True)
class FittedParameter:
    """One free parameter with its uncertainties.

    Attributes:
        band, parameter: which; offsets in microjansky, scales as factors, floors as fractions.
        value: fitted on all galaxies.
        sigma: sandwich standard deviation, NaN on a bound or where not constrained.
        fold_scatter: standard deviation between folds, NaN without folds.
        at_bound: `lower`, `upper` or empty.
    """

    band: str
    parameter: str
    value: float
    sigma: float
    fold_scatter: float
    at_bound: str


@dataclass(frozen=True)
class CalibrationResult:
    """A fitted calibration and what is known of it.

    Losses are mean -ln p(z_spec) (mixed with the plan's uniform density), without the ridge.

    Attributes:
        calibration: what `apply` and the file take.
        parameters: every free parameter.
        covariance: sandwich, of theta (ln scales, offsets in median errors), rows as in
            `parameters` where `sigma` is not NaN.
        trace: objective at every evaluation.
        converged: for each stage.
        loss_before, loss_after: on the galaxies of the fit.
        heldout_before, heldout_after: over folds, each galaxy under the fit that did not see
            it; NaN without folds.
        n_gal, n_dropped: galaxies in the fit; rows without usable z_spec or photometry.
        seconds: wall time.
        folds: how many were held out in turn.
        kinds: the models whose loss was fitted.
    """

    calibration: Calibration
    parameters: tuple[FittedParameter, ...]
    covariance: np.ndarray
    trace: tuple[TracePoint, ...]
    converged: tuple[bool, ...]
    loss_before: float
    loss_after: float
    heldout_before: float
    heldout_after: float
    n_gal: int
    n_dropped: int
    seconds: float
    folds: int
    kinds: tuple[str, ...]

    def summary(self) -> dict[str, Any]:
        """Return what `photoz calibrate --json` prints."""
        names = ("loss_before", "loss_after", "heldout_before", "heldout_after", "n_gal")
        more = ("n_dropped", "folds", "converged", "seconds")
        record = {name: getattr(self, name) for name in (*names, *more)}
        return {
            "parameters": [asdict(p) for p in self.parameters],
            **record,
            "models": list(self.kinds),
            "evaluations": len(self.trace),
        }


def uncertainties(fitter: Fitter, theta: Theta) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the standard deviation of theta (NaN where not free or on a bound), covariance."""
    sides = fitter.at_bound(theta)
    inside = {g: free & (sides[g] == 0) for g, free in fitter.free().items()}
    sigma = {g: np.full(len(fitter.bands), np.nan) for g in GROUPS}
    if not any(mask.any() for mask in inside.values()):
        return sigma, np.zeros((0, 0))
    covariance = parameter_covariance(theta, fitter.problem(), inside)
    spread = np.sqrt(np.diag(covariance))
    spread = np.where(np.isfinite(spread), spread, np.nan)
    start = 0
    for group in sorted(GROUPS):  # the order in which pytrees of dicts are raveled
        count = int(inside[group].sum())
        sigma[group][inside[group]] = spread[start : start + count]
        start += count
    return sigma, covariance


def fitted_parameters(
    fitter: Fitter,
    theta: Theta,
    sigma: dict[str, np.ndarray],
    scatter: dict[str, np.ndarray],
) -> tuple[FittedParameter, ...]:
    """Return the free parameters in their units, groups in pytree order."""
    arrays = calibration_arrays(theta, fitter.sample.offset_unit_ujy)._asdict()
    unit = np.asarray(fitter.sample.offset_unit_ujy)
    sides, free = fitter.at_bound(theta), fitter.free()
    rows = []
    for group in sorted(GROUPS):
        name = "flux_offset_ujy" if group == "flux_offset" else group
        value = np.asarray(arrays[name])
        per_theta = {"flux_offset": unit, "error_floor": np.ones_like(unit)}.get(group, value)
        for i in np.flatnonzero(free[group]):
            side = {-1: "lower", 0: "", 1: "upper"}[int(sides[group][i])]
            spread = float(sigma[group][i] * per_theta[i])
            folds = float(scatter[group][i] * per_theta[i])
            rows.append(
                FittedParameter(fitter.bands[i], name, float(value[i]), spread, folds, side)
            )
    return tuple(rows)
