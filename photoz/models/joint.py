"""Mixture density network with full covariances: p(z, log mass, log sSFR, A_V | photometry)."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.models.coordinates import Coordinates
from photoz.models.gaussians import JointParams
from photoz.models.joint_density import JointDensity
from photoz.models.trunk import Trunk, scaled_linear

LEAST_WIDTH = 1e-3  # of the diagonals of a factor, in scatters of the training galaxies
LARGEST_WIDTH = 4.0
FARTHEST = 8.0  # means lie within it, slopes within half of it
BOX_SCATTERS = 20.0  # side of the volume of `box` in every quantity but redshift


class Joint(JointDensity):
    """A `JointDensity` whose parameters a residual network gives.

    It is an `Estimator` too: `log_prob`, `cdf`, `quantile` and `sample` are those of its marginal
    in z, normalised on [0, z_max], so that whatever judges p(z) judges it. `joint_log_prob`,
    `marginal`, `given_z` and the methods ending in `_of` see the rest.
    """

    trunk: Trunk
    head: eqx.nn.Linear
    n_feature: int = eqx.field(static=True)
    n_component: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)

    def __init__(
        self,
        key: PRNGKeyArray,
        n_feature: int,
        z_max: float,
        names: Sequence[str],
        location: Sequence[float],
        scale: Sequence[float],
        n_component: int = 10,
        width: int = 256,
        depth: int = 3,
    ):
        if not len(names) == len(location) == len(scale) or tuple(names)[:1] != ("z",):
            raise ValueError("names begin with z; location and scale are one number each")
        if not all(np.isfinite(location)) or not all(s > 0.0 for s in scale):
            raise ValueError("location must be finite and scale above 0")
        self.coordinates = Coordinates(names, z_max, location, scale)
        self.n_feature, self.n_component = n_feature, n_component
        self.width, self.depth = width, depth
        d = len(self.names)
        key_trunk, key_head = jax.random.split(key)
        self.trunk = Trunk(n_feature, width, depth, key=key_trunk)
        n_raw = 1 + d + d + d * (d - 1) // 2
        head = scaled_linear(width, n_component * n_raw, 0.1, key=key_head)
        bias = np.zeros((n_component, n_raw), np.float32)
        bias[:, 1] = np.linspace(-1.5, 1.5, n_component) if n_component > 1 else 0.0
        bias[:, 1 + d : 1 + 2 * d] = -1.5  # widths of 0.7
        self.head = eqx.tree_at(lambda m: m.bias, head, jnp.asarray(bias.ravel()))

    @property
    def kind(self) -> str:
        """Name of the estimator in files."""
        return "joint"

    @property
    def z_max(self) -> float:
        """Upper end of the support in redshift."""
        return self.coordinates.z_max

    @property
    def box(self) -> float:
        """Volume, in the units of all quantities, over which a uniform density is 1 / box."""
        rest = np.prod([BOX_SCATTERS * s for s in self.coordinates.scale[1:]])
        return float(self.z_max * rest)

    def conditional(self, features: Float[Array, "n n_feature"]) -> JointParams:
        """Return the mixtures of n galaxies."""
        n, d = features.shape[0], len(self.names)
        raw = jax.vmap(lambda x: self.head(self.trunk(x)))(features)
        raw = raw.reshape(n, self.n_component, -1)
        logits, mean, size, slope = jnp.split(raw, [1, 1 + d, 1 + 2 * d], axis=-1)
        factor = jnp.zeros((n, self.n_component, d, d))
        diagonal, below = np.diag_indices(d), np.tril_indices(d, -1)
        widths = LEAST_WIDTH + LARGEST_WIDTH * jax.nn.sigmoid(size)
        factor = factor.at[:, :, diagonal[0], diagonal[1]].set(widths)
        factor = factor.at[:, :, below[0], below[1]].set(_bounded(slope, 0.5 * FARTHEST))
        log_weights = jax.nn.log_softmax(logits[..., 0], axis=-1)
        return JointParams(log_weights, _bounded(mean, FARTHEST), factor)

    def log_prob(self, conditional: JointParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return ln p(z) per unit z, -inf outside (0, z_max); z (n,), (n, m) or (1, m)."""
        return self.log_prob_of(conditional, "z", z)

    def cdf(self, conditional: JointParams, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return P(z' <= z), 0 below the support and 1 above."""
        return self.cdf_of(conditional, "z", z)

    def quantile(self, conditional: JointParams, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the redshift where the CDF is q."""
        return self.quantile_of(conditional, "z", q)

    def sample(self, conditional: JointParams, key: PRNGKeyArray, m: int) -> Float[Array, "n m"]:
        """Return m redshifts for each galaxy."""
        density, one = self.marginal(conditional, ["z"])
        return density.joint_sample(one, key, m)[..., 0]

    def hyperparameters(self) -> dict[str, Any]:
        """Return what the constructor needs to rebuild the same shapes and coordinates."""
        told = {"n_feature": self.n_feature, "z_max": self.z_max, "names": list(self.names)}
        told |= {k: list(getattr(self.coordinates, k)) for k in ("location", "scale")}
        return told | {k: getattr(self, k) for k in ("n_component", "width", "depth")}


def _bounded(raw: Array, bound: float) -> Array:
    """Return the identity near zero, never more than the bound."""
    return bound * jnp.tanh(raw / bound)
