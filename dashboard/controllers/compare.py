"""Scores of the estimators and of what any code must beat, before and after a calibration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.library import Library
from dashboard.plots.redshifts import subset
from dashboard.session import NO_CALIBRATION
from dashboard.store import SHARED
from photoz.errors import InputError
from photoz.infer import Posterior
from photoz.metrics import EcdfBand

LARGEST = 5_000  # galaxies scored; more would change no digit that the errors do not cover


@dataclass(frozen=True)
class Score:
    """One line of the comparison.

    Attributes:
        key: `mdn`, `mixture:calibrated`, `trainz`, ...
        estimator: whose posteriors.
        calibrated: whether the offsets were applied.
        row: the line of `photoz.metrics.evaluate`.
        band: ECDF of the PIT minus uniform, with its simultaneous 95 % band.
    """

    key: str
    estimator: str
    calibrated: bool
    row: dict[str, Any]
    band: EcdfBand


@dataclass(frozen=True)
class Comparison:
    """All that the tab shows.

    Attributes:
        scores: a line an estimator and treatment.
        ids: galaxies scored, (n,).
        z_spec: (n,).
        z_phot: by key of the estimators, grid MAP, (n,).
        z_max: end of the support.
        n_known: galaxies of the catalogue with a spectroscopic redshift.
    """

    scores: tuple[Score, ...]
    ids: np.ndarray
    z_spec: np.ndarray
    z_phot: dict[str, np.ndarray]
    z_max: float
    n_known: int


def compare(
    library: Library,
    model: str,
    catalogue: str,
    calibration: str,
    report: Callable[[float], None] = lambda share: None,
) -> Comparison:
    """Score a catalogue, or return what was scored before.

    Raises:
        InputError: the catalogue has no spectroscopic redshifts, or too few.
        PhotozError: the sentences of the readers and of `photoz.infer.predict`.
    """
    offsets = None if calibration == NO_CALIBRATION else calibration
    key = ("comparison", *library.stamps(model, catalogue, offsets))
    return SHARED.get(key, lambda: _compare(library, model, catalogue, calibration, report))


def known_rows(catalogue: Any) -> np.ndarray:
    """Return the rows with a spectroscopic redshift and photometry.

    Raises:
        InputError: there are none.
    """
    z_spec = catalogue.z_spec
    rows = np.flatnonzero(np.isfinite(z_spec) & catalogue.usable) if z_spec is not None else []
    if not len(rows):
        raise InputError(
            "This catalogue has no spectroscopic redshifts, and a score needs them. Add them with "
            "`photoz match CATALOGUE SPECZ --out FILE`, or choose another catalogue on the left."
        )
    return np.asarray(rows)


def _compare(
    library: Library, model: str, catalogue: str, calibration: str, report: Callable[[float], None]
) -> Comparison:
    from photoz.infer import predict
    from photoz.metrics import gaussian, trainz

    everything = library.catalogue(catalogue)
    known = known_rows(everything)
    some = everything.take(subset(known, LARGEST))
    models = library.trained(model)
    plain = predict(models, some)
    report(0.3)
    posteriors = [(plain, False)]
    if calibration != NO_CALIBRATION:
        posteriors.append((predict(models, some, library.calibration(calibration)), True))
    report(0.5)
    names = plain.estimators
    last = posteriors[-1][0]
    posteriors += [
        (trainz(plain, plain.require_z_spec()), False),
        (gaussian(last, names[0]), False),
    ]
    parts = [(one, flag, name) for one, flag in posteriors for name in one.estimators]
    scores = []
    for k, (posterior, calibrated, name) in enumerate(parts):
        scores.append(_score(posterior, name, calibrated))
        report(0.5 + 0.5 * (k + 1) / len(parts))
    return Comparison(
        scores=tuple(scores),
        ids=some.ids,
        z_spec=plain.require_z_spec(),
        z_phot={_key(name, flag): one.z_map(name) for one, flag, name in parts if name in names},
        z_max=plain.z_max,
        n_known=len(known),
    )


def _score(posterior: Posterior, name: str, calibrated: bool) -> Score:
    from photoz.metrics import ecdf_band, evaluate

    alone = posterior.alone(name)
    pit = alone.pit(name)
    return Score(
        key=_key(name, calibrated),
        estimator=name,
        calibrated=calibrated,
        row=evaluate(alone)[0],
        band=ecdf_band(pit[np.isfinite(pit)]),
    )


def _key(name: str, calibrated: bool) -> str:
    return f"{name}:calibrated" if calibrated else name
