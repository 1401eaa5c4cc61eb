"""The second witness of a calibration: SED ratios of its own galaxies, for any part of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from photoz.calibrate.objective import SpecSample
from photoz.calibrate.sed_ratios import SEDRatios, sed_ratios
from photoz.errors import InputError, PhotozError

if TYPE_CHECKING:
    from photoz.models import TrainedModel
    from photoz.sed import BestSED, Engine

MAX_GALAXIES = 400  # more tell a zero-point no better than the templates allow


@dataclass(frozen=True)
class Witness:
    """SED ratios of a sample, or of the part of it that a fold may see.

    Attributes:
        engine: on the bands of the sample.
        sample: photometry and redshifts.
        reference_band: its ratio stays 1.
        seed: of the choice of galaxies where there are more than `MAX_GALAXIES`.
    """

    engine: "Engine"
    sample: SpecSample
    reference_band: str
    seed: int = 0

    def __call__(self, weight: np.ndarray) -> SEDRatios:
        """Return the ratios of the galaxies of weight above 0, (n_gal,); kept once computed."""
        counts = np.asarray(weight)[self._rows] > 0
        asked = counts.tobytes()
        if asked not in self._known:
            flux, err, limit, z = self._photometry
            self._known[asked] = sed_ratios(
                self.engine,
                flux,
                err,
                z,
                limit,
                reference_band=self.reference_band,
                counts=counts,
                first=self._first,
            )
        return self._known[asked]

    @cached_property
    def _known(self) -> dict[bytes, SEDRatios]:
        return {}

    @cached_property
    def _rows(self) -> np.ndarray:
        n = self.sample.z_spec.shape[0]
        some = np.random.default_rng(self.seed).permutation(n)[:MAX_GALAXIES]
        return np.sort(some)

    @cached_property
    def _photometry(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        whole = self.sample
        parts = (whole.flux_ujy, whole.err_ujy, whole.limit_ujy, whole.z_spec)
        flux, err, limit, z = (np.asarray(part, float)[self._rows] for part in parts)
        measured = np.asarray(whole.state)[self._rows] == 0
        return np.where(measured, flux, np.nan), err, limit, z

    @cached_property
    def _first(self) -> "BestSED":
        """Fits of every galaxy by itself, which all folds share."""
        from photoz.sed import fit_sed

        flux, err, limit, z = self._photometry
        return fit_sed(self.engine, flux, err, z, limit)


def make_witness(
    models: Mapping[str, "TrainedModel"],
    bands: Sequence[str],
    sample: SpecSample,
    reference_band: str,
) -> Witness:
    """Return the witness of a sample, with the survey that its models were trained for.

    Raises:
        InputError: the survey of the models, or a curve of it, is not at hand.
    """
    from photoz.sed import Engine
    from photoz.sed.survey import load_survey

    model = next(iter(models.values()))
    name = model.card.get("survey")
    try:
        survey = load_survey(str(name)).subset(list(bands))
    except PhotozError as error:
        raise InputError(
            f'The plan centres the fit on best SEDs (centre = "sed"), which needs the band '
            f'curves of the models\' survey {name!r}: {error} Or write centre = "none".'
        ) from error
    return Witness(Engine.load(survey, z_max=model.z_max), sample, reference_band)
