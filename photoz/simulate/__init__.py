"""Simulated galaxies: recipes, priors, selection, catalogues."""

from photoz.simulate.catalogue import Simulation, before_milky_way, read_simulation, simulate
from photoz.simulate.recipe import Recipe, load_recipe, recipe_from_dict, recipe_to_dict

__all__ = [
    "Recipe",
    "Simulation",
    "before_milky_way",
    "load_recipe",
    "read_simulation",
    "recipe_from_dict",
    "recipe_to_dict",
    "simulate",
]
