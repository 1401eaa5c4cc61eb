"""The models that a training goes on from."""

from pathlib import Path

import numpy as np

from photoz.errors import InputError
from photoz.models import TrainedModel, load_models


def begin_from(
    folder: str | Path, kinds: tuple[str, ...], bands: tuple[str, ...]
) -> dict[str, TrainedModel]:
    """Return the models of a folder that a training of some estimators goes on from.

    Args:
        folder: holds a model file of each estimator.
        kinds: the estimators to train.
        bands: bands of the noise model, in its order.

    Raises:
        ModelError: the folder holds no model, or a damaged one.
        InputError: a kind is missing, the bands differ, or the estimators see other features.
    """
    found = load_models(folder)
    absent = [kind for kind in kinds if kind not in found]
    if absent:
        raise InputError(f"{folder} holds no {' and no '.join(absent)} to go on from.")
    models = {kind: found[kind] for kind in kinds}
    first = models[kinds[0]]
    if first.bands != bands:
        raise InputError(
            f"The models of {folder} have the bands {', '.join(first.bands)}; the noise model has "
            f"{', '.join(bands)}. Both must be the same, in the same order."
        )
    for kind, model in models.items():
        theirs, ours = model.features.to_arrays(), first.features.to_arrays()
        if any(not np.array_equal(theirs[name], ours[name]) for name in ours):
            raise InputError(
                f"The {kind} and the {kinds[0]} of {folder} were trained on different features. "
                "Train them one at a time."
            )
    return models
