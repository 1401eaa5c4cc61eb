"""How well wrong bands are caught: `python -m benchmarks.trust [--models DIR] [--n N] [--json]`.

Held-out simulated COSMOS2020 galaxies are observed once (no jitter of depth). The share with
`ood` above 1 is the false alarms. Then one measured band of each, at random, is moved up or down by
so many times its total error (quoted error and floor), and `caught` is the share with `ood` above
1, `named` that whose worst band is the moved one. `possible` is what a judge would catch who knew
the true flux of every band, at 1 % false alarms under the same noise: the limit that the tails of
the noise set. Models must carry a reference: `photoz train` or `python -m photoz.trust.add`.
"""

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from benchmarks.machine import machine_figures, scaled
from benchmarks.report import show
from photoz.assets import asset_path
from photoz.errors import InputError
from photoz.infer.photometry import Photometry
from photoz.models import load_models
from photoz.noise import NoiseModel, draw_noise, load_noise, noise_scale
from photoz.sed.survey import load_survey
from photoz.simulate import read_simulation
from photoz.states import MEASURED
from photoz.train.sample import as_part
from photoz.trust import Reference, judge
from photoz.trust.fit import thresholds

SEED = 31
MOVES = (5, 7, 10, 20, 40)


class Observed(NamedTuple):
    """Held-out galaxies as observed, with the truth beside them."""

    photometry: Photometry
    pull: np.ndarray  # (n, n_band) observed less true flux, in scales of the noise
    error: np.ndarray  # (n, n_band) quoted error and floor together, microjansky
    scale: np.ndarray  # (n, n_band) scale of the noise, microjansky


def observe(noise: NoiseModel, true_ujy: np.ndarray, z: np.ndarray) -> Observed:
    """Observe true fluxes (n, n_band) once."""
    arrays = noise.arrays(depth_jitter=0.0)
    drawn = jax.jit(draw_noise)(arrays, jax.random.key(SEED), true_ujy, z)
    seen = Photometry(*(np.asarray(a) for a in drawn))
    measured = seen.state == MEASURED
    err = np.where(measured, seen.err, 1.0)
    scale = np.asarray(noise_scale(arrays, err, true_ujy, z))
    pull = np.where(measured, (seen.flux - true_ujy) / scale, np.nan)
    return Observed(seen, pull, np.hypot(err, noise.floor * true_ujy), scale)


def measure(reference: Reference, seen: Observed, group: np.ndarray) -> dict[str, Any]:
    """Return false alarms and, by size of the move and group of bands, what is caught."""
    rng = np.random.default_rng(SEED)
    flux, state = np.asarray(seen.photometry.flux), seen.photometry.state
    n, row = len(flux), np.arange(len(flux))
    band = np.argmax(rng.random(flux.shape) * (state == MEASURED), axis=1)
    sign = rng.choice([-1.0, 1.0], n)
    best = thresholds(np.abs(seen.pull))
    judge(reference, seen.photometry)  # compiles
    started = time.perf_counter()
    clean = judge(reference, seen.photometry).ood > 1.0
    result = {"n": n, "galaxies_per_s": n / (time.perf_counter() - started)}
    result["false_alarms"] = float(clean.mean())
    for move in MOVES:
        shift = sign * move * seen.error[row, band]
        moved, pull = flux.copy(), seen.pull.copy()
        moved[row, band] += shift
        pull[row, band] += shift / seen.scale[row, band]
        found = judge(reference, seen.photometry._replace(flux=moved))
        caught = found.ood > 1.0
        worst = np.nan_to_num(np.abs(found.band_share)).argmax(axis=1)
        possible = (np.nan_to_num(np.abs(pull)) > best).any(axis=1)
        told = {"caught": caught, "named": caught & (worst == band), "possible": possible}
        for what, share in told.items():
            result[f"{what}_{move}_sigma"] = float(share.mean())
            for name in np.unique(group):
                here = group[band] == name
                result[f"{what}_{move}_sigma_{name}"] = float(share[here].mean())
    return result


def main() -> None:
    """Read, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=asset_path("models", "cosmos2020"))
    parser.add_argument("--n", type=int, default=10_000, help="held-out galaxies")
    parser.add_argument("--nu", type=float, help="another number of degrees of freedom of tails")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    model = next(iter(load_models(given.models).values()))
    if model.trust is None:
        raise InputError(
            f"{given.models} carries no reference of simulated galaxies. `python -m "
            "photoz.trust.add` adds one."
        )
    from dataclasses import replace

    noise = load_noise(given.models / "noise.json").with_bands(model.bands)
    noise = noise if given.nu is None else replace(noise, student_nu=given.nu)
    simulation = read_simulation(asset_path("data", "cosmos2020-simulation.parquet"))
    part = as_part(simulation, model.bands, model.card.get("prior", "proposal"))
    part = part.draw(given.n, np.random.default_rng(SEED))
    groups = {band.name: band.group for band in load_survey("cosmos2020").bands}
    seen = observe(noise, part.flux_ujy, part.z)
    found = measure(model.trust, seen, np.array([groups[b] for b in model.bands]))
    machine = machine_figures()
    rate = scaled(found["galaxies_per_s"], machine)
    show(found | {"scaled_galaxies_per_s": rate, **machine}, given.json)


if __name__ == "__main__":
    main()
