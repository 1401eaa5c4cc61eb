"""Give models from before the prior that they imply: `python -m photoz.train.add_prior`.

    python -m photoz.train.add_prior MODELS SIMULATION --out DIR

MODELS is a folder of `photoz train`, SIMULATION the one it was trained on, or another of the same
recipe. The models are copied into DIR with `prior_z` added to their cards, their networks as they
were.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photoz.errors import InputError

if TYPE_CHECKING:
    from photoz.models import TrainedModel
    from photoz.simulate import Simulation


def add_prior(models: str | Path, simulation: str | Path, out: str | Path) -> list[Path]:
    """Copy models with the redshifts that they were trained on; return the files written.

    Args:
        models: folder of models, or the name of shipped models.
        simulation: file of `photoz simulate`, of the recipe the models were trained on.
        out: another folder.

    Raises:
        InputError: the simulation is of another recipe, or `out` holds files.
        ModelError: the models cannot be read.
        CatalogueError: the simulation cannot be read.
    """
    from photoz.models import find_models
    from photoz.models.copies import models_to_copy, write_copies
    from photoz.simulate import read_simulation

    folder, out = Path(find_models(models)), Path(out)
    if not folder.is_dir():
        raise InputError(f"{folder} is a file: give the folder that holds it.")
    loaded = models_to_copy(folder, out)
    galaxies = read_simulation(simulation)
    found = {
        name: replace(
            model, card=model.card | {"prior_z": _prior_of(model, galaxies, str(simulation))}
        )
        for name, model in loaded.items()
    }
    return write_copies(folder, out, found)


def _prior_of(model: "TrainedModel", galaxies: "Simulation", where: str) -> dict[str, Any]:
    """Return the record that training would have written, its split and weights from the card."""
    from photoz.train.card import implied_prior
    from photoz.train.sample import split_by_batch

    card = model.card
    _check_recipe(card, galaxies, where)
    if float(galaxies.provenance["z_max"]) != model.z_max:
        raise InputError(
            f"{where} covers z up to {galaxies.provenance['z_max']:g}, the models up to "
            f"{model.z_max:g}: give a simulation of the recipe they were trained on."
        )
    # cards from before there was a seed of the split have it as the run's, twice
    seed = int(card.get("split_seed", card.get("training", {}).get("seed", card.get("seed", 0))))
    split = split_by_batch(galaxies, model.bands, card.get("prior", "proposal"), seed)
    return implied_prior(split.train, model.z_max).to_dict()


def _check_recipe(card: Mapping[str, Any], galaxies: "Simulation", where: str) -> None:
    from photoz.train.card import recipe_name

    name = recipe_name(galaxies.provenance.get("recipe"))
    if card.get("recipe") not in (None, name):
        raise InputError(
            f"{where} is of recipe {name!r}, the models were trained on {card['recipe']!r}: their "
            "prior is that recipe's. Give a simulation of it."
        )


def main(argv: list[str]) -> int:
    """Parse, add, print."""
    from photoz.models.copies import copying_command

    return copying_command(add_prior, "photoz.train.add_prior", __doc__, argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
