"""Give models from before there was one a reference: `python -m photoz.trust.add`.

    python -m photoz.trust.add MODELS SIMULATION --out DIR

MODELS is a folder of `photoz train` with its noise.json, SIMULATION one of the same recipe. The
models are copied into DIR with the reference added, their networks and cards as they were.
"""

import sys
from dataclasses import replace
from pathlib import Path

from photoz.errors import InputError

FROM_THE_CARD = ("mask_share", "mask_rate", "mask_group", "seed")
# what came later: a card from before says nothing, and nothing of it was done
LATER = {"mask_window": 0.0, "limit_share": 0.0}


def add_reference(models: str | Path, simulation: str | Path, out: str | Path) -> list[Path]:
    """Copy models with a reference fitted on a simulation; return the files written.

    Args:
        models: folder of models with their noise.json, or the name of shipped models.
        simulation: file of `photoz simulate`, of the recipe the models were trained on.
        out: another folder.

    Raises:
        InputError: there is no noise model beside the models, or `out` holds files.
        ModelError: the models cannot be read.
        CatalogueError: the simulation cannot be read.
    """
    from photoz.models import find_models
    from photoz.models.copies import models_to_copy, write_copies
    from photoz.noise import load_noise
    from photoz.simulate import read_simulation
    from photoz.train.config import TrainConfig
    from photoz.train.sample import band_groups, split_by_batch
    from photoz.train.trust import reference_of

    folder, out = Path(find_models(models)), Path(out)
    noise_file = folder / "noise.json"
    if not noise_file.is_file():
        raise InputError(
            f"{folder} has no noise.json, the noise that its models were trained with. Copy it "
            "back beside them."
        )
    loaded = models_to_copy(folder, out)
    first = next(iter(loaded.values()))
    noise = load_noise(noise_file).with_bands(first.bands)
    galaxies = read_simulation(simulation)
    trained = first.card.get("training", {})
    told = {name: trained[name] for name in FROM_THE_CARD if name in trained}
    told |= {name: trained.get(name, without) for name, without in LATER.items()}
    prior = first.card.get("prior", "proposal")
    config = TrainConfig(simulation=str(simulation), noise=str(noise_file), prior=prior, **told)
    split = split_by_batch(galaxies, first.bands, prior, config.seed)
    group = band_groups(str(galaxies.provenance.get("survey", "")), first.bands)
    reference = reference_of(config, noise, split, group, None)
    added = {name: replace(model, trust=reference) for name, model in loaded.items()}
    return write_copies(folder, out, added)


def main(argv: list[str]) -> int:
    """Parse, add, print."""
    from photoz.models.copies import copying_command

    return copying_command(add_reference, "photoz.trust.add", __doc__, argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
