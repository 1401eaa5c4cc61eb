"""What a recipe draws, as things people see: redshifts, magnitudes, masses, sSFR, ages, colours."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from photoz.errors import InputError
from photoz.magnitudes import ab_magnitude
from photoz.sed.population import surviving_fraction
from photoz.sed.projection import age_gyr
from photoz.simulate.recipe import Recipe
from photoz.simulate.sampler import Sampler
from photoz.simulate.shapes import sed_parameters

RECENT_GYR = 0.1  # star-formation rates are means over the last 100 Myr
FLOOR_SSFR = -14.0  # log10 per year; a galaxy without recent stars stands here
N_BATCH = 256
PER_BATCH = 8  # of the galaxies of a batch, which share a redshift
QUANTILES = (0.16, 0.5, 0.84)
LABELS = {
    "z": "redshift",
    "magnitude": "AB magnitude",
    "log_mass": "log10 surviving mass / M_sun",
    "log_ssfr": "log10 sSFR of the last 100 Myr / yr",
    "age_gyr": "mass-weighted age / Gyr",
    "log_z_star": "log10 Z/Z_sun of the stars, mass-weighted",
    "tau_v": "optical depth of the diffuse dust at 5500 A",
}


@dataclass(frozen=True)
class PriorSample:
    """Galaxies that pass a recipe's selection, with what people read off them.

    Attributes:
        recipe: what was drawn.
        bands: band names.
        band: the band of `magnitude`, the survey's reference.
        values: (n_gal,) each, by the names of `LABELS`.
        colours: (n_gal, n_band - 1) AB colours of neighbouring bands; NaN where a flux is not
            positive.
        weight: target over proposal, mean one, (n_gal,).
        kept_share: share of the candidates that pass.
    """

    recipe: Recipe
    bands: tuple[str, ...]
    band: str
    values: dict[str, Float[np.ndarray, " n_gal"]]
    colours: Float[np.ndarray, "n_gal n_colour"]
    weight: Float[np.ndarray, " n_gal"]
    kept_share: float

    @property
    def n(self) -> int:
        """Number of galaxies."""
        return self.weight.size

    @property
    def effective_n(self) -> float:
        """Effective sample size of the weights (Kish 1965)."""
        return float(self.weight.sum() ** 2 / (self.weight**2).sum())

    def summary(self) -> dict[str, dict[str, float]]:
        """Weighted 16th, 50th and 84th percentiles of every quantity."""
        return {
            name: dict(
                zip(("p16", "p50", "p84"), weighted_quantiles(value, self.weight), strict=True)
            )
            for name, value in self.values.items()
        }

    def redshift_given_magnitude(
        self, edges_mag: Float[np.ndarray, " n_edge"], edges_z: Float[np.ndarray, " n_z_edge"]
    ) -> Float[np.ndarray, "n_bin n_z"]:
        """The prior p(z | magnitude) a network is trained on, per unit z, a row per bin.

        A bin without galaxies is NaN.
        """
        rows = []
        for low, high in pairwise(edges_mag):
            here = (self.values["magnitude"] >= low) & (self.values["magnitude"] < high)
            count = np.histogram(self.values["z"][here], edges_z, weights=self.weight[here])[0]
            total = count.sum()
            rows.append(
                count / total / np.diff(edges_z) if total > 0 else np.full(len(count), np.nan)
            )
        return np.stack(rows)


def sample_prior(
    recipe: Recipe, n: int, seed: int = 0, *, sampler: Sampler | None = None
) -> PriorSample:
    """Draw galaxies of a recipe and derive what people see.

    Args:
        recipe: what to draw and keep.
        n: at least this many galaxies are returned (whole blocks are drawn).
        seed: of the draws.
        sampler: the recipe already prepared; prepared here where not given.

    Raises:
        InputError: n is not positive, or the recipe keeps next to nothing.
    """
    if n < 1:
        raise InputError(f"n = {n}: expected 1 galaxy or more.")
    sampler = sampler or Sampler.load(recipe)
    blocks: list[dict[str, np.ndarray]] = []
    drawn = passed = used = 0
    while used < n:
        block, n_drawn, n_passed = _block(sampler, seed, len(blocks) * N_BATCH)
        blocks.append(block)
        drawn, passed, used = drawn + n_drawn, passed + n_passed, used + block["z"].size
        if drawn > 1000 * max(passed, 1):
            raise InputError(
                f"Recipe {recipe.name} keeps {passed} of {drawn} galaxies: its selection "
                f"({recipe.selection}) is brighter than nearly all that it draws. Raise the limits "
                "or the masses."
            )
    joined = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    survey = sampler.engine.survey
    reference = survey.band_names.index(survey.reference_band)
    flux = joined.pop("flux")
    with np.errstate(invalid="ignore", divide="ignore"):
        magnitude = ab_magnitude(np.where(flux > 0, flux, np.nan))
    weight = np.exp(joined.pop("log_weight"))
    return PriorSample(
        recipe=recipe,
        bands=survey.band_names,
        band=survey.reference_band,
        values={"z": joined.pop("z"), "magnitude": magnitude[:, reference]} | joined,
        colours=magnitude[:, :-1] - magnitude[:, 1:],
        weight=weight / weight.mean(),
        kept_share=passed / drawn,
    )


def _block(sampler: Sampler, seed: int, first: int) -> tuple[dict[str, np.ndarray], int, int]:
    """Galaxies of one block of batches, the number drawn, and the number that pass."""
    z, draw, flux, kept, log_weight = sampler.batches(seed, first, N_BATCH)
    grid, redshift = sampler.engine.tables.grid, sampler.engine.tables.redshift
    derive = jax.vmap(
        lambda d, zz: _derived(sed_parameters(d, grid, age_gyr(redshift, zz), sampler.recipe), grid)
    )
    values = jax.device_get(derive(draw, z))
    passed = np.asarray(kept)
    keep = passed & (np.cumsum(passed, axis=1) <= PER_BATCH)
    each = np.broadcast_to(np.asarray(z)[:, None], keep.shape)
    block = {
        "z": each[keep].astype(float),
        "flux": np.asarray(flux, float)[keep],
        "log_weight": np.asarray(log_weight, float)[keep],
        **{name: np.asarray(value, float)[keep] for name, value in values.items()},
    }
    return block, passed.size, int(passed.sum())


def _derived(parameters: Any, grid: Any) -> dict[str, Any]:
    """Quantities of galaxies (leaves (n_gal,)) that are not parameters themselves."""
    edges, fraction = grid.age_edges_gyr, parameters.age_fraction
    recent = jnp.clip((RECENT_GYR - edges[:-1]) / jnp.diff(edges), 0.0, 1.0)
    formed = parameters.log_mass
    surviving = formed + jnp.log10(surviving_fraction(grid, parameters))
    rate = jnp.log10(jnp.maximum(fraction @ recent, 1e-30)) + formed - jnp.log10(RECENT_GYR * 1e9)
    metals = parameters.log_z_star
    if metals.ndim > fraction.ndim - 1:
        metals = jnp.log10(jnp.sum(fraction * 10.0**metals, axis=-1))
    return {
        "log_mass": surviving,
        "log_ssfr": jnp.maximum(rate - surviving, FLOOR_SSFR),
        "age_gyr": fraction @ (0.5 * (edges[1:] + edges[:-1])),
        "log_z_star": metals,
        "tau_v": parameters.tau_diffuse,
    }


def weighted_quantiles(
    values: Float[np.ndarray, " n"],
    weight: Float[np.ndarray, " n"],
    levels: tuple[float, ...] = QUANTILES,
) -> list[float]:
    """Quantiles of weighted values; NaN are left out."""
    known = np.isfinite(values)
    order = np.argsort(values[known])
    ordered, weights = values[known][order], weight[known][order]
    share = (np.cumsum(weights) - 0.5 * weights) / weights.sum()
    return [float(np.interp(level, share, ordered)) for level in levels]
