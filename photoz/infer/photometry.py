"""A catalogue's photometry in the bands and order of a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from photoz.errors import ModelError
from photoz.states import MISSING, Photometry

if TYPE_CHECKING:
    from photoz.catalogue import Catalogue


def check_bands(
    model_bands: Sequence[str], bands: Sequence[str], *, allow_missing: bool = False
) -> tuple[str, ...]:
    """Compare the bands of a catalogue with a model's; return the extra ones, which are unused.

    Raises:
        ModelError: the catalogue lacks bands and `allow_missing` is false, or shares none.
    """
    lacking = [b for b in model_bands if b not in bands]
    extra = tuple(b for b in bands if b not in model_bands)
    if len(lacking) == len(model_bands):
        raise ModelError(
            f"The catalogue shares no band with the model: it has {', '.join(bands)}; the model "
            f"was trained on {', '.join(model_bands)}. Use a model of that survey."
        )
    if lacking and not allow_missing:
        unused = f", and has others that the model does not know ({', '.join(extra)})"
        raise ModelError(
            f"The catalogue lacks {len(lacking)} of the model's {len(model_bands)} bands "
            f"({', '.join(lacking)}){unused if extra else ''}. Use a model trained on its bands, "
            "or treat them as missing with --allow-missing-bands."
        )
    return extra


def photometry_for(catalogue: "Catalogue", model_bands: Sequence[str]) -> Photometry:
    """Return the catalogue's photometry in the model's bands; absent bands are missing."""
    shape = (catalogue.n, len(model_bands))
    flux, err, limit = (np.full(shape, np.nan, np.float32) for _ in range(3))
    state = np.full(shape, MISSING, np.int8)
    column = {band: k for k, band in enumerate(catalogue.bands)}
    here = [j for j, band in enumerate(model_bands) if band in column]
    there = [column[model_bands[j]] for j in here]
    flux[:, here] = catalogue.flux_ujy[:, there]
    err[:, here] = catalogue.err_ujy[:, there]
    limit[:, here] = catalogue.uplim_ujy[:, there]
    state[:, here] = catalogue.state[:, there]
    return Photometry(flux, err, limit, state)
