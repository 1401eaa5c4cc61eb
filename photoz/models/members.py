"""Which files of a folder are one ensemble, and the one model that they make.

`mdn.safetensors` is the first member, `mdn-2.safetensors` the second, and so on; a kind with one
file is no ensemble.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from photoz.errors import ModelError
from photoz.models.ensemble import ensemble_of

if TYPE_CHECKING:
    from photoz.models.files import TrainedModel

SUFFIX = ".safetensors"
SCORES = ("validation", "test")
_BRIEF = ("member", "seed", "steps", "best_step", "seconds", *SCORES)


def member_name(kind: str, member: int) -> str:
    """Return the name, without suffix, of the file of a member, counted from 1."""
    return kind if member == 1 else f"{kind}-{member}"


def member_files(folder: str | Path, kind: str) -> list[Path]:
    """Return the files of a kind in a folder, first member first; empty where there is none.

    Raises:
        ModelError: a member is missing between others.
    """
    folder = Path(folder)
    name = re.compile(rf"{re.escape(kind)}(?:-([1-9]\d*))?{re.escape(SUFFIX)}")
    matches = [m for path in folder.glob(f"{kind}*{SUFFIX}") if (m := name.fullmatch(path.name))]
    found = {int(m[1] or 1) for m in matches if m[1] != "1" and (folder / m[0]).is_file()}
    for member in range(1, len(found) + 1):
        if member not in found:
            raise ModelError(
                f"{folder} holds {member_name(kind, max(found))}{SUFFIX} but no "
                f"{member_name(kind, member)}{SUFFIX}: members of an ensemble are numbered "
                "without a gap. Copy the missing one, or give the last one its name."
            )
    return [folder / f"{member_name(kind, member)}{SUFFIX}" for member in sorted(found)]


def as_one(models: "Sequence[TrainedModel]", files: Sequence[Path]) -> "TrainedModel":
    """Return the model of a kind: the only one, or the ensemble of its members.

    The card of an ensemble is that of its first member, with a brief of each in `members`, and
    with scores of the ensemble, or none where they are not known.

    Args:
        models: members in order.
        files: where they come from, for the sentences of errors.

    Raises:
        ModelError: the members differ in kind, bands, support, features or size.
    """
    first = models[0]
    if len(models) == 1:
        return first
    for model, file in zip(models[1:], files[1:], strict=True):
        differs = _difference(first, model)
        if differs:
            raise ModelError(
                f"{file} cannot share an ensemble with {files[0].name}: {differs}. Members are "
                "trained in one run (`photoz train --members M`); move one of them away."
            )
    card = {k: v for k, v in first.card.items() if k not in (*SCORES, "member", "n_member")}
    card["members"] = [{k: m.card[k] for k in _BRIEF if k in m.card} for m in models]
    told = models[-1].card.get("ensemble") or {}
    if told.get("n_member") == len(models):
        card |= {k: told[k] for k in SCORES if k in told}
    estimators: list[Any] = [model.estimator for model in models]
    return replace(first, estimator=ensemble_of(estimators), card=card)


def _difference(first: "TrainedModel", other: "TrainedModel") -> str:
    """Say in what two members differ that they must share, or nothing."""
    one, two = first.estimator, other.estimator
    if one.kind != two.kind:
        return f"it holds a network of the kind {two.kind}"
    if first.bands != other.bands:
        return f"its bands are {', '.join(other.bands)}, not {', '.join(first.bands)}"
    if first.z_max != other.z_max:
        return f"its z_max is {other.z_max:g}, not {first.z_max:g}"
    ours, theirs = first.features.to_arrays(), other.features.to_arrays()
    unequal = [name for name in ours if not np.array_equal(ours[name], theirs[name])]
    if unequal:
        return f"its constants of the features differ ({', '.join(unequal)})"
    sizes = one.hyperparameters(), two.hyperparameters()
    unequal = [name for name in sizes[0] if sizes[0][name] != sizes[1].get(name)]
    if unequal:
        return f"its networks are of another size ({', '.join(unequal)})"
    return ""
