"""`train` as a job: read the inputs, train each estimator, write model files with cards."""

import hashlib
import json
from dataclasses import dataclass, field, replace
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
from photoz.models import (
    MDN,
    Estimator,
    Flow,
    Joint,
    TrainedModel,
    ensemble_of,
    load_model,
    member_files,
    save_model,
)
from photoz.models.coordinates import Coordinates, fit_coordinates
from photoz.noise import NoiseModel, load_noise
from photoz.provenance import file_sha256
from photoz.simulate import Simulation, before_milky_way, read_simulation
from photoz.train.begin import begin_from
from photoz.train.card import implied_prior, model_card
from photoz.train.checkpoint import Progress, read_header
from photoz.train.config import TrainConfig, config_from_dict
from photoz.train.heldout import HeldoutScore, score_features
from photoz.train.loop import Validation, Watch, fit
from photoz.train.networks import Network, networks_of
from photoz.train.observe import band_loss, fit_feature_spec, observed_features
from photoz.train.sample import Part, Split, band_groups, physical_targets, split_by_batch
from photoz.train.step import Trainable, TrainData, make_estimator
from photoz.train.trust import reference_of

SCORES = ("log_score", "crps", "pit_ks")


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
    split_seed: int = 0

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
        `seconds`. Of ensembles, `models` has the first file, `members` (by kind) all of them, and
        the scores are those of the ensemble.

    Raises:
        InputError: a configuration that cannot be used.
        JobError: the output folder holds models of another run, or training became NaN.
    """
    settings = config_from_dict(config)
    out = Path(settings.out) if settings.out else run.dir
    _check_out(out, settings, run)
    networks = networks_of(settings)
    run.progress(0, settings.steps * len(networks), "Reading the simulation")
    inputs = read_inputs(settings, run.checkpoints / "features.safetensors")
    _copy(Path(settings.noise), out / "noise.json")
    data = train_data(inputs)
    cards = {}
    for network in networks:
        path = out / network.file
        if path.exists():
            cards[network] = load_model(path).card
        else:
            _forget_later_metrics(run, network)
            cards[network] = _train_one(run, inputs, data, network, out)
    return _result(settings, cards, out)


def _result(config: TrainConfig, cards: dict[Network, dict[str, Any]], out: Path) -> dict[str, Any]:
    """Return what a finished run says of its models."""
    result: dict[str, Any] = {name: {} for name in ("models", *SCORES)}
    for kind in config.models:
        result["models"][kind] = str(out / Network(kind, 1).file)
        last = cards[Network(kind, config.members)]
        test = last["test"] if config.members == 1 else last["ensemble"]["test"]
        result |= {name: result[name] | {kind: test[name]} for name in SCORES}
    result["seconds"] = sum((card["seconds"] for card in cards.values()), 0.0)
    if config.members > 1:
        files = {k: [str(out / n.file) for n in cards if n.kind == k] for k in config.models}
        result["members"] = files
    return result


def read_inputs(config: TrainConfig, feature_file: Path) -> Inputs:
    """Read simulation and noise, split, and fit the features or read those of this run.

    Raises:
        CatalogueError: the simulation cannot be read, or lacks what a joint model learns.
        InputError: the noise model cannot be read or has a band the simulation lacks.
    """
    simulation = before_milky_way(read_simulation(config.simulation))
    noise = load_noise(config.noise)
    bands = tuple(noise.bands)
    hashes = {
        "simulation": file_sha256(config.simulation),
        "noise": file_sha256(config.noise),
    }
    begin = {}
    if config.begin:
        begin = begin_from(config.begin, config.models, bands, config.members)
    for name in begin:
        hashes[f"begin_{name}"] = file_sha256(Path(config.begin) / f"{name}.safetensors")
    told = {**config.to_dict(), "simulation": "", "noise": "", "out": "", **hashes}
    del told["begin"]  # named by its hashes
    del told["members"]  # no member depends on how many there are
    identity = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    physical = physical_targets(simulation) if "joint" in config.models else None
    split_seed = _split_seed(config, begin, hashes["simulation"])
    split = split_by_batch(simulation, bands, config.prior, split_seed, physical)
    if begin:
        spec = next(iter(begin.values())).features
    elif feature_file.exists():
        spec = _read_features(feature_file, bands)
    else:
        sample = split.train
        spec = fit_feature_spec(bands, noise.arrays(), sample.flux_ujy, sample.z, config.seed)
        _write_features(feature_file, spec)
    group = band_groups(str(simulation.provenance.get("survey", "")), bands)
    return Inputs(
        config, simulation, noise, hashes, identity, split, spec, group, begin, split_seed
    )


def _split_seed(config: TrainConfig, begin: dict[str, TrainedModel], simulation: str) -> int:
    """Return the seed of the split: that of the models trained on from, on their simulation.

    Galaxies that they were trained on would else be held out, and score too well.
    """
    for model in begin.values():
        if model.card.get("parents", {}).get("sha256", {}).get("simulation") == simulation:
            return int(model.card.get("split_seed", model.card["training"]["seed"]))
    return config.seed


def train_data(inputs: Inputs) -> TrainData:
    """Put the training galaxies and constants on the device."""
    config, train = inputs.config, inputs.split.train
    return TrainData(
        flux_ujy=jnp.asarray(train.flux_ujy),
        z=jnp.asarray(train.z),
        physical=None if train.physical is None else jnp.asarray(train.physical),
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
    return Validation(x, drawn.z, drawn.physical)


def _train_one(
    run: Run, inputs: Inputs, data: TrainData, network: Network, out: Path
) -> dict[str, Any]:
    """Train one estimator, score it on the test part, save it; returns its card."""
    config, name = inputs.config, network.name
    validation = observe_once(inputs, inputs.split.validation, config.n_validation, 11)
    identity = inputs.identity if network.member == 1 else f"{inputs.identity}-{network.member}"
    estimator, progress = fit(
        _first_estimator(inputs, network), config,
        data._replace(seed=jnp.uint32(config.member_seed(network.member))), validation,
        inputs.n_group, run.checkpoints / network.file, identity, _watch(run, config, network),
    )  # fmt: skip
    test = observe_once(inputs, inputs.split.test, config.n_test, 12)
    scores = [_score(estimator, held) for held in (validation, test)]
    card = model_card(
        network.kind, config, inputs.simulation, inputs.noise, inputs.hashes, progress, *scores,
        prior_z=implied_prior(inputs.split.train, inputs.z_max),
        begun=inputs.begin[name].card if name in inputs.begin else None, member=network.member,
    )  # fmt: skip
    card["split_seed"] = inputs.split_seed
    if network.member == config.members > 1:
        card["ensemble"] = _ensemble_scores(out, network.kind, estimator, validation, test)
    trust = reference_of(
        config, inputs.noise, inputs.split, inputs.group, run.checkpoints / "trust.safetensors"
    )
    model = TrainedModel(estimator, inputs.features, inputs.bands, inputs.z_max, card, trust)
    save_model(model, out / network.file)
    return card


def _ensemble_scores(
    out: Path, kind: str, last: Trainable, validation: Validation, test: Validation
) -> dict[str, Any]:
    """Score the ensemble of the members that are written and the last one, for its card."""
    members: list[Any] = [load_model(file).estimator for file in member_files(out, kind)] + [last]
    found = [_score(ensemble_of(members), held).to_dict() for held in (validation, test)]
    return {"n_member": len(members), "validation": found[0], "test": found[1]}


def _watch(run: Run, config: TrainConfig, network: Network) -> Watch:
    """Return where the loop of a network reports to."""
    networks = networks_of(config)
    done, total = networks.index(network) * config.steps, len(networks) * config.steps
    several = config.members > 1
    of = f", member {network.member} of {config.members}" if several else ""
    more = {"member": network.member} if several else {}
    return Watch(
        report=lambda **row: run.report(**row, **more),
        progress=lambda step: run.progress(done + step, total, f"Training the {network.kind}{of}"),
        should_stop=run.should_stop,
    )


def _first_estimator(inputs: Inputs, network: Network) -> Trainable:
    """Return the estimator that training begins from.

    Raises:
        InputError: a model to go on from covers another range of redshift.
    """
    if network.name not in inputs.begin:
        told = replace(inputs.config, seed=inputs.config.member_seed(network.member))
        sizes = (network.kind, told, inputs.features.n_feature, inputs.z_max)
        return make_estimator(*sizes, _coordinates(inputs) if network.kind == "joint" else None)
    estimator = inputs.begin[network.name].estimator
    if not isinstance(estimator, (MDN, Flow, Joint)) or estimator.z_max != inputs.z_max:
        raise InputError(
            f"The {network.name} of {inputs.config.begin} covers z up to {estimator.z_max:g}, the "
            f"simulation up to {inputs.z_max:g}: simulate that range, or train from the start."
        )
    return estimator


def _coordinates(inputs: Inputs) -> Coordinates:
    """Return the coordinates of a joint model, standardised on the training galaxies."""
    from photoz.simulate.physical import PHYSICAL

    train = inputs.split.train
    assert train.physical is not None
    values = np.concatenate([train.z[:, None], train.physical], axis=1)
    return fit_coordinates(("z", *PHYSICAL), inputs.z_max, values)


def _score(estimator: Estimator, held: Validation) -> HeldoutScore:
    return score_features(estimator, held.features, held.z, physical=held.physical)


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
    for path in (file for kind in config.models for file in member_files(out, kind)):
        if not (run.checkpoints / path.name).exists():
            raise JobError(
                f"{path} exists already and this run did not make it. Give another folder, or "
                "move the model away."
            )


def _forget_later_metrics(run: Run, network: Network) -> None:
    """Drop the lines of metrics that a resumed run writes again."""
    step, checkpoint = 0, run.checkpoints / network.file
    if checkpoint.exists():
        step = stored_progress(checkpoint).step

    def kept(row: dict[str, Any]) -> bool:
        own = (row.get("model"), row.get("member", 1)) == (network.kind, network.member)
        return not own or row["step"] <= step

    run.keep_metrics(kept)


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
