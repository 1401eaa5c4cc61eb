"""Mass, specific star-formation rate and dust of simulated galaxies, from what a catalogue stores.

A simulated catalogue stores what was drawn: histories as ratios or e-folding times, dust as
optical depths. A column of the same name as an entry of `PHYSICAL` is taken as it is; what is not
stored is derived here, so that catalogues of any age can be learnt from.
"""

from collections.abc import Collection
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from photoz.errors import CatalogueError, RecipeError
from photoz.sed import provabgs
from photoz.sed.cosmology import Cosmology
from photoz.sed.grid import load_grid
from photoz.sed.population import GridTables
from photoz.sed.sfh import FIRST_EDGES_GYR, continuity_edges_gyr
from photoz.simulate.catalogue import PROVABGS_COLUMNS, Simulation
from photoz.simulate.recipe import Recipe, recipe_from_dict
from photoz.simulate.sampler import freeze
from photoz.simulate.shapes import N_METALS_BASIS, N_SFH_BASIS, Draw, sed_parameters

PHYSICAL = ("log_mass", "log_ssfr", "a_v")
SFR_GYR = FIRST_EDGES_GYR[-1]  # the star-formation rate is the mean over the last 100 Myr
MAGNITUDES = 2.5 / np.log(10.0)  # per unit of optical depth
BLOCK = 4096
LOWEST = -300.0  # of log10 of a share of mass
DEFINITIONS = {
    "log_mass": "log10 of the stellar mass in M_sun, surviving or formed as the recipe's "
    "population.mass says",
    "log_ssfr": "log10 of the mean star-formation rate over the last 100 Myr of the galaxy's own "
    "time, divided by that mass, in 1/yr",
    "a_v": "attenuation of the diffuse dust at 5500 A in magnitudes; birth clouds not included",
}


def check_columns(columns: Collection[str]) -> None:
    """Refuse a catalogue that has neither `PHYSICAL` nor what they follow from.

    Raises:
        CatalogueError: columns are missing; names them.
    """
    needed = {"log_mass"}
    if "log_ssfr" not in columns:
        needed |= {"family", "log_sfr_ratio_1", "start_fraction", "tau_gyr", "log_z_star"}
    if "a_v" not in columns:
        needed |= {"tau_diffuse"}
    if missing := sorted(needed - set(columns)):
        raise CatalogueError(
            f"The simulation has no column {', '.join(missing)}, from which mass, star formation "
            "and dust follow. `photoz simulate` stores them; a simulation of your own may have "
            f"the columns {', '.join(PHYSICAL)} instead."
        )


def physical_parameters(simulation: Simulation) -> dict[str, np.ndarray]:
    """Return `PHYSICAL` of every galaxy, (n_gal,) each; definitions in `DEFINITIONS`.

    Raises:
        CatalogueError: neither a quantity nor what it follows from is stored, or it is not finite.
    """
    params = simulation.params
    check_columns(params)
    found = {name: np.asarray(params[name], np.float64) for name in PHYSICAL if name in params}
    if "log_ssfr" not in found:
        found["log_ssfr"] = log_ssfr(simulation)
    if "a_v" not in found:
        found["a_v"] = MAGNITUDES * np.asarray(params["tau_diffuse"], np.float64)
    for name in PHYSICAL:
        if not (finite := np.isfinite(found[name])).all():
            raise CatalogueError(
                f"The simulation's {name} is not finite for {int(np.sum(~finite))} galaxies, the "
                f"first in row {int(np.argmin(finite))}. Simulate it again."
            )
    return {name: found[name] for name in PHYSICAL}


def log_ssfr(simulation: Simulation) -> np.ndarray:
    """Return log10 of the specific star-formation rate of each galaxy in 1/yr, (n_gal,).

    Mean rate of the last 100 Myr over the mass that the recipe means. It is computed in logarithms
    and never underflows: a galaxy that stopped long ago has -30 or -100. One that has formed
    nothing at all in that time has `LOWEST`.

    Raises:
        CatalogueError: the recipe in the catalogue's header cannot be read.
    """
    recipe = _recipe(simulation)
    _, place = np.unique(simulation.z, return_inverse=True)
    redshift = np.unique(simulation.z)
    cosmology = Cosmology(recipe.cosmology.h0, recipe.cosmology.om0)
    age_gyr = cosmology.age_gyr(redshift)[place]
    share = log_recent_share(simulation.params, recipe, age_gyr)
    formed = np.zeros(len(age_gyr))
    if recipe.population.mass == "surviving":
        formed = _log_formed_over_surviving(simulation.params, recipe, age_gyr)
    return share - np.log10(SFR_GYR * 1e9) + formed


def log_recent_share(
    params: dict[str, np.ndarray], recipe: Recipe, age_gyr: np.ndarray
) -> np.ndarray:
    """Return log10 of the share of the formed mass that is younger than 100 Myr, (n_gal,).

    Args:
        params: columns of a simulated catalogue.
        recipe: what it was drawn from.
        age_gyr: age of the universe at each galaxy, (n_gal,).
    """
    family = np.asarray(params["family"])
    ratio = np.stack([params[f"log_sfr_ratio_{i}"] for i in range(1, 7)], axis=1)
    share = np.where(
        family == 1,
        _of_delayed(params["start_fraction"] * age_gyr, np.asarray(params["tau_gyr"], float)),
        _of_continuity(np.asarray(ratio, np.float64), age_gyr),
    )
    if recipe.sfh.provabgs > 0:
        share = np.where(family == 2, _of_provabgs(params, recipe, age_gyr), share)
    return np.maximum(share, LOWEST)


def _of_continuity(log_sfr_ratio: np.ndarray, age_gyr: np.ndarray) -> np.ndarray:
    """The first two of seven bins of constant rate end at 30 and 100 Myr."""
    edges = np.asarray(jax.vmap(continuity_edges_gyr)(jnp.asarray(age_gyr, jnp.float32)), float)
    log_sfr = np.concatenate([np.zeros((len(edges), 1)), -np.cumsum(log_sfr_ratio, axis=1)], axis=1)
    mass = 10.0 ** (log_sfr - log_sfr.max(axis=1, keepdims=True)) * np.diff(edges, axis=1)
    return np.log10(mass[:, :2].sum(axis=1) / mass.sum(axis=1))


def _of_delayed(start_gyr: np.ndarray, tau_gyr: np.ndarray) -> np.ndarray:
    """Integrals of x exp(-x) from the start, x = t / tau, the last 100 Myr over all of it."""
    whole = start_gyr / tau_gyr
    last = np.minimum(SFR_GYR, start_gyr) / tau_gyr
    before = whole - last
    recent = (1.0 + before) * -np.expm1(-last) - last * np.exp(-last)
    total = -np.expm1(-whole) - whole * np.exp(-whole)
    return -before / np.log(10.0) + np.log10(recent) - np.log10(total)


def _of_provabgs(params: dict[str, np.ndarray], recipe: Recipe, age_gyr: np.ndarray) -> np.ndarray:
    """Mixed bases without the burst, and the burst where it is younger."""
    bases = provabgs.load_bases(recipe.sfh.provabgs_bases or None)
    oldest, table = float(bases.oldest_gyr), np.asarray(bases.formed, np.float64)
    stretch = age_gyr / oldest if recipe.sfh.provabgs_time == "scaled" else np.ones(len(age_gyr))
    node = oldest * np.linspace(0.0, 1.0, table.shape[1]) ** 2

    def formed(lookback_gyr: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(lookback_gyr / stretch, node, row) for row in table], axis=1)

    beta = np.stack([params[f"beta_{i}"] for i in range(1, N_SFH_BASIS + 1)], axis=1)
    recent = np.sum(beta * formed(np.minimum(SFR_GYR, age_gyr)), axis=1)
    smooth = recent / np.maximum(np.sum(beta * formed(age_gyr), axis=1), 1e-12)
    when = np.asarray(params["burst_gyr"])
    burst = np.where(when < age_gyr, params["burst_fraction"], 0.0)
    share = (1.0 - burst) * smooth + burst * (when <= SFR_GYR)
    return np.log10(np.maximum(share, 10.0**LOWEST))


def _log_formed_over_surviving(
    params: dict[str, np.ndarray], recipe: Recipe, age_gyr: np.ndarray
) -> np.ndarray:
    """Return log10 of formed over surviving mass, by the functions that made the fluxes."""
    rows = _stored_draw(params), jnp.asarray(age_gyr, jnp.float32)
    tables = _mass_tables(recipe.grid or None)
    return np.asarray(_formed_over_surviving(tables, rows, freeze(recipe)), np.float64)


def _mass_tables(path: str | None) -> GridTables:
    """Return what masses need of a grid; the tables of its light take seconds and stay empty."""
    grid = load_grid(path)
    needed = {name: getattr(grid, name) for name in ("log_z", "age_edges_gyr", "surviving")}
    tables = dict.fromkeys(GridTables._fields, jnp.zeros(0)) | jax.tree.map(jnp.float32, needed)
    return GridTables(**tables)


@partial(jax.jit, static_argnames="frozen")
def _formed_over_surviving(tables: GridTables, rows: Any, frozen: Any) -> jax.Array:
    def one(row: tuple[Draw, jax.Array]) -> jax.Array:
        draw = jax.tree.map(lambda leaf: leaf[None], row[0])
        made = sed_parameters(draw, tables, row[1], frozen.recipe)
        return (made.log_mass - draw.log_mass)[0]

    return jax.lax.map(one, rows, batch_size=BLOCK)


def _stored_draw(params: dict[str, np.ndarray]) -> Draw:
    """Put the columns of a catalogue back into the form they were drawn in."""
    n = len(params["log_mass"])
    widths = {"log_sfr_ratio": 6, "beta": N_SFH_BASIS, "gamma": N_METALS_BASIS}
    plain = [f for f in Draw._fields if f not in Draw._field_defaults]
    stored: dict[str, Any] = {}
    for name in plain:
        width = widths.get(name)
        if name in PROVABGS_COLUMNS and name not in params and f"{name}_1" not in params:
            stored[name] = np.zeros((n, width) if width else n)
        elif width:
            stored[name] = np.stack([params[f"{name}_{i + 1}"] for i in range(width)], axis=1)
        else:
            stored[name] = params[name]
    return Draw(**{name: jnp.asarray(value, jnp.float32) for name, value in stored.items()})


def _recipe(simulation: Simulation) -> Recipe:
    try:
        return recipe_from_dict(simulation.provenance["recipe"], "the simulation's own recipe")
    except (RecipeError, KeyError, TypeError) as error:
        raise CatalogueError(
            f"The simulation's header holds no recipe from which star formation follows ({error}). "
            "Simulate it with `photoz simulate`, or give the file a column log_ssfr (log10 of SFR "
            "over mass in 1/yr)."
        ) from error
