"""Deep ensembles (Lakshminarayanan et al. 2017, arXiv:1612.01474): the mean of several networks.

Networks of one kind and size, trained from different random weights in a different order of
galaxies, give one density p(z) = (1/M) sum_i p_i(z), equation of their section 2.4. It is a linear
pool: for every galaxy its log score is at least the mean of those of its members (`pool`).
Weights are stacked with a leading axis of members, so that one compiled program runs them all.
"""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from photoz.errors import ModelError
from photoz.models.flow import Flow
from photoz.models.mdn import MDN
from photoz.models.mixture import MDNParams, TruncatedMixture
from photoz.models.spline_density import FlowParams, SplineDensity


class _Members(eqx.Module):
    """The networks of an ensemble.

    Attributes:
        networks: the members, every array with a leading axis of length n_member.
        n_member: how many they are.
    """

    networks: Any
    n_member: int = eqx.field(static=True)

    @property
    def n_feature(self) -> int:
        """Length of the feature vector."""
        return self.networks.n_feature

    def hyperparameters(self) -> dict[str, Any]:
        """Return what one member's constructor needs, and the number of members."""
        return self.networks.hyperparameters() | {"n_member": self.n_member}

    def _each(self, features: Array) -> Any:
        """Return the parameters of every member, arrays with a leading axis of members."""
        return eqx.filter_vmap(lambda network: network.conditional(features))(self.networks)


class MDNEnsemble(_Members, TruncatedMixture):
    """Mean of M mixtures of K components: itself a mixture, of M K components, exactly."""

    def conditional(self, features: Float[Array, "n n_feature"]) -> MDNParams:
        """Return the mixtures of n galaxies, the components of the first member first."""
        rows = (jnp.moveaxis(a, 0, 1).reshape(len(features), -1) for a in self._each(features))
        log_weights, means, log_widths = rows
        return MDNParams(log_weights - jnp.log(float(self.n_member)), means, log_widths)


class FlowEnsemble(_Members, SplineDensity):
    """Mean of the densities of M flows."""

    def conditional(self, features: Float[Array, "n n_feature"]) -> FlowParams:
        """Return the knots of n galaxies, (n, n_member, n_spline, n_bin + 1)."""
        return FlowParams(*(jnp.moveaxis(a, 0, 1) for a in self._each(features)))


Ensemble = MDNEnsemble | FlowEnsemble


def ensemble_of(members: Sequence[MDN | Flow]) -> Ensemble:
    """Return the ensemble of estimators of one kind, size and support.

    Raises:
        ModelError: none was given, they differ, or there is no ensemble of their kind.
    """
    if not members:
        raise ModelError("An ensemble needs members: give one estimator at least.")
    first = members[0]
    if any(type(member) is not type(first) for member in members):
        raise ModelError("The members of an ensemble are of different kinds: give one kind.")
    for member in members[1:]:
        ours, theirs = first.hyperparameters(), member.hyperparameters()
        for name in ours:
            if ours[name] != theirs[name]:
                raise ModelError(
                    f"The members of an ensemble must be of one size, but {name} is "
                    f"{ours[name]} in one and {theirs[name]} in another. Train them in one run."
                )
    arrays = [eqx.filter(member, eqx.is_array) for member in members]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *arrays)
    networks = eqx.combine(stacked, eqx.filter(first, eqx.is_array, inverse=True))
    if isinstance(first, MDN):
        return MDNEnsemble(first.z_max, networks, len(members))
    if isinstance(first, Flow):
        return FlowEnsemble(first.z_max, networks, len(members))
    raise ModelError(f"There is no ensemble of estimators of the kind {first.kind!r}.")


def member_of(ensemble: Ensemble, i: int) -> Any:
    """Return the i-th estimator of an ensemble, counted from 0."""
    arrays, rest = eqx.partition(ensemble.networks, eqx.is_array)
    return eqx.combine(jax.tree.map(lambda a: a[i], arrays), rest)
