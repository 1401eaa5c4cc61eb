"""The models that a training goes on from."""

from pathlib import Path

import numpy as np

from photoz.errors import InputError
from photoz.models import REDSHIFT_KINDS, TrainedModel, load_joint, load_members, member_name


def begin_from(
    folder: str | Path, kinds: tuple[str, ...], bands: tuple[str, ...], n_member: int = 1
) -> dict[str, TrainedModel]:
    """Return the models of a folder that a training of some estimators goes on from.

    Args:
        folder: holds a model file of each estimator.
        kinds: the estimators to train.
        bands: bands of the noise model, in its order.
        n_member: networks of each; the first of them go on from the first files.

    Returns:
        By name of the file, without suffix (`member_name`).

    Raises:
        ModelError: the folder holds no model, or a damaged one.
        InputError: a kind or a member is missing, the bands differ, or the estimators see other
            features.
    """
    groups = load_members(folder) if set(kinds) & set(REDSHIFT_KINDS) else {}
    found = {kind: list(group.values()) for kind, group in groups.items()}
    if "joint" in kinds:
        found["joint"] = [load_joint(folder)]
    absent = [kind for kind in kinds if kind not in found]
    if absent:
        raise InputError(f"{folder} holds no {' and no '.join(absent)} to go on from.")
    few = {kind: len(found[kind]) for kind in kinds if len(found[kind]) < n_member}
    if few:
        told = " and ".join(f"{n} {kind}" for kind, n in few.items())
        raise InputError(
            f"{folder} holds {told} to go on from, not {n_member}: train as many members as there "
            "are, or from random weights."
        )
    numbers = range(1, n_member + 1)
    models = {member_name(k, i): found[k][i - 1] for i in numbers for k in kinds}
    first = models[kinds[0]]
    if first.bands != bands:
        raise InputError(
            f"The models of {folder} have the bands {', '.join(first.bands)}; the noise model has "
            f"{', '.join(bands)}. Both must be the same, in the same order."
        )
    for name, model in models.items():
        theirs, ours = model.features.to_arrays(), first.features.to_arrays()
        if any(not np.array_equal(theirs[constant], ours[constant]) for constant in ours):
            raise InputError(
                f"The {name} and the {kinds[0]} of {folder} were trained on different features. "
                "Train them one at a time."
            )
    return models
