"""Model files: safetensors arrays plus a JSON header; nothing is ever unpickled."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from photoz.atomic import atomic_path
from photoz.errors import ModelError
from photoz.models.ensemble import Ensemble
from photoz.models.estimator import Estimator
from photoz.models.flow import Flow
from photoz.models.joint import Joint
from photoz.models.mdn import MDN
from photoz.models.members import as_one, member_files

if TYPE_CHECKING:
    from photoz.features import FeatureSpec
    from photoz.trust import Reference

FORMAT_VERSION = 1
_KINDS: dict[str, Any] = {"mdn": MDN, "flow": Flow, "joint": Joint}
REDSHIFT_KINDS = ("mdn", "flow")  # of redshift alone: what `load_models` gives
JOINT = "joint"


@dataclass(frozen=True)
class TrainedModel:
    """An estimator with all that is needed to apply it to a catalogue.

    Attributes:
        estimator: the trained `MDN`, `Flow` or `Joint`, or an ensemble of one of the first two
            (`load_models`).
        features: how photometry becomes its input.
        bands: names of the bands it was trained on, in order.
        z_max: upper end of its support.
        card: what it is and how it was made (recipe, seed, scores, provenance); JSON types.
        trust: the simulated galaxies in brief, to tell which others are unlike them; None in
            files from before there was one.
    """

    estimator: Estimator
    features: "FeatureSpec"
    bands: tuple[str, ...]
    z_max: float
    card: dict[str, Any] = field(default_factory=dict)
    trust: "Reference | None" = None


def save_model(model: TrainedModel, path: str | Path) -> Path:
    """Write a model to a safetensors file in one piece and return its path.

    Raises:
        ModelError: it is an ensemble, whose members have a file each.
    """
    from safetensors.numpy import save_file

    if isinstance(model.estimator, Ensemble):
        raise ModelError(
            f"{path}: an ensemble is not one file. Write its members (`load_members`) one by one, "
            "as mdn.safetensors, mdn-2.safetensors, ..."
        )

    leaves = jax.tree.leaves(eqx.filter(model.estimator, eqx.is_array))
    arrays = {f"network.{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
    for name, value in model.features.to_arrays().items():
        arrays[f"features.{name}"] = np.ascontiguousarray(value)
    for name, value in ({} if model.trust is None else model.trust.to_arrays()).items():
        arrays[f"trust.{name}"] = value
    header = {
        "format_version": FORMAT_VERSION,
        "kind": model.estimator.kind,
        "hyperparameters": model.estimator.hyperparameters(),
        "bands": list(model.bands),
        "z_max": model.z_max,
        "card": model.card,
    }
    text = json.dumps(header, default=str)
    path = Path(path)
    with atomic_path(path) as temporary:
        save_file(arrays, temporary, metadata={"photoz": text, "sha256": _digest(text, arrays)})
    return path


def load_model(path: str | Path) -> TrainedModel:
    """Read a model file.

    Raises:
        ModelError: missing, damaged or truncated, of another format version, or with arrays
            that do not fit its own header.
    """
    from photoz.features import FeatureSpec

    path = Path(path)
    header, arrays = _read(path)
    try:
        bands, z_max = tuple(header["bands"]), float(header["z_max"])
        # shapes only: nothing is drawn that the file's arrays would replace
        skeleton = eqx.filter_eval_shape(
            _KINDS[header["kind"]], jax.random.key(0), **header["hyperparameters"]
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(
            f"{path}: its header does not describe a model this version knows ({error!r}). "
            "Train it again, or read it with the version that made it."
        ) from error
    constants = _under("features.", arrays)
    try:
        spec = FeatureSpec.from_arrays(bands, constants)
        trust = _reference(len(bands), _under("trust.", arrays))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    estimator = _fill(skeleton, arrays, path)
    if z_max != estimator.z_max:
        raise ModelError(
            f"{path}: its header says z_max {z_max:g}, its network {estimator.z_max:g}. "
            "The file is damaged: train or copy it again."
        )
    if spec.n_feature != estimator.n_feature:
        raise ModelError(
            f"{path}: the feature arrays give {spec.n_feature} inputs, the network takes "
            f"{estimator.n_feature}. The file is damaged: train or copy it again."
        )
    return TrainedModel(estimator, spec, bands, z_max, header.get("card", {}), trust)


def load_models(path: str | Path) -> dict[str, TrainedModel]:
    """Read the models of a folder (`mdn.safetensors`, `flow.safetensors`) or of one file.

    Where the folder holds `mdn-2.safetensors`, `mdn-3.safetensors`, ... beside the first, the model
    of the kind is their ensemble. A joint model beside them is left alone; `load_joint` reads it.

    Returns:
        Models by kind, `mdn` before `flow`.

    Raises:
        ModelError: nothing there, a damaged file, a joint model, members that do not fit together,
            or two models made for different bands.
    """
    groups = load_members(path).values()
    found = [as_one(list(members.values()), list(members)) for members in groups]
    models = {model.estimator.kind: model for model in found}
    if len({m.bands for m in models.values()}) > 1:
        raise ModelError(f"{path}: its models were trained on different bands; keep one of them.")
    return models


def load_members(path: str | Path) -> dict[str, dict[Path, TrainedModel]]:
    """Read the models of a folder or of one file, members of ensembles one by one.

    A joint model is left alone, as by `load_models`.

    Returns:
        By kind, the models by file, the first member first.

    Raises:
        ModelError: nothing there, a damaged file, a joint model, or a member missing between
            others.
    """
    path = Path(path)
    if path.is_dir():
        files = {kind: found for kind in REDSHIFT_KINDS if (found := member_files(path, kind))}
        if not files:
            has_joint = (path / f"{JOINT}.safetensors").is_file()
            raise ModelError(
                f"{path} holds no model{' of redshift alone' if has_joint else ''}: expected "
                "mdn.safetensors or flow.safetensors there. `photoz train` makes them."
                + (" `photoz predict-joint` applies the joint model." if has_joint else "")
            )
        return {kind: {file: load_model(file) for file in group} for kind, group in files.items()}
    model = load_model(path)
    if model.estimator.kind == JOINT:
        raise ModelError(
            f"{path} is a joint model of redshift, mass, star formation and dust; here a model of "
            "redshift alone is expected. `photoz predict-joint` applies it."
        )
    return {model.estimator.kind: {path: model}}


def load_joint(path: str | Path) -> TrainedModel:
    """Read the joint model of a folder (`joint.safetensors`) or of one file.

    Raises:
        ModelError: nothing there, a damaged file, or a model of redshift alone.
    """
    path = Path(path)
    if path.is_dir():
        path = path / f"{JOINT}.safetensors"
        if not path.is_file():
            raise ModelError(
                f"{path.parent} holds no joint model: expected {path.name} there. "
                "`photoz train SIM --model joint` makes one."
            )
    model = load_model(path)
    if model.estimator.kind != JOINT:
        raise ModelError(
            f"{path} is a {model.estimator.kind}, a model of redshift alone; here a joint model is "
            "expected. `photoz train SIM --model joint` makes one."
        )
    return model


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return header and arrays of a file, or say in a sentence why not."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ModelError(
            f"There is no model file {path}. Give a .safetensors file or a folder that holds "
            "mdn.safetensors or flow.safetensors."
        )
    try:
        with safe_open(path, framework="numpy") as stored:
            metadata = stored.metadata() or {}
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        text = metadata.get("photoz", "null")
        header = json.loads(text)
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"{path} is not a whole safetensors file ({error}): it may be truncated. "
            "Copy or train it again."
        ) from error
    if not isinstance(header, dict):
        raise ModelError(f"{path} is a safetensors file without a photoz header: not a model.")
    if metadata.get("sha256", digest := _digest(text, arrays)) != digest:
        raise ModelError(
            f"{path} is damaged: its contents do not have the SHA-256 that it was written with. "
            "Copy or train it again."
        )
    if header.get("format_version") != FORMAT_VERSION:
        raise ModelError(
            f"{path} has model format version {header.get('format_version')!r}, this photoz "
            f"reads version {FORMAT_VERSION}. Use the version that wrote it, or train again."
        )
    return header, arrays


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with a prefix, without it."""
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def _reference(n_band: int, arrays: dict[str, np.ndarray]) -> "Reference | None":
    """Return the reference of simulated galaxies, None in files from before there was one."""
    from photoz.trust import Reference

    return Reference.from_arrays(n_band, arrays) if arrays else None


def _digest(text: str, arrays: dict[str, np.ndarray]) -> str:
    """Return the SHA-256 of a header's text and of every array in order of name."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _fill(skeleton: Any, arrays: dict[str, np.ndarray], path: Path) -> Any:
    """Put stored arrays into a network of the right structure, checking every one."""
    dynamic, static = eqx.partition(skeleton, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))
    leaves, structure = jax.tree.flatten(dynamic)
    names = [f"network.{i}" for i in range(len(leaves))]
    stored = {name for name in arrays if name.startswith("network.")}
    remedy = "The file is damaged: train or copy it again."
    if stored != set(names):
        raise ModelError(
            f"{path}: {len(stored)} network arrays where its header asks for {len(names)}. {remedy}"
        )
    for name, leaf in zip(names, leaves, strict=True):
        if arrays[name].shape != leaf.shape:
            raise ModelError(
                f"{path}: array {name} has shape {arrays[name].shape}, its header asks for "
                f"{leaf.shape}. {remedy}"
            )
        if not np.isfinite(arrays[name]).all():
            raise ModelError(f"{path}: array {name} holds values that are not finite. {remedy}")
    filled = [jnp.asarray(arrays[name], jnp.float32) for name in names]
    return eqx.combine(jax.tree.unflatten(structure, filled), static)
