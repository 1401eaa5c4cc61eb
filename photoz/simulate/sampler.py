"""Draw batches of galaxies: redshift, mass, everything else, fluxes, selection.

A batch holds `CANDIDATES` galaxies at one redshift; at most `KEPT` that pass the selection are
kept. The randomness of batch b is fold_in(seed, b) and nothing else, so rows do not depend on
how batches are chunked or where a run was interrupted.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from photoz.errors import RecipeError
from photoz.magnitudes import flux_of_ab
from photoz.sed.cosmology import Cosmology
from photoz.sed.engine import Engine, Tables, group_photometry
from photoz.sed.population import Switches
from photoz.sed.projection import age_gyr
from photoz.simulate.check_priors import check_priors
from photoz.simulate.massfunction import mass_table
from photoz.simulate.recipe import Recipe
from photoz.simulate.shapes import Draw, draw_shapes, sed_parameters

CANDIDATES = 96
KEPT = 64
N_Z_TABLE = 160
N_QUANTILE = 129
SCOUT = 256  # galaxies per redshift that find the smallest mass worth drawing
SCOUT_QUANTILE = 0.02
CHABRIER_TO_KROUPA_DEX = 0.03  # the mass function is Chabrier's, the grid Kroupa's


class Proposal(NamedTuple):
    """Inverse CDFs of the proposal and what the weights need, on a redshift table.

    Attributes:
        z_table: redshifts, uniform in ln(1 + z), (n_z,).
        z_inverse: redshift at uniform quantiles of the proposal, (n_quantile_z,).
        mass_inverse: log10 mass at uniform quantiles, (n_z, n_quantile).
        log_share: ln of target over proposal density in redshift, (n_z,).
        log_tilt: ln of tilted over untilted number density, (n_z,).
        tilt: exponent of the mass tilt, ().
        limit_ujy: flux limit of each band (infinite where the band does not select), (n_band,).
    """

    z_table: Array
    z_inverse: Array
    mass_inverse: Array
    log_share: Array
    log_tilt: Array
    tilt: Array
    limit_ujy: Array


@dataclass(frozen=True)
class Sampler:
    """A recipe with its engine and proposal, ready to draw batches."""

    recipe: Recipe
    engine: Engine
    proposal: Proposal

    @classmethod
    def load(cls, recipe: Recipe) -> "Sampler":
        """Prepare a recipe.

        Raises:
            RecipeError: the selection names a band that the survey does not have, or the priors
                reach beyond the recipe's SSP grid.
            GridError: a band lies outside the spectrum at some redshift of the recipe.
        """
        engine = Engine.load(
            recipe.survey,
            cosmology=Cosmology(recipe.cosmology.h0, recipe.cosmology.om0),
            z_max=recipe.z_max,
            grid=recipe.grid or None,
            switches=Switches(recipe.nebular.on, recipe.dust.emission, recipe.igm.on),
            dust_law=recipe.dust.law,
            igm_model=recipe.igm.model,
        )
        check_priors(recipe, engine.grid)
        return cls(recipe, engine, make_proposal(recipe, engine))

    def batches(
        self, seed: int, first: int, n_batch: int
    ) -> tuple[Array, Draw, Array, Array, Array]:
        """Draw batches first .. first + n_batch - 1.

        Returns:
            z (n_batch,), drawn parameters (n_batch, CANDIDATES, ...), fluxes in microjansky
            (n_batch, CANDIDATES, n_band), kept (n_batch, CANDIDATES), log weights
            (n_batch, CANDIDATES).
        """
        return draw_batches(
            self.engine.tables,
            self.proposal,
            jax.random.key(seed),
            jnp.arange(first, first + n_batch),
            freeze(self.recipe),
            self.engine.switches,
        )


@dataclass(frozen=True)
class _Frozen:
    """A recipe as a hashable static argument of the jitted sampler."""

    recipe: Recipe

    def __hash__(self) -> int:
        return hash(repr(self.recipe))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and repr(self.recipe) == repr(other.recipe)


def freeze(recipe: Recipe) -> _Frozen:
    """Wrap a recipe for `jax.jit` static arguments."""
    return _Frozen(recipe)


@partial(jax.jit, static_argnames=("frozen", "switches"))
def draw_batches(
    tables: Tables,
    proposal: Proposal,
    key: Array,
    index: Array,
    frozen: _Frozen,
    switches: Switches,
):
    """Draw the batches of the given indices; see `Sampler.batches`."""
    keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(index)
    recipe = frozen.recipe

    def one(batch_key):
        kz, km, ks = jax.random.split(batch_key, 3)
        z = jnp.interp(
            jax.random.uniform(kz),
            jnp.linspace(0.0, 1.0, proposal.z_inverse.shape[0]),
            proposal.z_inverse,
        )
        log_mass, log_weight = _draw_mass(km, proposal, z)
        draw = draw_shapes(ks, recipe, log_mass)
        return (
            z,
            draw,
            log_weight,
            sed_parameters(draw, tables.grid, age_gyr(tables.redshift, z), recipe),
        )

    z, draw, log_weight, parameters = jax.vmap(one)(keys)
    flux = group_photometry(tables, parameters, z, switches)
    passed = jnp.any(flux >= proposal.limit_ujy, axis=-1)
    kept = passed & (jnp.cumsum(passed, axis=-1) <= KEPT)
    return z, draw, flux, kept, log_weight


def _draw_mass(key: Array, proposal: Proposal, z: Array) -> tuple[Array, Array]:
    """Draw log10 masses at one redshift and the log weights target / proposal."""
    log_z = jnp.log1p(proposal.z_table)
    place = jnp.interp(jnp.log1p(z), log_z, jnp.arange(log_z.shape[0], dtype=jnp.float32))
    low = jnp.clip(jnp.floor(place), 0, log_z.shape[0] - 2).astype(jnp.int32)
    part = place - low
    row = (1 - part) * proposal.mass_inverse[low] + part * proposal.mass_inverse[low + 1]
    u = jax.random.uniform(key, (CANDIDATES,))
    log_mass = jnp.interp(u, jnp.linspace(0.0, 1.0, row.shape[0]), row)
    share = (1 - part) * proposal.log_share[low] + part * proposal.log_share[low + 1]
    tilt = (1 - part) * proposal.log_tilt[low] + part * proposal.log_tilt[low + 1]
    return log_mass, share + tilt - proposal.tilt * jnp.log(10.0) * (log_mass - 10.0)


def flux_limits(recipe: Recipe, band_names: tuple[str, ...]) -> np.ndarray:
    """Flux limit of each band in microjansky, infinite where it does not select, (n_band,).

    Raises:
        RecipeError: the selection names an unknown band.
    """
    unknown = [name for name in recipe.selection if name not in band_names]
    if unknown:
        raise RecipeError(
            f"Recipe {recipe.name}: selection band {', '.join(unknown)} is not in survey "
            f"{recipe.survey}; its bands are {', '.join(band_names)}."
        )
    limit = np.full(len(band_names), np.inf)
    for name, mag in recipe.selection.items():
        limit[band_names.index(name)] = flux_of_ab(mag)
    return limit


def _smallest_mass(recipe: Recipe, engine: Engine, z: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """log10 mass below which only `SCOUT_QUANTILE` of galaxies would pass, (n_z,)."""

    @jax.jit
    def scout(keys, redshift):
        def one(key, zz):
            draw = draw_shapes(key, recipe, jnp.full(SCOUT, 10.0))
            return sed_parameters(
                draw, engine.tables.grid, age_gyr(engine.tables.redshift, zz), recipe
            )

        parameters = jax.vmap(one)(keys, redshift)
        return group_photometry(engine.tables, parameters, redshift, engine.switches)

    keys = jax.random.split(jax.random.key(0), z.size)
    flux = np.asarray(scout(keys, jnp.asarray(z, jnp.float32)))
    brightest = (flux / limit).max(axis=-1)
    return 10.0 - np.log10(np.quantile(brightest, 1 - SCOUT_QUANTILE, axis=-1))


def make_proposal(recipe: Recipe, engine: Engine) -> Proposal:
    """Tabulate the proposal of a recipe: redshifts, masses, weights."""
    limit = flux_limits(recipe, engine.survey.band_names)
    z = np.expm1(np.linspace(np.log1p(recipe.z_min), np.log1p(recipe.z_max), N_Z_TABLE))
    floor = np.maximum(_smallest_mass(recipe, engine, z, limit), recipe.population.log_mass_min)
    tilt, share = recipe.population.mass_tilt, recipe.population.uniform_z_share
    mass_function = recipe.population.mass_function
    is_flat = mass_function == "uniform"
    shift = 0.0 if is_flat else CHABRIER_TO_KROUPA_DEX
    inverse, tilted, plain = mass_table(
        z, floor - shift, recipe.population.log_mass_max, tilt, N_QUANTILE, mass_function
    )
    volume = np.ones_like(z) if is_flat else engine.cosmology.comoving_volume_mpc3(z)
    fine = np.linspace(recipe.z_min, recipe.z_max, 4001)

    def density(values):
        smooth = np.exp(np.interp(fine, z, np.log(values * volume)))
        return smooth / np.trapezoid(smooth, fine)

    target, drawn = density(np.ones_like(z) if is_flat else plain), density(tilted)
    mixed = (1 - share) * drawn + share / (recipe.z_max - recipe.z_min)
    cdf = np.concatenate([[0], np.cumsum(0.5 * (mixed[1:] + mixed[:-1]) * np.diff(fine))])
    z_inverse = np.interp(np.linspace(0, 1, 4001), cdf / cdf[-1], fine)
    f32 = lambda a: jnp.asarray(a, jnp.float32)  # noqa: E731
    return Proposal(
        z_table=f32(z),
        z_inverse=f32(z_inverse),
        mass_inverse=f32(inverse + shift),
        log_share=f32(np.interp(z, fine, np.log(target / mixed))),
        log_tilt=f32(np.log(tilted / plain)),
        tilt=f32(tilt),
        limit_ujy=f32(limit),
    )
