"""Simulated galaxies: recipes, priors, selection, catalogues."""

from photoz.simulate.catalogue import Simulation, read_simulation, simulate
from photoz.simulate.recipe import Recipe, load_recipe, recipe_from_dict, recipe_to_dict

__all__ = [
    "Recipe",
    "Simulation",
    "load_recipe",
    "read_simulation",
    "recipe_from_dict",
    "recipe_to_dict",
    "simulate",
]
