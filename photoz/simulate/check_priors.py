"""Refuse a recipe whose priors reach beyond its SSP grid: drawing would clip them in silence."""

from photoz.errors import RecipeError
from photoz.sed.grid import SSPGrid
from photoz.simulate.priors import Prior
from photoz.simulate.recipe import LOG_U_RANGE, METALS_RANGE, Recipe

ROUNDING = 1e-5  # as in `photoz.sed.check_parameters`


def check_priors(recipe: Recipe, grid: SSPGrid) -> None:
    """Check that what a recipe draws lies on the axes of the grid it is drawn from.

    The metallicities of the PROVABGS family are clipped to the grid by definition (Hahn et al.
    2023), and are not asked.

    Args:
        recipe: the recipe.
        grid: the SSP grid of its engine.

    Raises:
        RecipeError: a prior reaches beyond; names it, both ranges and the remedy.
    """
    asked: list[tuple[str, object, tuple[float, float], tuple[float, float]]] = []
    z_axis = (float(grid.log_z[0]), float(grid.log_z[-1]))
    if recipe.sfh.provabgs < 1:
        asked.append(("metals.star", recipe.metals.star, METALS_RANGE, z_axis))
    if recipe.nebular.on:
        u_axis = (float(grid.log_u[0]), float(grid.log_u[-1]))
        gas_axis = (float(grid.nebular_log_z[0]), float(grid.nebular_log_z[-1]))
        asked.append(("metals.gas", recipe.metals.gas, METALS_RANGE, gas_axis))
        asked.append(("nebular.log_u", recipe.nebular.log_u, LOG_U_RANGE, u_axis))
    for name, prior, usual, (low, high) in asked:
        first, last = prior.range if isinstance(prior, Prior) else usual
        if first < low - ROUNDING or last > high + ROUNDING:
            raise RecipeError(
                f"Recipe {recipe.name}: {name} is drawn from {first:g} to {last:g}, its SSP grid "
                f"({recipe.grid or 'the shipped one'}) covers {low:.4g} to {high:.4g}. Give {name} "
                f"= {{uniform = [{low:.4g}, {high:.4g}]}} or narrower, or another grid."
            )
