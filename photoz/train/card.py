"""The model card: what a model file says of how it was made and how good it is."""

from collections.abc import Mapping
from typing import Any

import jax

from photoz.infer.redshift_prior import RedshiftPrior
from photoz.noise import NoiseModel
from photoz.provenance import provenance
from photoz.simulate import Simulation
from photoz.train.checkpoint import Progress
from photoz.train.config import TrainConfig
from photoz.train.heldout import HeldoutScore
from photoz.train.sample import Part

BEGUN = ("recipe", "steps", "seed", "n_simulated", "noise", "training", "begun_from")
PRIOR_WORDS = {
    "proposal": "the redshifts and galaxies as the recipe's simulator proposes them, after its "
    "selection; weights towards the recipe's population were not applied",
    "target": "the recipe's own population after its selection (galaxies weighted by log_weight)",
}


def model_card(
    kind: str,
    config: TrainConfig,
    simulation: Simulation,
    noise: NoiseModel,
    hashes: dict[str, str],
    progress: Progress,
    validation: HeldoutScore,
    test: HeldoutScore,
    prior_z: RedshiftPrior,
    begun: Mapping[str, Any] | None = None,
    member: int = 1,
) -> dict[str, Any]:
    """Return the card of one estimator, JSON types only.

    Args:
        kind: `mdn`, `flow` or `joint`.
        config: the configuration.
        simulation: the catalogue it was trained on.
        noise: the noise model it was trained with.
        hashes: SHA-256 of the input files by role.
        progress: where training ended.
        validation: score on the galaxies that chose the best weights.
        test: score on galaxies that nothing was chosen on.
        prior_z: the redshifts it was trained on (`implied_prior`).
        begun: card of the model that training went on from.
        member: which of the ensemble's, counted from 1.
    """
    made_from = simulation.provenance
    if kind == "joint":
        from photoz.simulate.physical import DEFINITIONS

        more = {"quantities": DEFINITIONS}
    else:
        more = {}
    told = config.to_dict()
    for entry in ("simulation", "noise", "out", "begin", "members"):
        told.pop(entry)
    place = {"member": member, "n_member": config.members} if config.members > 1 else {}
    return provenance(
        "model",
        parents={"simulation": made_from, "sha256": hashes},
        estimator=kind,
        recipe=recipe_name(made_from.get("recipe")),
        survey=made_from.get("survey"),
        n_simulated=len(simulation.z),
        noise={"bands": list(noise.bands), "sha256": hashes["noise"]},
        prior=config.prior,
        prior_implied=PRIOR_WORDS[config.prior],
        prior_z=prior_z.to_dict(),
        seed=config.member_seed(member),
        **place,
        preset=config.preset,
        begun_from=None if begun is None else {k: begun.get(k) for k in BEGUN},
        steps=progress.step,
        best_step=progress.best_step,
        seconds=round(progress.elapsed_s, 1),
        training=told,
        validation=validation.to_dict(),
        test=test.to_dict(),
        jax=jax.__version__,
        device=jax.devices()[0].platform,
        **more,
    )


def implied_prior(train: Part, z_max: float) -> RedshiftPrior:
    """Return the redshift distribution that a model learns as its prior.

    That of the galaxies it is trained on, after selection, with the weights of its loss.

    Args:
        train: the galaxies.
        z_max: upper end of the support.
    """
    return RedshiftPrior.from_sample(train.z, z_max, train.weight, "training")


def recipe_name(recipe: Any) -> Any:
    """Return the name of the recipe that a simulation's provenance holds."""
    return recipe.get("name", recipe.get("survey")) if isinstance(recipe, dict) else recipe
