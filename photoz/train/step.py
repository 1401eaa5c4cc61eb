"""One optimiser step, and many of them in one compiled loop."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from photoz.features import FeatureSpec
from photoz.models import MDN, Flow, Joint
from photoz.models.coordinates import Coordinates
from photoz.noise import NoiseArrays
from photoz.train.config import TrainConfig
from photoz.train.observe import BandLoss, training_features

# XLA's own generator: several times quicker on a CPU than the default one
KEY_KIND = "rbg"
# a uniform density of this share beside the model's, in the loss only: the gradient of one galaxy
# that the network is sure to be elsewhere stays finite, and no such galaxy throws a run off
LEAST_SHARE = 1e-4


Trainable: TypeAlias = MDN | Flow | Joint


class TrainState(NamedTuple):
    """All that a run needs to go on exactly; randomness follows from seed and step.

    Attributes:
        params: arrays of the estimator.
        optimiser: state of the optimiser.
        average: exponential moving average of `params`.
        step: number of steps done.
    """

    params: Any
    optimiser: Any
    average: Any
    step: Int[Array, ""]


class TrainData(NamedTuple):
    """What every step reads; resident on the device.

    Attributes:
        flux_ujy: (n, n_band) true fluxes in microjansky.
        z: (n,) redshifts.
        physical: (n, n_physical) what a joint model learns beside z, None where none is trained.
        weight: (n,) weights of the loss, mean 1.
        noise: noise model.
        features: constants of the features.
        band_loss: how often bands are lost.
        seed: of every random number.
    """

    flux_ujy: Float[Array, "n n_band"]
    z: Float[Array, " n"]
    physical: Float[Array, "n n_physical"] | None
    weight: Float[Array, " n"]
    noise: NoiseArrays
    features: FeatureSpec
    band_loss: BandLoss
    seed: Int[Array, ""]


def make_estimator(
    kind: str,
    config: TrainConfig,
    n_feature: int,
    z_max: float,
    coordinates: Coordinates | None = None,
) -> Trainable:
    """Return an untrained estimator; its weights depend on the seed and the kind.

    Args:
        kind: of `KINDS`.
        config: sizes and the seed.
        n_feature: length of the feature vector.
        z_max: upper end of the support.
        coordinates: of a joint model, which others do not have.
    """
    key = jax.random.fold_in(jax.random.key(config.seed), 1 + len(kind))
    size = {"width": config.width, "depth": config.depth}
    if kind == "mdn":
        return MDN(key, n_feature, z_max, n_component=config.n_component, **size)
    if coordinates is not None:
        at = coordinates
        told = (n_feature, z_max, at.names, at.location, at.scale, config.n_component)
        return Joint(key, *told, **size)
    return Flow(key, n_feature, z_max, n_bin=config.n_bin, n_spline=config.n_spline, **size)


def make_optimiser(config: TrainConfig) -> optax.GradientTransformation:
    """Return AdamW after clipping, its rate warmed up linearly, then a cosine to 1 %."""
    rate = optax.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=config.learning_rate,
        warmup_steps=max(1, min(round(config.warmup_share * config.steps), config.steps - 1)),
        decay_steps=max(2, config.steps),
        end_value=0.01 * config.learning_rate,
    )
    matrices = lambda params: jax.tree.map(lambda p: p.ndim > 1, params)  # noqa: E731
    return optax.chain(
        optax.clip_by_global_norm(config.clip_norm),
        optax.adamw(rate, weight_decay=config.weight_decay, mask=matrices),
    )


def log_density(
    model: Trainable, x: Array, z: Float[Array, " n"], physical: Float[Array, "n n_physical"] | None
) -> Float[Array, " n"]:
    """Return ln p of what a model learns, with a uniform share of `LEAST_SHARE` beside it."""
    conditional: Any = model.conditional(x)
    if isinstance(model, Joint) and physical is not None:
        values = jnp.concatenate([z[:, None], physical], axis=1)
        log_p, volume = model.joint_log_prob(conditional, values), model.box
    else:
        log_p, volume = model.log_prob(conditional, z), model.z_max
    return jnp.logaddexp(log_p, jnp.log(LEAST_SHARE / volume))


def first_state(estimator: Trainable, optimiser: optax.GradientTransformation) -> TrainState:
    """Return the state before the first step."""
    params = eqx.filter(estimator, eqx.is_inexact_array)
    return TrainState(params, optimiser.init(params), params, jnp.zeros((), jnp.int32))


def make_advance(
    estimator: Trainable,
    optimiser: optax.GradientTransformation,
    config: TrainConfig,
    n_group: int,
) -> Callable[[TrainState, TrainData, int], tuple[TrainState, Array, Array]]:
    """Return `advance(state, data, n)`: n steps, at most `steps_per_dispatch`, in one call.

    It returns the new state, and per step the loss and the norm of the gradient, each
    (steps_per_dispatch,), zero beyond n.
    """
    static = eqx.filter(estimator, eqx.is_inexact_array, inverse=True)
    decay, length = config.decay, config.steps_per_dispatch
    is_joint = isinstance(estimator, Joint)

    def loss_of(params: Any, x: Array, z: Array, physical: Array | None, weight: Array) -> Array:
        return -jnp.mean(weight * log_density(eqx.combine(params, static), x, z, physical))

    def step(state: TrainState, data: TrainData) -> tuple[TrainState, Array, Array]:
        key = jax.random.fold_in(jax.random.key(data.seed, impl=KEY_KIND), state.step)
        key_row, key_see = jax.random.split(key)
        row = jax.random.randint(key_row, (config.batch,), 0, data.z.shape[0])
        flux, z = data.flux_ujy[row], data.z[row]
        x = training_features(data.features, data.noise, data.band_loss, n_group, key_see, flux, z)
        physical = data.physical[row] if is_joint and data.physical is not None else None
        see = (x, z, physical, data.weight[row])
        loss, gradient = jax.value_and_grad(loss_of)(state.params, *see)
        updates, inner = optimiser.update(gradient, state.optimiser, state.params)
        params = optax.apply_updates(state.params, updates)
        t = state.step.astype(jnp.float32)
        keep = jnp.minimum(decay, (1.0 + t) / (10.0 + t))  # forget the random start quickly
        average = optax.incremental_update(params, state.average, 1.0 - keep)
        return TrainState(params, inner, average, state.step + 1), loss, optax.global_norm(gradient)

    @jax.jit
    def advance(state: TrainState, data: TrainData, n: int) -> tuple[TrainState, Array, Array]:
        def body(i: Array, carry: tuple) -> tuple:
            state, losses, norms = carry
            state, loss, norm = step(state, data)
            return state, losses.at[i].set(loss), norms.at[i].set(norm)

        nothing = jnp.zeros(length)
        return jax.lax.fori_loop(0, n, body, (state, nothing, nothing))

    return advance
