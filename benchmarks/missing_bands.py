"""One network with bands missing against networks that never had them.

    python -m benchmarks.missing_bands --work DIR [--models DIR] [--steps N] [--kind mdn] [--json]

For each set of bands (u; Y to Ks; all intermediate and narrow ones; IRAC) a network is trained
without it on the simulation of the shipped models' recipe, under the same noise, and 5,000 fresh
simulated galaxies are observed once. `ks_*` and `crps_*` are those of the model with the bands
taken away, `*_without` of the network trained without them. Last, every flux below 3 sigma becomes
a limit of 3 sigma: `ks_limits` beside `ks_all`. Trainings stay in DIR and are used again; each of
14,000 steps takes a core about ten minutes.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from benchmarks.report import show
from photoz import jobs
from photoz.assets import asset_path
from photoz.features import features
from photoz.models import TrainedModel, load_model
from photoz.noise import draw_noise, load_noise
from photoz.noise.files import save_noise
from photoz.simulate import load_recipe, read_simulation, simulate
from photoz.states import LIMIT, MEASURED, MISSING, Photometry
from photoz.train.heldout import score_features
from photoz.train.observe import as_limits
from photoz.train.sample import as_part

RECIPE = "cosmos2020"
N_TRAIN, N_TEST = 1_200_000, 5_000
TRAIN_SEED, TEST_SEED = 1, 41
LIMIT_SIGMA = 3.0
SETS = {
    "u": lambda b: b.startswith("u_"),
    "y_to_ks": lambda b: b.startswith("vista_") or b == "nb118",
    "intermediate": lambda b: b.startswith(("ib", "nb7", "nb8")),
    "irac": lambda b: b.startswith("irac"),
}


def simulation_file(work: Path, n: int, seed: int) -> Path:
    """Return a simulation of the recipe, made where it is not there yet."""
    path = work / f"simulation-{seed}.parquet"
    if not path.exists():
        simulate(load_recipe(RECIPE), n, seed, path)
    return path


def network_without(
    name: str, lost: Sequence[str], kind: str, noise_file: Path, work: Path, steps: int
) -> TrainedModel:
    """Train a network without some bands, or read the one of an earlier call.

    Raises:
        JobError: the training failed; its run folder says why.
    """
    out = work / f"without-{name}-{kind}"
    run_dir = out / "run"
    if not jobs.is_run(run_dir):
        out.mkdir(parents=True, exist_ok=True)
        noise = load_noise(noise_file)
        kept = [band for band in noise.bands if band not in lost]
        save_noise(noise.with_bands(kept), out / "noise-without.json")
    config = {
        "simulation": str(simulation_file(work, N_TRAIN, TRAIN_SEED)),
        "noise": str(out / "noise-without.json"),
        "out": str(out),
        "models": [kind],
        "steps": steps,
        "seed": TRAIN_SEED,
    }
    jobs.run_to_end("train", config, run_dir)
    return load_model(out / f"{kind}.safetensors")


def scored(model: TrainedModel, seen: Photometry, z: np.ndarray) -> dict[str, float]:
    """Return PIT KS and CRPS of observed galaxies."""
    held = score_features(model.estimator, jax.jit(features)(model.features, *seen), z)
    return {"ks": held.pit_ks, "crps": held.crps}


def measure(models: Path, kind: str, work: Path, steps: int) -> dict[str, Any]:
    """Return the figures; see the module."""
    whole = load_model(models / f"{kind}.safetensors")
    noise_file = models / "noise.json"
    test = read_simulation(simulation_file(work, 4 * N_TEST, TEST_SEED))
    part = as_part(test, whole.bands, "proposal").draw(N_TEST, np.random.default_rng(TEST_SEED))
    arrays = load_noise(noise_file).with_bands(whole.bands).arrays(depth_jitter=0.0)
    seen = jax.jit(draw_noise)(arrays, jax.random.key(TEST_SEED), part.flux_ujy, part.z)
    result: dict[str, Any] = {"n": N_TEST, "steps": steps, "kind": kind}
    result |= {f"{k}_all": v for k, v in scored(whole, seen, part.z).items()}
    limited = as_limits(seen, LIMIT_SIGMA)
    made = (seen.state == MEASURED) & (limited.state == LIMIT)
    result["share_of_limits"] = float(made.sum() / (seen.state != MISSING).sum())
    result |= {f"{k}_limits": v for k, v in scored(whole, limited, part.z).items()}
    for name, chosen in SETS.items():
        gone = np.array([chosen(band) for band in whole.bands])
        lost = [band for band in whole.bands if chosen(band)]
        without = network_without(name, lost, kind, noise_file, work, steps)
        masked = scored(whole, seen._replace(state=np.where(gone, MISSING, seen.state)), part.z)
        result |= {f"{k}_{name}": v for k, v in masked.items()}
        few = Photometry(*(a[:, ~gone] for a in seen))
        result |= {f"{k}_{name}_without": v for k, v in scored(without, few, part.z).items()}
        result[f"crps_{name}_ratio"] = result[f"crps_{name}"] / result[f"crps_{name}_without"]
    return result


def main() -> None:
    """Read, train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for trainings")
    parser.add_argument("--models", type=Path, default=asset_path("models", RECIPE))
    parser.add_argument("--steps", type=int, default=14_000)
    parser.add_argument("--kind", choices=("mdn", "flow"), default="mdn")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    show(measure(given.models, given.kind, given.work.absolute(), given.steps), given.json)


if __name__ == "__main__":
    main()
