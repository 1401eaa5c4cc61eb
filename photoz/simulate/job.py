"""`simulate` as a job: the same function, progress and stop through the run folder."""

from typing import Any

from photoz.simulate.catalogue import simulate
from photoz.simulate.recipe import load_recipe, recipe_from_dict


def run(run: Any, config: dict[str, Any]) -> None:
    """Simulate as a job of `photoz.jobs`.

    Args:
        run: the run folder's interface (`progress`, `should_stop`).
        config: `recipe` (name, path or table), `n`, `seed`, `out`.
    """
    given = config["recipe"]
    recipe = recipe_from_dict(given, "recipe") if isinstance(given, dict) else load_recipe(given)
    simulate(
        recipe,
        int(config["n"]),
        int(config["seed"]),
        config["out"],
        progress=run.progress,
        should_stop=run.should_stop,
    )
