"""`simulate` as a job: the same function, progress and stop through the run folder."""

from typing import Any

from photoz.errors import InputError
from photoz.jobs.targets import check_entries
from photoz.simulate.catalogue import simulate
from photoz.simulate.recipe import load_recipe, recipe_from_dict

CONFIG = ("recipe", "n", "seed", "out")


def run(run: Any, config: dict[str, Any]) -> None:
    """Simulate as a job of `photoz.jobs`.

    Args:
        run: the run folder's interface (`progress`, `should_stop`).
        config: `recipe` (name, path or table), `n`, `out`, and optionally `seed`, 0 by default.

    Raises:
        InputError: an entry of the configuration is unknown or missing; and see `simulate`.
        RecipeError: the recipe cannot be used.
    """
    check_entries(config, CONFIG, ("recipe", "n", "out"), "simulation")
    n, seed = config["n"], config.get("seed", 0)
    for name, value in (("n", n), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise InputError(f"{name} = {value!r}: expected a whole number.")
    given = config["recipe"]
    recipe = recipe_from_dict(given, "recipe") if isinstance(given, dict) else load_recipe(given)
    simulate(
        recipe,
        n,
        seed,
        config["out"],
        progress=run.progress,
        should_stop=run.should_stop,
    )
