"""What a training run is told: sample, noise, network, length; presets by name."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from photoz.errors import InputError

BOTH = ("mdn", "flow")
KINDS = (*BOTH, "joint")
PRIORS = ("proposal", "target")
# optimiser steps of 1,024 galaxies and width of the network; both models on two cores take
# about 2, 16 and 35 minutes
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"steps": 2_000, "width": 128},
    "standard": {"steps": 14_000, "width": 256},
    "best": {"steps": 30_000, "width": 256},
}
LONG_STEPS = 5_000
TINY = 1e-12
MOST_MEMBERS = 20
LARGEST_DECAY = 0.999999  # of averaged weights: with 1 they would never move
COUNTS = (
    "steps", "batch", "width", "depth", "n_component", "n_bin", "n_spline",
    "steps_per_dispatch", "evaluate_every", "n_validation", "n_test",
)  # fmt: skip
RATES = (
    "warmup_share", "mask_share", "mask_rate", "mask_group", "mask_window", "limit_share",
)  # fmt: skip


@dataclass(frozen=True)
class TrainConfig:
    """Configuration of a training run; JSON types only.

    Attributes:
        simulation: path of the simulated catalogue.
        noise: path of the noise model.
        out: folder for the model files; the run folder when empty.
        begin: folder of models to go on from; empty trains from random weights. Features, width
            and depth are then theirs.
        models: which estimators, of `KINDS`.
        members: networks of each estimator, an ensemble where there are more than one; a joint
            model has none.
        preset: the preset that `steps` and `width` came from.
        steps: optimiser steps of each estimator.
        batch: galaxies a step.
        width: of the network's layers.
        depth: number of its residual blocks.
        n_component: Gaussians of the MDN, and of the joint model.
        n_bin: bins of each spline of the flow.
        n_spline: splines of the flow.
        learning_rate: at its peak.
        warmup_share: share of the steps in which the rate rises from zero.
        weight_decay: of AdamW, on matrices only.
        clip_norm: largest global norm of the gradient.
        ema_decay: of the averaged weights; None: 0.999, or 0.995 for short runs.
        prior: `proposal` learns the redshifts as simulated, `target` weights every galaxy by
            exp(log_weight) towards the recipe's own population.
        mask_share: share of training galaxies that lose bands at random.
        mask_rate: largest probability of a band to be lost in those.
        mask_group: probability of each group of bands to be lost together.
        mask_window: probability to lose all bands in a window of wavelength.
        limit_share: share of training galaxies whose faint fluxes become upper limits.
        seed: of everything random.
        steps_per_dispatch: steps in one compiled loop; a run stops between two of them.
        evaluate_every: steps between two scores on held-out galaxies.
        patience: evaluations without a better score before stopping; None never stops early.
        n_validation: held-out galaxies scored while training.
        n_test: held-out galaxies scored at the end.
    """

    simulation: str
    noise: str
    out: str = ""
    begin: str = ""
    models: tuple[str, ...] = BOTH
    members: int = 1
    preset: str = "standard"
    steps: int = 14_000
    batch: int = 1024
    width: int = 256
    depth: int = 3
    n_component: int = 10
    n_bin: int = 24
    n_spline: int = 2
    learning_rate: float = 1.5e-3
    warmup_share: float = 0.03
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    ema_decay: float | None = None
    prior: str = "proposal"
    mask_share: float = 0.3
    mask_rate: float = 0.6
    mask_group: float = 0.05
    mask_window: float = 0.1
    limit_share: float = 0.1
    seed: int = 0
    steps_per_dispatch: int = 50
    evaluate_every: int = 200
    patience: int | None = None
    n_validation: int = 4_000
    n_test: int = 5_000

    def __post_init__(self) -> None:
        _check(self)

    @property
    def decay(self) -> float:
        """Decay of the averaged weights."""
        if self.ema_decay is not None:
            return self.ema_decay
        return 0.999 if self.steps >= LONG_STEPS else 0.995

    def member_seed(self, member: int) -> int:
        """Return the seed of a member's weights and batches, counted from 1; the first's is `seed`.

        Split, features and held-out galaxies are the run's: they depend on `seed` alone.
        """
        if member == 1:
            return self.seed
        return int(np.random.SeedSequence([self.seed, member]).generate_state(1)[0])

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON holds them."""
        return asdict(self) | {"models": list(self.models)}


def preset_config(preset: str, simulation: str, noise: str, **changes: Any) -> TrainConfig:
    """Return a preset's configuration with some entries changed.

    Raises:
        InputError: no such preset, or an entry that cannot be used.
    """
    if preset not in PRESETS:
        raise InputError(f"There is no preset {preset!r}. Presets: {', '.join(PRESETS)}.")
    _only_known(changes)
    base = TrainConfig(simulation=simulation, noise=noise, preset=preset, **PRESETS[preset])
    return replace(base, **changes)


def config_from_dict(record: Mapping[str, Any]) -> TrainConfig:
    """Read a configuration: a preset's values under whatever `record` gives.

    Raises:
        InputError: an entry is unknown, missing or cannot be used.
    """
    _only_known(record)
    missing = sorted({"simulation", "noise"} - set(record))
    if missing:
        raise InputError(f"The training configuration lacks {' and '.join(missing)}.")
    given = dict(record)
    preset = given.pop("preset", "standard")
    models = given.get("models", BOTH)
    given["models"] = (models,) if isinstance(models, str) else tuple(models)
    return preset_config(preset, given.pop("simulation"), given.pop("noise"), **given)


def _only_known(record: Mapping[str, Any]) -> None:
    known = {f.name for f in fields(TrainConfig)}
    unknown = sorted(set(record) - known)
    if unknown:
        raise InputError(
            f"The training configuration has unknown entries: {', '.join(unknown)}. "
            f"Known: {', '.join(sorted(known))}."
        )


def _check(config: TrainConfig) -> None:
    """Refuse values of another kind or outside their range."""
    bad_models = [m for m in config.models if m not in KINDS]
    if bad_models or not config.models or len(set(config.models)) < len(config.models):
        raise InputError(
            f"models = {list(config.models)}: expected one or more of {', '.join(KINDS)}, "
            "each once."
        )
    if config.prior not in PRIORS:
        raise InputError(f"prior = {config.prior!r}: expected one of {', '.join(PRIORS)}.")
    for name in COUNTS:
        _check_count(name, getattr(config, name), 1)
    _check_count("members", config.members, 1, MOST_MEMBERS)
    if "joint" in config.models and config.members > 1:
        raise InputError(
            f"members = {config.members}: a joint model has no ensemble. Give 1, or train an "
            "ensemble of the others in a run of its own."
        )
    if config.patience is not None:
        _check_count("patience", config.patience, 1)
    _check_count("seed", config.seed, 0, 2**32 - 1)
    for name in RATES:
        _check_number(name, getattr(config, name), 0.0, 1.0)
    _check_number("learning_rate", config.learning_rate, TINY)
    _check_number("clip_norm", config.clip_norm, TINY)
    _check_number("weight_decay", config.weight_decay, 0.0)
    if config.ema_decay is not None:
        _check_number("ema_decay", config.ema_decay, 0.0, LARGEST_DECAY)
    if config.evaluate_every % config.steps_per_dispatch:
        raise InputError(
            f"evaluate_every = {config.evaluate_every} is not a multiple of steps_per_dispatch = "
            f"{config.steps_per_dispatch}."
        )


def _check_count(name: str, value: Any, low: int, high: int = 2**31 - 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} = {value!r}: expected a whole number from {low} to {high}.")


def _check_number(name: str, value: Any, low: float, high: float = math.inf) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and low <= value <= high):
        most = "" if high == math.inf else f" to {high:g}"
        raise InputError(f"{name} = {value!r}: expected a number of {low:g}{most or ' or more'}.")
