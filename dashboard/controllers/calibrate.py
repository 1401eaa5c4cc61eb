"""From sliders to scores: calibrations of a fixed sample of known redshifts, and their fit."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.controllers.train import checked_name, config_of
from dashboard.library import Library
from dashboard.plots.pit import PitView, pit_density
from dashboard.store import SHARED
from photoz import jobs
from photoz.calibrate.calibration import Calibration, identity
from photoz.calibrate.diagnose import (
    BandEdges,
    DensityScores,
    Diagnosis,
    choose_rows,
    ecdf_difference,
    split_sealed,
    summary,
    uniform_band,
)
from photoz.errors import InputError, JobError
from photoz.sed.survey import surveys_of_bands

N_SAMPLE = 5_000
PARAMETERS = ("flux_scale", "error_scale", "flux_offset_ujy", "error_floor")
PLAN_NAMES = {"flux_offset_ujy": "flux_offset"}
GROUP_NAMES = {
    "broad": "Broad bands",
    "medium": "Medium bands",
    "narrow": "Narrow bands",
    "irac": "IRAC",
}
ALL, SEALED, FITTED = "all", "sealed", "fitted"
SMALLEST = 20  # galaxies; below, scatter and histograms say nothing


@dataclass(frozen=True)
class Bench:
    """Models and the galaxies they are judged on, loaded and compiled.

    Attributes:
        model, catalogue: names in the workspace.
        diagnosis: the engine.
        rows: of the galaxies in the catalogue, (n,).
        z_spec: (n,).
        sealed: (n,) galaxies that a fit from this tab never sees.
        groups: band names by group, in order.
        reference: the band whose flux scale a fit keeps, or None.
        unit_ujy: median error of each band, (n_band,).
        before: scores without any change.
        n_known: galaxies of the catalogue with a usable z_spec.
        n_beyond: galaxies whose z_spec lies beyond the model.
    """

    model: str
    catalogue: str
    diagnosis: Diagnosis
    rows: np.ndarray
    z_spec: np.ndarray
    sealed: np.ndarray
    groups: dict[str, tuple[str, ...]]
    reference: str | None
    unit_ujy: np.ndarray
    before: dict[str, DensityScores]
    n_known: int
    n_beyond: int

    @property
    def bands(self) -> tuple[str, ...]:
        """The models' bands."""
        return self.diagnosis.bands

    def mask(self, part: str) -> np.ndarray:
        """Return the galaxies of `ALL`, `SEALED` or `FITTED`, (n,) bool."""
        return {ALL: np.ones_like(self.sealed), SEALED: self.sealed, FITTED: ~self.sealed}[part]


@dataclass(frozen=True)
class CalibrationView:
    """What the tab shows of one calibration.

    Attributes:
        before, now: by estimator.
        band: where an honest ECDF stays.
        n: galaxies.
    """

    before: dict[str, PitView]
    now: dict[str, PitView]
    band: BandEdges
    n: int


def bench(library: Library, model: str | None, catalogue: str | None) -> Bench:
    """Load, compile and score without change; shared by the sessions of a server.

    Raises:
        InputError: nothing is chosen, no z_spec, or too few galaxies with one.
        CatalogueError: the catalogue lacks a band of the models.
    """
    if not model or not catalogue:
        raise InputError(
            "Choose a model and a catalogue on the left; Train makes a model, and "
            "`photoz import` makes a catalogue."
        )
    key = ("bench", library.stamp("models", model), library.stamp("catalogues", catalogue))
    return SHARED.get(key, lambda: _make_bench(library, model, catalogue))


def _make_bench(library: Library, model: str, catalogue: str) -> Bench:
    from photoz.calibrate.sample import spec_sample

    models, table = library.trained(model), library.catalogue(catalogue)
    bands = next(iter(models.values())).bands
    z_max = min(m.z_max for m in models.values())
    _, known = spec_sample(table, bands, z_max)
    if len(known) < SMALLEST:
        raise InputError(
            f"Only {len(known)} galaxies of {catalogue} have a usable z_spec; at least {SMALLEST} "
            "are needed to judge a calibration. Choose a catalogue with more."
        )
    rows = choose_rows(known, N_SAMPLE)
    sample, _ = spec_sample(table.take(rows), bands, z_max)
    diagnosis = Diagnosis.of(models, sample)
    z = np.asarray(table.z_spec, float)
    groups, reference = band_groups(bands)
    return Bench(
        model=model,
        catalogue=catalogue,
        diagnosis=diagnosis,
        rows=rows,
        z_spec=z[rows],
        sealed=split_sealed(len(rows)),
        groups=groups,
        reference=reference,
        unit_ujy=np.asarray(sample.offset_unit_ujy, float),
        before=diagnosis.scores(identity(bands)),
        n_known=len(known),
        n_beyond=int(np.sum(z > z_max)),
    )


def band_groups(bands: tuple[str, ...]) -> tuple[dict[str, tuple[str, ...]], str | None]:
    """Return bands by group and the reference band, from the shipped survey that has them.

    Bands of no shipped survey form one group.
    """
    survey = next(iter(surveys_of_bands(bands).values()), None)
    if survey is None:
        return {"broad": tuple(bands)}, None
    group_of = {b["name"]: b.get("group", "broad") for b in survey["band"]}
    groups = {name: tuple(b for b in bands if group_of[b] == name) for name in GROUP_NAMES}
    reference = survey.get("reference_band")
    return (
        {name: members for name, members in groups.items() if members},
        reference if reference in bands else None,
    )


def view(prepared: Bench, calibration: Calibration, part: str) -> CalibrationView:
    """Score a calibration on a part of the galaxies."""
    mask = prepared.mask(part)
    band = uniform_band(int(mask.sum()))
    scores = prepared.diagnosis.scores(calibration)
    return CalibrationView(
        before=_views(prepared.before, prepared.z_spec, mask, band),
        now=_views(scores, prepared.z_spec, mask, band),
        band=band,
        n=int(mask.sum()),
    )


def _views(
    scores: dict[str, DensityScores], z_spec: np.ndarray, mask: np.ndarray, band: BandEdges
) -> dict[str, PitView]:
    views = {}
    for kind, scored in scores.items():
        cut = DensityScores(*(np.asarray(column)[mask] for column in scored))
        views[kind] = PitView(
            density=pit_density(cut.pit),
            difference=ecdf_difference(cut.pit, band.u),
            numbers=summary(cut, z_spec[mask]),
        )
    return views


def changed(calibration: Calibration, band: str, parameter: str, value: float) -> Calibration:
    """Return a calibration with one number replaced.

    Raises:
        InputError: the number is out of its range.
    """
    values = getattr(calibration, parameter).copy()
    values[calibration.bands.index(band)] = value
    return replace(calibration, **{parameter: values}, provenance={})


def moved_together(
    calibration: Calibration, members: tuple[str, ...], band: str, parameter: str, value: float
) -> Calibration:
    """Return a calibration whose whole group follows one band: by a factor, or by a shift.

    Raises:
        InputError: a number leaves its range.
    """
    values = getattr(calibration, parameter).copy()
    index = [calibration.bands.index(b) for b in members]
    old = values[calibration.bands.index(band)]
    if parameter in ("flux_scale", "error_scale"):
        values[index] *= value / old
    else:
        values[index] += value - old
    if parameter == "error_floor":
        values = np.maximum(values, 0.0)
    return replace(calibration, **{parameter: values}, provenance={})


def save(library: Library, calibration: Calibration, name: str, prepared: Bench) -> str:
    """Write a calibration under a new name of the workspace and return the name.

    Raises:
        InputError: the name is taken or cannot be used.
    """
    from photoz.calibrate.calibration import save_calibration
    from photoz.provenance import provenance

    name = checked_name(name, "calibration")
    path = library.path("calibrations", name)
    if path.exists():
        raise InputError(f"There is a calibration {name!r} already. Give another name.")
    path.parent.mkdir(parents=True, exist_ok=True)
    record = calibration.provenance or provenance(
        "calibration", by_hand=True, model=prepared.model, catalogue=prepared.catalogue
    )
    save_calibration(replace(calibration, provenance=record), path)
    return name


def start_fit(
    library: Library,
    prepared: Bench,
    name: str,
    folds: int,
    free: tuple[str, ...],
    frozen_groups: tuple[str, ...] = (),
) -> Path:
    """Start the `calibrate` job on the galaxies that are not sealed; return its folder.

    Args:
        library: the workspace.
        prepared: the bench.
        name: of the calibration it will write.
        folds: held out in turn.
        free: parameters, one stage each, in the order of `PARAMETERS`.
        frozen_groups: groups of bands that stay as they are.

    Raises:
        InputError: the name is taken, or nothing is free.
    """
    from photoz.catalogue import write_catalogue

    name = checked_name(name, "calibration")
    out = library.path("calibrations", name)
    if out.exists():
        raise InputError(f"There is a calibration {name!r} already. Give another name.")
    bands = [
        b for group, members in prepared.groups.items() if group not in frozen_groups
        for b in members
    ]  # fmt: skip
    if not free or not bands:
        raise InputError("Everything is kept fixed; free a parameter and a group of bands.")
    out.parent.mkdir(parents=True, exist_ok=True)
    run_dir = library.new_run("calibrate")
    sample = library.root / "runs" / f"{run_dir.name}-galaxies.parquet"
    sample.parent.mkdir(parents=True, exist_ok=True)
    table = library.catalogue(prepared.catalogue)
    write_catalogue(table.take(prepared.rows[~prepared.sealed]), sample)
    stages = [{"free": [PLAN_NAMES.get(p, p)], "bands": bands} for p in PARAMETERS if p in free]
    plan: dict[str, Any] = {"stage": stages}
    plan["reference_band"] = prepared.reference or prepared.bands[0]
    config = {
        "models": str(library.path("models", prepared.model).resolve()),
        "catalogue": str(sample.resolve()),
        "out": str(out.resolve()),
        "plan": plan,
        "folds": folds,
    }
    return jobs.start("calibrate", config, run_dir)


@dataclass(frozen=True)
class Fitted:
    """A finished fit.

    Attributes:
        name: of the calibration it wrote.
        sentence: what it gained, and on which galaxies.
        gained: whether held-out galaxies gained.
        sigma: uncertainty by parameter and band.
    """

    name: str
    sentence: str
    gained: bool
    sigma: dict[str, dict[str, float]]


def fitted(run: jobs.RunStatus) -> Fitted:
    """Read what a finished `calibrate` run found.

    Raises:
        JobError: its result lacks an entry.
    """
    try:
        r = run.result
        sigma: dict[str, dict[str, float]] = {}
        for p in r["parameters"]:
            if p["sigma"] is not None and np.isfinite(p["sigma"]):
                sigma.setdefault(p["parameter"], {})[p["band"]] = float(p["sigma"])
        at_bound = [p["band"] for p in r["parameters"] if p["at_bound"]]
        before, after = r["heldout_before"], r["heldout_after"]
        gained = before is not None and after is not None and after < before
        return Fitted(Path(r["path"]).stem, _gain(r, at_bound), gained, sigma)
    except (KeyError, TypeError) as error:
        raise JobError(
            f"The result of the run {run.id} lacks {error}: it was made by another version. "
            "Fit again."
        ) from error


def _gain(r: dict[str, Any], at_bound: list[str]) -> str:
    fit = f"Fitted on {r['n_gal']:,} galaxies."
    if r["heldout_before"] is not None and r["heldout_after"] is not None:
        gain = r["heldout_before"] - r["heldout_after"]
        better = "higher" if gain > 0 else "lower"
        fit += (
            f" Held out ({r['folds']} folds, each galaxy under a fit that did not see it): the "
            f"log density of the known redshifts goes from {-r['heldout_before']:.3f} to "
            f"{-r['heldout_after']:.3f}, {abs(gain):.3f} {better}."
        )
        if gain <= 0:
            fit += " The offsets do not help galaxies they were not fitted on: do not use them."
    else:
        fit += " Nothing was held out."
    fit += (
        f" On the galaxies of the fit itself, which proves nothing: {-r['loss_before']:.3f} to "
        f"{-r['loss_after']:.3f}."
    )
    if at_bound:
        fit += f" On the edge of what is allowed: {', '.join(sorted(set(at_bound)))}."
    return fit


def active_fit(library: Library, model: str) -> jobs.RunStatus | None:
    """Return a fit of a model that still goes on, to follow it after a return to the tab."""
    for run in library.runs("calibrate"):
        if run.active and Path(config_of(run.run_dir).get("models", "")).name == model:
            return run
    return None


def caption(prepared: Bench, part: str, n: int, origin: str) -> str:
    """Say which galaxies the scores are of, and whether a fit can have seen them.

    Args:
        prepared: the bench.
        part: `ALL`, `SEALED` or `FITTED`.
        n: galaxies scored.
        origin: where the numbers on the sliders come from.
    """
    known = f"{n:,} of the {prepared.n_known:,} galaxies of {prepared.catalogue} with known z"
    if prepared.n_beyond:
        known += f" ({prepared.n_beyond:,} more lie beyond the model's largest z)"
    seen = {
        ALL: "Not held out: fits started here learn from four fifths of these galaxies.",
        SEALED: "Held out: no fit started here sees these galaxies.",
        FITTED: "Not held out: fits started here learn from exactly these galaxies.",
    }[part]
    return f"{known}. {seen} Now: {origin}."


def next_name(library: Library, stem: str) -> str:
    """Return `stem-1`, `stem-2`, ...: the first that is free among the calibrations."""
    taken = set(library.calibrations())
    return next(name for i in range(1, 10_000) if (name := f"{stem}-{i}") not in taken)
