"""The plan of a fit: which parameters are free in which stage, their bounds, the ridge."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photoz.errors import InputError

# as a plan writes them; the fit works in ln of the scales and in units of the band's median error
GROUPS = ("flux_scale", "flux_offset", "error_scale", "error_floor")
DEFAULT_BOUNDS: dict[str, tuple[float, float]] = {
    "flux_scale": (0.5, 1.5),
    "flux_offset": (-5.0, 5.0),
    "error_scale": (0.3, 3.0),
    "error_floor": (0.0, 0.3),
}
CENTRES = ("none", "sed")
DEFAULT_RIDGE = {"flux_scale": 0.1, "flux_offset": 1.0, "error_scale": 0.3, "error_floor": 0.05}


@dataclass(frozen=True)
class Stage:
    """One minimisation: the groups that are free, on which bands, within which bounds.

    Attributes:
        free: names out of `GROUPS`.
        bounds: (low, high) of a free group where it differs from `DEFAULT_BOUNDS`; scales as
            factors, offsets in median errors of the band, floors as fractions.
        bands: the bands that are free; None for all.
        max_iterations: of L-BFGS-B.
    """

    free: tuple[str, ...]
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    bands: tuple[str, ...] | None = None
    max_iterations: int = 200

    def interval(self, group: str) -> tuple[float, float]:
        """Return the bounds of a free group."""
        return self.bounds.get(group, DEFAULT_BOUNDS[group])


@dataclass(frozen=True)
class Plan:
    """A staged fit; each stage starts from the end of the last.

    Attributes:
        stages: in the order they run.
        reference_band: keeps its flux scale; None takes the survey's own.
        ridge: standard deviation of the pull towards no change for each group, in ln for
            scales; 0 switches it off.
        outlier_fraction: share of a density uniform in z that is mixed into the model's, so
            that wrong spectroscopic redshifts do not pull; 0 switches it off.
        centre: where the ridge of the flux scales pulls: `none` to no change, `sed` to the ratio
            of observed to best-SED flux at the known redshift, which is also where the fit
            starts.
    """

    stages: tuple[Stage, ...] = (Stage(("flux_scale",)), Stage(("error_scale",)))
    reference_band: str | None = None
    ridge: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_RIDGE))
    outlier_fraction: float = 0.01
    centre: str = "none"

    def __post_init__(self) -> None:
        if not self.stages:
            raise InputError("The calibration plan has no stage; give at least one [[stage]].")
        if self.centre not in CENTRES:
            raise InputError(
                f"The plan's centre is {self.centre!r}; expected one of {', '.join(CENTRES)}."
            )
        for number, stage in enumerate(self.stages, start=1):
            _check_stage(number, stage)
        for group, width in self.ridge.items():
            _check_group(group, "[ridge]")
            if not width >= 0:
                raise InputError(f"The plan's ridge of {group} is {width}; expected 0 or more.")
        if not 0 <= self.outlier_fraction < 0.5:
            raise InputError(
                f"The plan's outlier_fraction is {self.outlier_fraction}; expected 0 to 0.5."
            )

    def n_free(self, bands: Sequence[str]) -> int:
        """Return how many parameters are free in at least one stage."""
        return len(
            {
                (group, band)
                for stage in self.stages
                for group in stage.free
                for band in (stage.bands or bands)
                if not (group == "flux_scale" and band == self.reference_band)
            }
        )

    def check_bands(self, bands: Sequence[str]) -> None:
        """Raise InputError where the plan names a band that is not there."""
        known = ", ".join(bands)
        if self.reference_band not in bands:
            raise InputError(
                f"The reference band {self.reference_band!r} is not among the model's bands "
                f"({known}); name one of them as reference_band in the plan."
            )
        for number, stage in enumerate(self.stages, start=1):
            unknown = [b for b in stage.bands or () if b not in bands]
            if unknown:
                raise InputError(
                    f"Stage {number} of the plan frees the band {', '.join(unknown)}, which the "
                    f"model does not have; it has {known}."
                )


def load_plan(path: str | Path) -> Plan:
    """Read a plan from TOML.

    Entries: `reference_band`, `outlier_fraction`, `centre`, `[ridge]`, `[[stage]]`.

    Raises:
        InputError: no such file, not TOML, an unknown entry, or impossible values.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no calibration plan {path}.")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable as TOML: {error}.") from error
    return plan_from_dict(table, str(path))


def plan_from_dict(table: Mapping[str, Any], where: str = "plan") -> Plan:
    """Build a plan from a mapping as TOML or a job's configuration holds it.

    Raises:
        InputError: an unknown entry, or impossible values; names `where`.
    """
    _only(table, ("reference_band", "outlier_fraction", "centre", "ridge", "stage"), where)
    given: dict[str, Any] = {k: table[k] for k in ("reference_band", "centre") if k in table}
    if "outlier_fraction" in table:
        given["outlier_fraction"] = _number(table["outlier_fraction"], f"{where}, outlier_fraction")
    if "ridge" in table:
        widths = {g: _number(w, f"{where}, ridge.{g}") for g, w in table["ridge"].items()}
        given["ridge"] = {**DEFAULT_RIDGE, **widths}
    if "stage" in table:
        given["stages"] = tuple(
            _stage(entry, f"{where}, stage {i}") for i, entry in enumerate(table["stage"], start=1)
        )
    return Plan(**given)


def _stage(table: Mapping[str, Any], where: str) -> Stage:
    _only(table, ("free", "bounds", "bands", "max_iterations"), where)
    bounds = {}
    for group, pair in table.get("bounds", {}).items():
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise InputError(f"{where}: bounds.{group} is {pair!r}; expected [low, high].")
        bounds[group] = (_number(pair[0], where), _number(pair[1], where))
    bands = tuple(table["bands"]) if "bands" in table else None
    iterations = int(_number(table.get("max_iterations", 200), f"{where}, max_iterations"))
    return Stage(tuple(table.get("free", ())), bounds, bands, iterations)


def _check_stage(number: int, stage: Stage) -> None:
    where = f"stage {number} of the plan"
    if not stage.free:
        raise InputError(f"In {where} nothing is free; list groups out of {', '.join(GROUPS)}.")
    for group in (*stage.free, *stage.bounds):
        _check_group(group, where)
    for group in stage.free:
        low, high = stage.interval(group)
        if not low <= high:
            raise InputError(
                f"In {where} the bounds of {group} are reversed: [{low:g}, {high:g}]; write the "
                "lower one first."
            )
        if group in ("flux_scale", "error_scale") and not (low > 0 and math.isfinite(high)):
            raise InputError(f"In {where} the bounds of {group} must be finite and above 0.")
        if group == "error_floor" and low < 0:
            raise InputError(f"In {where} the lower bound of error_floor is {low:g}; 0 or more.")


def _check_group(group: str, where: str) -> None:
    if group not in GROUPS:
        raise InputError(
            f"In {where}: unknown group {group!r}; the groups are {', '.join(GROUPS)}."
        )


def _only(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise InputError(
            f"{where}: unknown entry {', '.join(unknown)}; known are {', '.join(known)}."
        )


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{where}: found {value!r}; expected a number.")
    return float(value)
