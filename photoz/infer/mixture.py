"""The third estimator of a posterior: the linear pool of the two that were inferred."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.errors import InputError
from photoz.infer.chunks import map_chunks
from photoz.infer.densities import MEMBERS, PARAMS, POOL, parameters, pool_cells
from photoz.infer.posterior import ODDS_HALF_WIDTH, SUMMARY_QUANTILES, Posterior
from photoz.models import MDN_WEIGHT, LinearPool, PoolParams


def with_mixture(posterior: Posterior, mdn_weight: float = MDN_WEIGHT) -> Posterior:
    """Return a posterior with the estimator `mixture` beside `mdn` and `flow`.

    Its density on the grid is the weighted mean of the two that are there, its CDF that of
    theirs: no network runs again and no parameter is stored twice. A posterior that lacks one of
    the two is returned as it is.

    Args:
        posterior: of `photoz.infer.predict`, with parameters and summaries of both.
        mdn_weight: of the mixture density network; the flow has the rest.

    Raises:
        InputError: the weight is not between 0 and 1, or the parameters are gone.
    """
    check_weight(mdn_weight)
    if not set(MEMBERS) <= set(posterior.estimators):
        return posterior
    weight = np.full(posterior.n, mdn_weight, np.float32)
    conditional = posterior.conditional | {POOL: PARAMS[POOL](weight)}
    params = parameters(conditional, POOL)
    if params is None:
        raise InputError(
            "This result holds no components and knots of both models, which the mixture needs: "
            "predict again with `--pdf grid`."
        )
    pdf = pool_cells(weight, *(posterior.pdf[name] for name in MEMBERS))
    peak = posterior.z_grid[np.argmax(pdf, axis=1)].astype(np.float32)
    density = LinearPool(posterior.z_max)
    ends = [_quantiles(posterior.summaries[name]) for name in MEMBERS]
    rows = (params, peak, *ends)
    found = map_chunks(lambda part: _summary(density, *part), rows, posterior.n)
    summary = {"z_map": peak} | found
    if all("pit" in posterior.summaries[e] for e in MEMBERS):
        pits = (posterior.summaries[e]["pit"] for e in MEMBERS)
        summary["pit"] = pool_cells(weight, *pits)
    known = posterior.usable
    return replace(
        posterior,
        pdf=posterior.pdf | {POOL: pdf},
        conditional=conditional,
        summaries=posterior.summaries
        | {POOL: {k: np.where(known, v, np.nan) for k, v in summary.items()}},
        provenance=posterior.provenance | {"mixture_mdn_weight": mdn_weight},
    )


def check_weight(mdn_weight: float) -> None:
    """Refuse a weight outside [0, 1].

    Raises:
        InputError: it is.
    """
    if not 0.0 <= mdn_weight <= 1.0:
        raise InputError(f"The MDN's weight in the mixture is {mdn_weight:g}: expected 0 to 1.")


def _quantiles(summary: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack([summary[name] for name in SUMMARY_QUANTILES], axis=1)


@eqx.filter_jit
def _summary(
    density: LinearPool,
    params: PoolParams,
    peak: Float[Array, " n"],
    of_mdn: Float[Array, "n q"],
    of_flow: Float[Array, "n q"],
) -> dict[str, Float[Array, " n"]]:
    """Return odds about the peaks, and quantiles between those of the members."""
    half = ODDS_HALF_WIDTH * (1.0 + peak)
    odds = density.cdf(params, peak + half) - density.cdf(params, peak - half)
    levels = jnp.broadcast_to(jnp.array(list(SUMMARY_QUANTILES.values())), of_mdn.shape)
    quantiles = density.quantile_between(params, levels, of_mdn, of_flow)
    return {"odds": odds} | {name: quantiles[:, k] for k, name in enumerate(SUMMARY_QUANTILES)}
