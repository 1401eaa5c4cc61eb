"""Fluxes that are not in microjansky, told from how deep the catalogue would then be."""

import math
from typing import TYPE_CHECKING

import numpy as np

from photoz.errors import CatalogueError
from photoz.infer.photometry import photometry_for
from photoz.states import MEASURED

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue
    from photoz.models import TrainedModel

# microjansky in one of each; the reader of catalogues finds the larger ones by their size
UNITS = {"nanomaggy": 3.631, "nJy": 1e-3}
CLOSE = 0.2  # of ln: a fifth of a magnitude in depth
SAME = 0.5  # scatter of ln between bands that one factor explains


def check_unit(model: "TrainedModel", catalogue: "Catalogue") -> None:
    """Ask about the unit where all errors differ from the model's survey by that of another unit.

    A file that states its unit, and one that this project wrote, is believed.

    Args:
        model: knows the median errors of its survey.
        catalogue: what was read from a file.

    Raises:
        CatalogueError: no unit is stated, and another than microjansky would fit.
    """
    if catalogue.provenance.get("flux_unit") != "assumed":
        return
    seen = photometry_for(catalogue, model.bands)
    measured = seen.state == MEASURED
    some = measured.sum(axis=0) > 0
    if not some.any():
        return
    log_err = np.where(measured, np.log(np.where(measured, seen.err, 1.0)), np.nan)[:, some]
    apart = np.nanmedian(log_err, axis=0) - np.asarray(model.features.log_err_mean)[some]
    middle = float(np.median(apart))
    for unit, ujy in UNITS.items():
        if abs(middle + math.log(ujy)) < CLOSE and np.std(apart) < SAME:
            raise CatalogueError(
                f"The errors of the catalogue are {_times(middle)} than those of the survey that "
                f"the model knows, in all bands, as if its fluxes were in {unit} (1 {unit} = "
                f"{ujy:g} microjansky). Its columns state no unit: if they are microjansky, give "
                "them the unit uJy; if not, convert them with `photoz import FILE --mapping M.toml "
                f"--out F.parquet`, unit = '{unit}' for the bands."
            )


def _times(apart: float) -> str:
    factor = math.exp(abs(apart))
    return f"{factor:.3g} times {'smaller' if apart < 0 else 'larger'}"
