"""A plan made ready to run on a sample: stages, bounds, and the minimisation of each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

import photoz.jaxconfig  # noqa: F401
from photoz.calibrate.calibration import Calibration
from photoz.calibrate.objective import (
    Problem,
    SpecSample,
    Theta,
    calibration_arrays,
    losses_of,
    no_change,
    ridge_precision,
    value_and_grad,
)
from photoz.calibrate.optimiser import minimise
from photoz.calibrate.plan import GROUPS, Plan, Stage
from photoz.calibrate.sed_ratios import SEDRatios

_FLOOR_START = 0.01  # at exactly 0 the gradient of a floor vanishes
_AT_BOUND = 1e-4


class TracePoint(NamedTuple):
    """The objective (ridge included) at one evaluation."""

    stage: int
    evaluation: int
    objective: float


Watch = Callable[[TracePoint], None]


class Fit(NamedTuple):
    """One run of the plan.

    Attributes:
        theta: the parameters.
        trace: objective at every evaluation.
        converged: by stage.
        ratios: what the ridge was centred on, if on anything.
    """

    theta: Theta
    trace: list[TracePoint]
    converged: tuple[bool, ...]
    ratios: SEDRatios | None = None


@dataclass(frozen=True)
class Fitter:
    """A plan ready to run on a sample, any number of times, without compiling again.

    Attributes:
        bands: names, in the order of the sample's columns.
        densities: the models; their log densities are averaged.
        sample: galaxies with known redshift.
        rows: their row numbers in the catalogue.
        plan: with its reference band named.
        kinds: what the densities are called.
        n_dropped: rows of the catalogue that cannot be used.
        ratios_of: the SED ratios of galaxies of weight 1, where the plan asks for them.
    """

    bands: tuple[str, ...]
    densities: tuple[Any, ...]
    sample: SpecSample
    rows: np.ndarray
    plan: Plan
    kinds: tuple[str, ...] = ()
    n_dropped: int = 0
    ratios_of: Callable[[np.ndarray], SEDRatios] | None = None

    @property
    def n_gal(self) -> int:
        """Number of galaxies."""
        return len(self.rows)

    def only(self, kind: str) -> "Fitter":
        """Return the same fit through one of the models; what the plan asks of SEDs is shared."""
        one = self.densities[self.kinds.index(kind)]
        return replace(self, densities=(one,), kinds=(kind,))

    def problem(self, weight: np.ndarray | None = None, ratios: SEDRatios | None = None) -> Problem:
        """Return the loss's arguments for galaxies of weight 1 (default all)."""
        weight = np.ones(self.n_gal) if weight is None else np.asarray(weight)
        return Problem(
            self.densities,
            self.sample,
            jnp.asarray(weight, jnp.float32),
            ridge_precision(self.plan.ridge),
            self._centre(ratios),
            jnp.float32(self.plan.outlier_fraction),
        )

    def run(self, weight: np.ndarray | None = None, watch: Watch | None = None) -> Fit:
        """Run all stages on the galaxies of weight 1 and return where they end."""
        weight = np.ones(self.n_gal) if weight is None else np.asarray(weight)
        ratios = None if self.ratios_of is None else self.ratios_of(weight)
        problem = self.problem(weight, ratios)
        theta = problem.centre
        trace: list[TracePoint] = []
        converged = []
        for number, stage in enumerate(self.plan.stages, start=1):

            def counted(t: Theta, number: int = number) -> tuple[Any, Theta]:
                value, gradient = value_and_grad(t, problem)
                trace.append(TracePoint(number, len(trace) + 1, float(value)))
                if watch is not None:
                    watch(trace[-1])
                return value, gradient

            theta = _floors_started(theta, stage)
            lower, upper = self.bounds(stage, theta)
            end = minimise(counted, theta, lower, upper, stage.max_iterations)
            theta = end.parameters
            converged.append(end.converged)
        return Fit(theta, trace, tuple(converged), ratios)

    def _centre(self, ratios: SEDRatios | None) -> Theta:
        """Return the theta of the SED ratios; no change without them."""
        theta = no_change(len(self.bands))
        if ratios is not None:
            theta["flux_scale"] = -jnp.log(jnp.asarray(ratios.ratio, jnp.float32))
        return theta

    def bounds(self, stage: Stage, theta: Theta) -> tuple[Theta, Theta]:
        """Return lower and upper bounds of a stage; what is frozen has a bound of zero width."""
        lower, upper = dict(theta), dict(theta)
        for group in stage.free:
            low, high = stage.interval(group)
            if group in ("flux_scale", "error_scale"):
                low, high = np.log(low), np.log(high)
            free = jnp.asarray(self._free(stage, group))
            lower[group] = jnp.where(free, jnp.float32(low), theta[group])
            upper[group] = jnp.where(free, jnp.float32(high), theta[group])
        return lower, upper

    def _free(self, stage: Stage, group: str) -> np.ndarray:
        """Return which bands of a group a stage frees, (n_band,) bool."""
        if group not in stage.free:
            return np.zeros(len(self.bands), bool)
        named = np.array([stage.bands is None or band in stage.bands for band in self.bands])
        reference = np.array([band == self.plan.reference_band for band in self.bands])
        return named & ~(reference & (group == "flux_scale"))

    def free(self) -> dict[str, np.ndarray]:
        """Return for each group which bands are free in at least one stage."""
        return {
            g: np.any([self._free(stage, g) for stage in self.plan.stages], axis=0) for g in GROUPS
        }

    def at_bound(self, theta: Theta) -> dict[str, np.ndarray]:
        """Return -1, 0 or 1 for each parameter: on its lower bound, inside, on its upper."""
        side = {g: np.zeros(len(self.bands), int) for g in GROUPS}
        for stage in self.plan.stages:
            lower, upper = self.bounds(stage, theta)
            for group in stage.free:
                free, value = self._free(stage, group), np.asarray(theta[group])
                low = value <= np.asarray(lower[group]) + _AT_BOUND
                high = value >= np.asarray(upper[group]) - _AT_BOUND
                side[group] = np.where(free, high.astype(int) - low.astype(int), side[group])
        return side

    def losses(self, theta: Theta) -> np.ndarray:
        """Return -ln p(z_spec) of every galaxy, without the ridge."""
        return np.asarray(losses_of(theta, self.problem()))

    def calibration(self, theta: Theta, record: dict[str, Any] | None = None) -> Calibration:
        """Return theta as a calibration."""
        arrays = [np.asarray(a) for a in calibration_arrays(theta, self.sample.offset_unit_ujy)]
        return Calibration(self.bands, *arrays, provenance=record or {})


def _floors_started(theta: Theta, stage: Stage) -> Theta:
    if "error_floor" not in stage.free:
        return theta
    floor = theta["error_floor"]
    return {**theta, "error_floor": jnp.where(floor > 0, floor, _FLOOR_START)}
