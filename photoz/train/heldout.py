"""Score a model on simulated galaxies it never saw, observed through the noise afresh."""

from dataclasses import dataclass, field, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.metrics.pit import ks_distance
from photoz.metrics.scores import LOG_SCORE_FLOOR
from photoz.models import Joint, TrainedModel
from photoz.models.estimator import Estimator
from photoz.noise import NoiseModel
from photoz.simulate import Simulation
from photoz.train.observe import observed_features
from photoz.train.sample import as_part, physical_targets
from photoz.train.step import log_density

LOG_FLOOR = float(np.log(LOG_SCORE_FLOOR))  # of the log score, per unit z
GRID_STEP = 0.005
CHUNK = 500


@dataclass(frozen=True)
class HeldoutScore:
    """How well posteriors describe simulated galaxies.

    Attributes:
        n: number of galaxies.
        log_score: mean ln max(p(z_true), 0.001), per unit z; larger is better.
        crps: mean continuous ranked probability score in z.
        pit_ks: Kolmogorov-Smirnov distance of the PIT from uniform.
        pit: (n,) the PIT values.
        joint_log_score: of a joint model, mean ln p of all its quantities, a uniform share of
            1e-4 included; per unit z, dex, dex and magnitude.
        physical_pit_ks: of a joint model, `pit_ks` of each quantity beside z.
    """

    n: int
    log_score: float
    crps: float
    pit_ks: float
    pit: np.ndarray
    joint_log_score: float | None = None
    physical_pit_ks: dict[str, float] = field(default_factory=dict)

    @property
    def objective(self) -> float:
        """What training maximises: the log score of all that the model learns."""
        return self.log_score if self.joint_log_score is None else self.joint_log_score

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers without the PIT values."""
        names = ["n", "log_score", "crps", "pit_ks"]
        if self.joint_log_score is not None:
            names += ["joint_log_score", "physical_pit_ks"]
        return {name: getattr(self, name) for name in names}


def score(
    model: TrainedModel, simulation: Simulation, noise: NoiseModel, seed: int, n: int = 5_000
) -> HeldoutScore:
    """Score a model on n galaxies of a simulation, drawn as the model's prior asks.

    Args:
        model: a trained model.
        simulation: galaxies that were not trained on.
        noise: the noise model, applied without the jitter of depth that training adds.
        seed: of the choice of galaxies and of their noise.
        n: number of galaxies.

    Raises:
        InputError: the simulation or the noise model lacks a band.
        CatalogueError: it does not store what a joint model learns.
    """
    prior = model.card.get("prior", "proposal")
    physical = physical_targets(simulation) if isinstance(model.estimator, Joint) else None
    part = as_part(simulation, model.bands, prior, physical)
    part = part.draw(n, np.random.default_rng([seed, 3]))
    x = jax.jit(observed_features)(
        model.features,
        noise.with_bands(model.bands).arrays(depth_jitter=0.0),
        jax.random.key(seed),
        part.flux_ujy,
        part.z,
    )
    return score_features(model.estimator, x, part.z, physical=part.physical)


def score_features(
    estimator: Estimator,
    x: Float[Array, "n n_feature"],
    z: Float[Array, " n"] | np.ndarray,
    n_crps: int | None = None,
    physical: Float[Array, "n n_physical"] | np.ndarray | None = None,
) -> HeldoutScore:
    """Score an estimator on features and true redshifts.

    The scores of a joint model are those of its marginal in z; with `physical` it is judged on the
    rest too.

    Args:
        estimator: the estimator.
        x: (n, n_feature) features.
        z: (n,) true redshifts.
        n_crps: take the CRPS, the costly part, on the first so many galaxies only.
        physical: (n, n_physical) what a joint model learns beside z.
    """
    z = jnp.asarray(z)
    log_p, pit = (np.asarray(a, np.float64) for a in _density_and_pit(estimator, x, z))
    grid = jnp.arange(0.0, estimator.z_max + 0.5 * GRID_STEP, GRID_STEP)
    n = len(z)
    crps = [
        np.asarray(_crps(estimator, _rows(x, i), _rows(z, i), grid), np.float64)[: n - i]
        for i in range(0, min(n, n_crps or n), CHUNK)
    ]
    found = HeldoutScore(
        n=n,
        log_score=float(np.maximum(log_p, LOG_FLOOR).mean()),
        crps=float(np.concatenate(crps).mean()),
        pit_ks=ks_distance(pit),
        pit=pit,
    )
    if not isinstance(estimator, Joint) or physical is None:
        return found
    joint_log_p, pits = _joint_density_and_pits(estimator, x, z, jnp.asarray(physical))
    pits = np.asarray(pits, np.float64)
    distance = {name: ks_distance(u) for name, u in zip(estimator.names[1:], pits, strict=True)}
    mean = float(np.asarray(joint_log_p, np.float64).mean())
    return replace(found, joint_log_score=mean, physical_pit_ks=distance)


@eqx.filter_jit
def _joint_density_and_pits(
    estimator: Joint, x: Array, z: Array, physical: Array
) -> tuple[Array, Array]:
    """Return ln p of all quantities, (n,), and the PIT of each beside z, (n_physical, n)."""
    conditional = estimator.conditional(x)
    names = enumerate(estimator.names[1:])
    pits = [estimator.cdf_of(conditional, name, physical[:, i]) for i, name in names]
    return log_density(estimator, x, z, physical), jnp.stack(pits)


@eqx.filter_jit
def _density_and_pit(estimator: Any, x: Array, z: Array) -> tuple[Array, Array]:
    conditional = estimator.conditional(x)
    return estimator.log_prob(conditional, z), estimator.cdf(conditional, z)


@eqx.filter_jit
def _crps(estimator: Any, x: Array, z: Array, grid: Array) -> Array:
    """Integral of (F - H)^2 dz: trapezium outside the cell of the step, split at z inside it."""
    conditional = estimator.conditional(x)
    cdf = estimator.cdf(conditional, grid[None, :])
    at_z = estimator.cdf(conditional, z)[:, None]
    low, high = grid[:-1], grid[1:]
    zc = jnp.clip(z[:, None], low, high)
    left, right = cdf[:, :-1], cdf[:, 1:]
    at = jnp.where(zc == high, right, jnp.where(zc == low, left, at_z))
    below = 0.5 * (left**2 + at**2) * (zc - low)
    above = 0.5 * ((1 - at) ** 2 + (1 - right) ** 2) * (high - zc)
    return jnp.sum(below + above, axis=1)


def _rows(array: Array, first: int) -> Array:
    """Return CHUNK rows from `first` on, the last row repeated, so that one shape is compiled."""
    index = jnp.minimum(jnp.arange(first, first + CHUNK), array.shape[0] - 1)
    return array[index]
