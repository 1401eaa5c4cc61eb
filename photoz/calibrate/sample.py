"""From a catalogue with spectroscopic redshifts to the arrays of a fit, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from photoz.calibrate.objective import ModelDensity, SpecSample, make_sample
from photoz.calibrate.plan import Plan
from photoz.errors import InputError
from photoz.sed.survey import surveys_of_bands

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue
    from photoz.models import TrainedModel


def densities_of(
    models: Mapping[str, "TrainedModel"], use: str = "both"
) -> tuple[tuple[str, ...], tuple[ModelDensity, ...]]:
    """Return the kinds and densities of the models that a fit uses.

    Args:
        models: by kind, as `load_models` gives them.
        use: `mdn`, `flow`, or `both` for the mean of all that are there.

    Raises:
        InputError: the kind asked for is not among the models.
    """
    if use != "both" and use not in models:
        raise InputError(
            f"There is no {use} model here; found {', '.join(models) or 'none'}. "
            "Choose one of these with --model."
        )
    kinds = tuple(models) if use == "both" else (use,)
    chosen = [models[kind] for kind in kinds]
    return kinds, tuple(ModelDensity(m.estimator, m.features, m.z_max) for m in chosen)


def spec_sample(
    catalogue: "Catalogue", bands: Sequence[str], z_max: float
) -> tuple[SpecSample, np.ndarray]:
    """Return the galaxies a fit can use, and their row numbers in the catalogue.

    Kept are rows with a finite z_spec in (0, z_max] and at least one measured band.

    Raises:
        InputError: no z_spec column, no usable galaxy, or all at one redshift.
        CatalogueError: the catalogue lacks one of `bands`.
    """
    if catalogue.z_spec is None:
        raise InputError(
            "The catalogue has no z_spec column: calibration needs galaxies with spectroscopic "
            "redshifts. Add the column z_spec, NaN where unknown."
        )
    catalogue = catalogue.with_bands(tuple(bands))
    z = np.asarray(catalogue.z_spec, float)
    state = np.asarray(catalogue.state)
    keep = np.isfinite(z) & (z > 0) & (z <= z_max) & (state == 0).any(axis=1)
    rows = np.flatnonzero(keep)
    if not len(rows):
        raise InputError(
            f"None of the {len(z)} galaxies has a z_spec between 0 and the model's {z_max:g} "
            "and a measured band: there is nothing to fit on."
        )
    z = z[rows]
    if np.ptp(np.log1p(z)) < 1e-3:
        raise InputError(
            f"All {len(rows)} galaxies lie at one redshift, {z[0]:.4g}: offsets cannot be told "
            "from their colours. Give a sample that spans redshifts."
        )
    flux, err, limit = (
        np.asarray(part)[rows]
        for part in (catalogue.flux_ujy, catalogue.err_ujy, catalogue.uplim_ujy)
    )
    return make_sample(flux, err, limit, state[rows], z), rows


def plan_for(plan: Plan | None, bands: Sequence[str], n_gal: int) -> Plan:
    """Return the plan with its reference band, checked against bands and sample size.

    Raises:
        InputError: a band that is not there, or fewer galaxies than free parameters.
    """
    plan = plan or Plan()
    if plan.reference_band is None:
        plan = replace(plan, reference_band=survey_reference(bands))
    plan.check_bands(bands)
    n_free = plan.n_free(bands)
    if n_gal < n_free:
        raise InputError(
            f"The plan frees {n_free} parameters but only {n_gal} galaxies have a usable "
            f"z_spec; give at least {n_free} galaxies, or a plan that frees fewer bands or groups."
        )
    return plan


def survey_reference(bands: Sequence[str]) -> str:
    """Return the reference band of the shipped survey that has all these bands.

    Raises:
        InputError: no shipped survey has them, or its reference is not among them.
    """
    for survey in surveys_of_bands(bands).values():
        if survey.get("reference_band") in bands:
            return survey["reference_band"]
    raise InputError(
        "The plan names no reference band, and no shipped survey has the bands "
        f'{", ".join(bands)}. Write reference_band = "..." in a plan (--plan).'
    )
