"""`train` as a job: read the inputs, train each estimator, write model files with cards."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import photoz.jaxconfig  # noqa: F401
from photoz.atomic import atomic_path
from photoz.errors import InputError, JobError
from photoz.features import FeatureSpec
from photoz.jobs import Run
from photoz.models import MDN, Flow, TrainedModel, load_model, save_model
from photoz.noise import NoiseModel, load_noise
from photoz.provenance import file_sha256
from photoz.simulate import Simulation, before_milky_way, read_simulation
from photoz.train.begin import begin_from
from photoz.train.card import model_card
from photoz.train.checkpoint import Progress, read_header
from photoz.train.config import TrainConfig, config_from_dict
from photoz.train.heldout import HeldoutScore, score_features
from photoz.train.loop import Validation, Watch, fit
from photoz.train.observe import band_loss, fit_feature_spec, observed_features
from photoz.train.sample import Part, Split, band_groups, split_by_batch
from photoz.train.step import TrainData, make_estimator
from photoz.train.trust import reference_of


@dataclass(frozen=True)
class Inputs:
    """Everything a run reads, once."""

    config: TrainConfig
    simulation: Simulation
    noise: NoiseModel
    hashes: dict[str, str]
    identity: str
    split: Split
    features: FeatureSpec
    group: np.ndarray
    begin: dict[str, TrainedModel] = field(default_factory=dict)

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands of the model: those of the noise model, in its order."""
        return tuple(self.noise.bands)

    @property
    def z_max(self) -> float:
        """Upper end of the support: that of the simulation's recipe."""
        return float(self.simulation.provenance["z_max"])

    @property
    def n_group(self) -> int:
        """Number of groups of bands."""
        return int(self.group.max()) + 1


def run(run: Run, config: dict[str, Any]) -> dict[str, Any]:
    """Train as a job of `photoz.jobs`.

    Args:
        run: the run folder's interface.
        config: entries of `TrainConfig`.

    Returns:
        `models` (path by kind), `log_score`, `crps`, `pit_ks` (by kind, on the test split) and
        `seconds`.

    Raises:
        InputError: a configuration that cannot be used.
        JobError: the output folder holds models of another run, or training became NaN.
    """
    settings = config_from_dict(config)
    out = Path(settings.out) if settings.out else run.dir
    _check_out(out, settings, run)
    run.progress(0, settings.steps * len(settings.models), "Reading the simulation")
    inputs = read_inputs(settings, run.checkpoints / "features.safetensors")
    _copy(Path(settings.noise), out / "noise.json")
    data = train_data(inputs)
    result: dict[str, Any] = {k: {} for k in ("models", "log_score", "crps", "pit_ks")}
    seconds = 0.0
    for i, kind in enumerate(settings.models):
        path = out / f"{kind}.safetensors"
        checkpoint = run.checkpoints / f"{kind}.safetensors"
        if path.exists():
            card = load_model(path).card
        else:
            _forget_later_metrics(run, kind, checkpoint)
            card = _train_one(run, inputs, data, kind, i, path, checkpoint)
        result["models"][kind] = str(path)
        for name in ("log_score", "crps", "pit_ks"):
            result[name][kind] = card["test"][name]
        seconds += card["seconds"]
    return result | {"seconds": seconds}


def read_inputs(config: TrainConfig, feature_file: Path) -> Inputs:
    """Read simulation and noise, split, and fit the features or read those of this run.

    Raises:
        CatalogueError: the simulation cannot be read.
        InputError: the noise model cannot be read or has a band the simulation lacks.
    """
    simulation = before_milky_way(read_simulation(config.simulation))
    noise = load_noise(config.noise)
    bands = tuple(noise.bands)
    hashes = {
        "simulation": file_sha256(config.simulation),
        "noise": file_sha256(config.noise),
    }
    begin = begin_from(config.begin, config.models, bands) if config.begin else {}
    for kind in begin:
        hashes[f"begin_{kind}"] = file_sha256(Path(config.begin) / f"{kind}.safetensors")
    told = {**config.to_dict(), "simulation": "", "noise": "", "out": "", **hashes}
    del told["begin"]  # named by its hashes
    identity = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    split = split_by_batch(simulation, bands, config.prior, config.seed)
    if begin:
        spec = next(iter(begin.values())).features
    elif feature_file.exists():
        spec = _read_features(feature_file, bands)
    else:
        sample = split.train
        spec = fit_feature_spec(bands, noise.arrays(), sample.flux_ujy, sample.z, config.seed)
        _write_features(feature_file, spec)
    group = band_groups(str(simulation.provenance.get("survey", "")), bands)
    return Inputs(config, simulation, noise, hashes, identity, split, spec, group, begin)


def train_data(inputs: Inputs) -> TrainData:
    """Put the training galaxies and constants on the device."""
    config, train = inputs.config, inputs.split.train
    return TrainData(
        flux_ujy=jnp.asarray(train.flux_ujy),
        z=jnp.asarray(train.z),
        weight=jnp.asarray(train.weight),
        noise=inputs.noise.arrays(),
        features=inputs.features,
        band_loss=band_loss(config, inputs.noise, inputs.group),
        seed=jnp.uint32(config.seed),
    )


def observe_once(inputs: Inputs, part: Part, n: int, number: int) -> Validation:
    """Observe n galaxies of a part once, with noise of their own number."""
    config = inputs.config
    drawn = part.draw(n, np.random.default_rng([config.seed, number]))
    key = jax.random.fold_in(jax.random.key(config.seed), number)
    x = jax.jit(observed_features)(
        inputs.features, inputs.noise.arrays(depth_jitter=0.0), key, drawn.flux_ujy, drawn.z
    )
    return Validation(x, drawn.z)


def _train_one(
    run: Run, inputs: Inputs, data: TrainData, kind: str, i: int, path: Path, checkpoint: Path
) -> dict[str, Any]:
    """Train one estimator, score it on the test part, save it; returns its card."""
    config = inputs.config
    total = config.steps * len(config.models)
    watch = Watch(
        report=run.report,
        progress=lambda step: run.progress(i * config.steps + step, total, f"Training the {kind}"),
        should_stop=run.should_stop,
    )
    validation = observe_once(inputs, inputs.split.validation, config.n_validation, 11)
    estimator, progress = fit(
        _first_estimator(inputs, kind), config, data, validation, inputs.n_group, checkpoint,
        inputs.identity, watch,
    )  # fmt: skip
    test = observe_once(inputs, inputs.split.test, config.n_test, 12)
    scores = [_score(estimator, held) for held in (validation, test)]
    card = model_card(
        kind, config, inputs.simulation, inputs.noise, inputs.hashes, progress, *scores,
        begun=inputs.begin[kind].card if kind in inputs.begin else None,
    )  # fmt: skip
    trust = reference_of(
        config, inputs.noise, inputs.split, inputs.group, run.checkpoints / "trust.safetensors"
    )
    model = TrainedModel(estimator, inputs.features, inputs.bands, inputs.z_max, card, trust)
    save_model(model, path)
    return card


def _first_estimator(inputs: Inputs, kind: str) -> MDN | Flow:
    """Return the estimator that training begins from.

    Raises:
        InputError: a model to go on from covers another range of redshift.
    """
    if kind not in inputs.begin:
        return make_estimator(kind, inputs.config, inputs.features.n_feature, inputs.z_max)
    estimator = inputs.begin[kind].estimator
    if not isinstance(estimator, (MDN, Flow)) or estimator.z_max != inputs.z_max:
        raise InputError(
            f"The {kind} of {inputs.config.begin} covers z up to {estimator.z_max:g}, the "
            f"simulation up to {inputs.z_max:g}: simulate that range, or train from the start."
        )
    return estimator


def _score(estimator: MDN | Flow, held: Validation) -> HeldoutScore:
    return score_features(estimator, held.features, held.z)


def _check_out(out: Path, config: TrainConfig, run: Run) -> None:
    """Refuse a folder that holds models this run did not make, or another noise model."""
    noise = Path(config.noise)
    if not noise.is_file():
        raise InputError(f"Noise file {noise} does not exist. `photoz noise fit` makes one.")
    if out.exists() and not out.is_dir():
        raise InputError(f"Cannot write models into {out}: it is a file. Give a folder.")
    out.mkdir(parents=True, exist_ok=True)
    kept = out / "noise.json"
    if kept.exists() and kept.read_bytes() != noise.read_bytes():
        raise JobError(
            f"{kept} is another noise model than {noise}, which is kept beside the models. Give "
            "another folder, or move it away."
        )
    for kind in config.models:
        path = out / f"{kind}.safetensors"
        if path.exists() and not (run.checkpoints / path.name).exists():
            raise JobError(
                f"{path} exists already and this run did not make it. Give another folder, or "
                "move the model away."
            )


def _forget_later_metrics(run: Run, kind: str, checkpoint: Path) -> None:
    """Drop the lines of metrics that a resumed run writes again."""
    step = 0
    if checkpoint.exists():
        step = stored_progress(checkpoint).step
    run.keep_metrics(lambda row: row.get("model") != kind or row["step"] <= step)


def stored_progress(checkpoint: Path) -> Progress:
    """Read where a checkpoint stands without its arrays."""
    return Progress(**read_header(checkpoint)["progress"])


def _write_features(path: Path, spec: FeatureSpec) -> None:
    from safetensors.numpy import save_file

    with atomic_path(path) as temporary:
        save_file({k: np.ascontiguousarray(v) for k, v in spec.to_arrays().items()}, temporary)


def _read_features(path: Path, bands: tuple[str, ...]) -> FeatureSpec:
    from safetensors.numpy import load_file

    return FeatureSpec.from_arrays(bands, load_file(path))


def _copy(source: Path, target: Path) -> None:
    """Keep the noise model beside the models it was used for."""
    if source.resolve() != target.resolve():
        with atomic_path(target) as temporary:
            temporary.write_bytes(source.read_bytes())
