"""Rebuild what the demonstration ships: `python -m photoz.workspace.build_demo --work DIR`.

For each recipe: simulate, train both estimators with the shipped noise model; for COSMOS2020 a
mock survey and a small simulation as well. HDF-N needs its curve files (PHOTOZ_CURVES).
Simulations and runs stay in DIR; an interrupted build continues when the command is given again.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from photoz import jobs
from photoz.assets import asset_path, assets_dir
from photoz.errors import PhotozError

# recipe -> simulated galaxies and steps of training; the shipped COSMOS2020 networks took as many
# in four runs, each going on from the last (their cards); one run of that length stands for them
RECIPES = {
    "cosmos2020": (1_200_000, 110_000),
    "sdss-2mass": (400_000, 8_000),
    "hdfn": (500_000, 8_000),
    "vvds-megacam": (500_000, 8_000),
}
SEED = 1
MOCK_SEED, N_MOCK = 2, 5_000
SMALL_SEED, N_SMALL = 3, 20_000


def build_models(recipe: str, work: Path) -> None:
    """Simulate and train the models of one recipe into the assets folder.

    Raises:
        JobError: the training failed; its run folder says why.
    """
    from photoz.simulate import load_recipe, simulate

    n_gal, steps = RECIPES[recipe]
    simulation = work / f"{recipe}.parquet"
    if not simulation.exists():
        simulate(load_recipe(recipe), n_gal, SEED, simulation)
    run_dir = work / f"train-{recipe}"
    config = {
        "simulation": str(simulation),
        "noise": str(asset_path("noise", f"{recipe}.json")),
        "out": str(assets_dir() / "models" / recipe),
        "steps": steps,
        "seed": SEED,
    }
    ended = jobs.run_to_end("train", config, run_dir)
    print(f"{recipe}: {ended.result}")


def build_samples(work: Path) -> None:
    """Make the mock survey and the small simulation of COSMOS2020."""
    from photoz.catalogue import write_catalogue
    from photoz.noise import load_noise, mock_catalogue
    from photoz.provenance import provenance
    from photoz.simulate import load_recipe, read_simulation, simulate

    recipe = load_recipe("cosmos2020")
    data = assets_dir() / "data"
    simulate(recipe, N_SMALL, SMALL_SEED, data / "cosmos2020-simulation.parquet")
    truth_file = work / "cosmos2020-mock-truth.parquet"
    simulate(recipe, 100 * N_MOCK, MOCK_SEED, truth_file)
    truth, noise = read_simulation(truth_file), load_noise(asset_path("noise", "cosmos2020.json"))
    # galaxies of one batch share a redshift: thinned out, few that stay do
    row = np.sort(np.random.default_rng(MOCK_SEED).choice(truth.z.size, N_MOCK, replace=False))
    ids = np.arange(1, N_MOCK + 1)
    mock = mock_catalogue(ids, truth.z[row], truth.flux_ujy[row], truth.bands, noise, MOCK_SEED)
    mock.extra["log_weight"] = truth.log_weight[row]
    mock.provenance.update(
        provenance("catalogue", mock=True, survey="cosmos2020", seed=MOCK_SEED, n=N_MOCK)
    )
    write_catalogue(mock, data / "cosmos2020-mock.parquet")


def main(argv: list[str]) -> int:
    """Build everything, or the models of one recipe."""
    parser = argparse.ArgumentParser(prog="photoz.workspace.build_demo", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for simulations and runs")
    parser.add_argument("--recipe", choices=tuple(RECIPES), help="only this one's models")
    parser.add_argument("--samples", action="store_true", help="only mock and small simulation")
    given = parser.parse_args(argv)
    given.work.mkdir(parents=True, exist_ok=True)
    try:
        if not given.recipe:
            build_samples(given.work)
        if not given.samples:
            for recipe in [given.recipe] if given.recipe else RECIPES:
                build_models(recipe, given.work)
    except PhotozError as error:
        print(f"photoz: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
