"""Joint densities of redshift, mass, star formation and dust: marginals, conditionals, quantiles.

Everything is a pure function of the parameters of n galaxies and can be jitted. Densities are per
unit of each quantity. The Gaussians live in `Coordinates`, where the support [0, z_max] is the
whole real line: nothing is truncated, the marginal in z has unit mass on [0, z_max] exactly, and
any marginal is the mixture of the marginals of its components.
"""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from photoz.errors import InputError
from photoz.models import gaussians
from photoz.models.coordinates import Coordinates
from photoz.models.gaussians import JointParams


class JointDensity(eqx.Module):
    """p(names | photometry) as a mixture of Gaussians in unbounded coordinates.

    Attributes:
        coordinates: the quantities, and how they become coordinates.
    """

    coordinates: Coordinates

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities, in the order of the last axis of values."""
        return self.coordinates.names

    def joint_log_prob(
        self, conditional: JointParams, values: Float[Array, "... d"]
    ) -> Float[Array, "..."]:
        """Return ln p of all quantities, -inf outside the support.

        Args:
            conditional: of n galaxies.
            values: (n, d) or (n, m, d) in physical units, in the order of `names`.

        Returns:
            (n,) or (n, m).
        """
        at = self.coordinates
        u, inside, log_slope = [], True, 0.0
        for i, name in enumerate(self.names):
            x = values[..., i]
            within = at.inside(name, x)
            x = jnp.where(within, x, at.back(name, jnp.zeros_like(x)))  # keeps gradients finite
            u.append(at.to(name, x))
            log_slope = log_slope + at.log_slope(name, x)
            inside = inside & within
        log_p = gaussians.log_density(conditional, jnp.stack(u, axis=-1)) + log_slope
        return jnp.where(inside, log_p, -jnp.inf)

    def joint_sample(
        self, conditional: JointParams, key: PRNGKeyArray, m: int
    ) -> Float[Array, "n m d"]:
        """Return m draws of all quantities for each galaxy, in physical units."""
        u = gaussians.sample(conditional, key, m)
        names = enumerate(self.names)
        return jnp.stack([self.coordinates.back(name, u[..., i]) for i, name in names], axis=-1)

    def marginal(
        self, conditional: JointParams, names: Sequence[str]
    ) -> "tuple[JointDensity, JointParams]":
        """Return the density of some quantities, in the order given, and its parameters.

        Raises:
            InputError: none is named, one twice, or one that is not there.
        """
        kept = self.coordinates.among(names)
        index = [self.coordinates.place(name) for name in names]
        return JointDensity(kept), gaussians.marginal(conditional, index)

    def given_z(
        self, conditional: JointParams, z: Float[Array, " n"]
    ) -> "tuple[JointDensity, JointParams]":
        """Return the density of everything else at a known redshift of each galaxy, (n,).

        Raises:
            InputError: the redshift is not the first of several quantities.
        """
        if self.names[0] != "z" or len(self.names) < 2:
            raise InputError(
                f"A joint density of {', '.join(self.names)} cannot be taken at a known redshift: "
                "z must be the first of several."
            )
        u = self.coordinates.to("z", z)
        return JointDensity(self.coordinates.among(self.names[1:])), gaussians.given_first(
            conditional, u
        )

    def log_prob_of(
        self, conditional: JointParams, name: str, x: Float[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return ln p of one quantity per its unit; x (n,), (n, m) or (1, m)."""
        density, one = self.marginal(conditional, [name])
        if x.ndim == 2:
            x = jnp.broadcast_to(x, (one.means.shape[0], x.shape[-1]))
        return density.joint_log_prob(one, x[..., None])

    def cdf_of(
        self, conditional: JointParams, name: str, x: Float[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return the probability of a quantity to be at most x; x (n,), (n, m) or (1, m)."""
        _, one = self.marginal(conditional, [name])
        axis = self.coordinates.axis(name)
        total = gaussians.cdf(one, self.coordinates.to(name, x))
        return jnp.where(x <= axis.low, 0.0, jnp.where(x >= axis.high, 1.0, total))

    def quantile_of(
        self, conditional: JointParams, name: str, q: Float[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return where the CDF of a quantity is q; q (n,), (n, m) or (1, m)."""
        _, one = self.marginal(conditional, [name])
        return self.coordinates.back(name, gaussians.quantile(one, q))
