"""Density families by estimator name, evaluated in chunks from stored parameters."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.errors import InputError
from photoz.infer.chunks import map_chunks
from photoz.infer.grid import cell_edges
from photoz.models import (
    FlowParams,
    LinearPool,
    MDNParams,
    PoolParams,
    PoolWeight,
    SplineDensity,
    TruncatedMixture,
)

MEMBERS = ("mdn", "flow")
POOL = "mixture"
# what a posterior and its file hold of each; the pool's own part is its weight
PARAMS: dict[str, Any] = {"mdn": MDNParams, "flow": FlowParams, POOL: PoolWeight}
_FAMILIES: dict[str, Any] = {"mdn": TruncatedMixture, "flow": SplineDensity, POOL: LinearPool}
_JITTED: dict[tuple[Any, str], Any] = {}


def family(estimator: str, z_max: float) -> Any:
    """Return the density whose methods evaluate an estimator's stored parameters.

    Raises:
        InputError: no such estimator.
    """
    if estimator not in _FAMILIES:
        raise InputError(f"There is no density {estimator!r}: known are {', '.join(_FAMILIES)}.")
    return _FAMILIES[estimator](z_max)


def parameters(conditional: Mapping[str, Any], estimator: str) -> Any | None:
    """Return what evaluates an estimator's density, None where that is not held.

    Args:
        conditional: what a posterior holds, by estimator (`PARAMS`).
        estimator: whose; the pool's parameters are put together from those of its members.
    """
    if estimator != POOL:
        return conditional.get(estimator)
    if not {POOL, *MEMBERS} <= set(conditional):
        return None
    return PoolParams(conditional[POOL].mdn, *(conditional[name] for name in MEMBERS))


class Cells(NamedTuple):
    """A redshift grid on the device, float32.

    Attributes:
        points: the grid's redshifts, (m,).
        edges: of its cells, (m + 1,).
        widths: of its cells, rounded from double precision: at z = 5 the difference of two
            float32 edges is off by 1e-4 of a cell, and the stored mass with it, (m,).
    """

    points: Float[Array, " m"]
    edges: Float[Array, " m_edge"]
    widths: Float[Array, " m"]

    @classmethod
    def of(cls, z_grid: np.ndarray) -> "Cells":
        """Put a grid on the device.

        Raises:
            InputError: it is unusable.
        """
        edges = cell_edges(z_grid)
        return cls(*(jnp.asarray(a, jnp.float32) for a in (z_grid, edges, np.diff(edges))))


def density_on_cells(density: Any, conditional: Any, grid: Cells) -> Float[Array, "n m"]:
    """Return the CDF difference over each cell per unit z, from one CDF evaluation per edge.

    Two compiled programs on purpose: fused into one, XLA's CPU code evaluates the CDF twice and
    no longer in vector instructions, ten times slower. So call it outside `jit`.
    """
    return differences(cdf_on_edges(density, conditional, grid.edges), grid.widths)


@eqx.filter_jit
def cdf_on_edges(
    density: Any, conditional: Any, edges: Float[Array, " m_edge"]
) -> Float[Array, "n m_edge"]:
    """Return the CDF of every galaxy at edges that all share."""
    return density.cdf(conditional, edges[None, :])


@jax.jit
def differences(cdf: Float[Array, "n m_edge"], widths: Float[Array, " m"]) -> Float[Array, "n m"]:
    """Return the mass between neighbouring edges per unit z."""
    return jnp.maximum(jnp.diff(cdf, axis=-1), 0.0) / widths


def cells(estimator: str, conditional: Any, z_grid: np.ndarray, z_max: float) -> np.ndarray:
    """Return stored densities (n, m) of parameters on a grid."""
    grid, density = Cells.of(z_grid), family(estimator, z_max)
    return map_chunks(
        lambda p: density_on_cells(density, p, grid), conditional, len(conditional[0])
    )


def pool_cells(weight: np.ndarray, of_mdn: np.ndarray, of_flow: np.ndarray) -> np.ndarray:
    """Return the pool's stored densities (n, m), or CDF values (n,), from those of its members.

    Args:
        weight: of the mixture density network, (n,).
        of_mdn: its values.
        of_flow: the flow's.
    """
    weight = weight[:, None] if of_mdn.ndim == 2 else weight
    result = weight * of_mdn
    result += (1.0 - weight) * of_flow
    return result


def all_cells(
    conditional: Mapping[str, Any], z_grid: np.ndarray, z_max: float
) -> dict[str, np.ndarray]:
    """Return stored densities (n, m) on a grid of every estimator that parameters are held of."""
    found = {k: cells(k, p, z_grid, z_max) for k, p in conditional.items() if k != POOL}
    if parameters(conditional, POOL) is not None:
        found[POOL] = pool_cells(conditional[POOL].mdn, *(found[name] for name in MEMBERS))
    return found


def evaluate(
    estimator: str, method: str, conditional: Any, at: np.ndarray, z_max: float
) -> np.ndarray:
    """Evaluate `cdf`, `log_prob` or `quantile` at each galaxy's own points, (n,) or (n, k)."""
    run = _compiled(family(estimator, z_max), method)
    rows = (conditional, np.asarray(at, np.float32))
    return np.asarray(map_chunks(lambda c: run(*c), rows, len(at)), np.float64)


def _compiled(density: Any, method: str) -> Any:
    """Return a jitted method, kept so that it compiles once per support and shape."""
    key = (density, method)
    if key not in _JITTED:
        _JITTED[key] = jax.jit(getattr(density, method))
    return _JITTED[key]
