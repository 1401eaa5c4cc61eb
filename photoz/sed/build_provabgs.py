"""Derive the bases of the `provabgs` family: `python -m photoz.sed.build_provabgs DIR`.

A library of smooth and bursty star-formation histories and of the metal enrichment that goes
with them is factored by non-negative matrix factorisation, as Hahn et al. (2023,
arXiv:2202.01809) factored the histories of a cosmological simulation. The published bases are
not shipped; a recipe takes them by path (`photoz.sed.provabgs.load_bases`).
"""

import argparse
from pathlib import Path

import numpy as np
from jaxtyping import Float

from photoz.sed.provabgs import METALS_FILE, SFH_FILE, TIME_FILE

AGE_GYR = 13.8
N_TIME, N_LIBRARY, N_ITERATION, SEED = 139, 20_000, 3_000, 20_230_101
N_SFH, N_METALS = 4, 2


def library(
    rng: np.random.Generator, n: int, lookback_gyr: Float[np.ndarray, " n_time"]
) -> tuple[Float[np.ndarray, "n n_time"], Float[np.ndarray, "n n_time"]]:
    """Draw histories: star-formation rates of unit mass per Gyr, and metallicities of peak one.

    Half are delayed exponentials, half log-normals (Gladders et al. 2013, arXiv:1303.3917); both
    are multiplied by a damped random walk of 0.2 dex that forgets in 1 Gyr. Metals grow with the
    stellar mass formed to a power between 0.2 and 1.
    """
    time = AGE_GYR - lookback_gyr
    start, tau = rng.uniform(0.1, 5.0, (n, 1)), 10 ** rng.uniform(-0.5, 1.0, (n, 1))
    since = np.maximum(time - start, 0.0)
    delayed = since * np.exp(-since / tau)
    peak, width = np.log(rng.uniform(1.5, 14.0, (n, 1))), rng.uniform(0.2, 1.0, (n, 1))
    age = np.maximum(time, 1e-3)
    log_normal = np.exp(-0.5 * ((np.log(age) - peak) / width) ** 2) / age
    rate = np.where(np.arange(n)[:, None] % 2 == 0, delayed, log_normal)
    keep = np.exp(-np.mean(np.diff(lookback_gyr)) / 1.0)
    walk = np.empty_like(rate)
    walk[:, 0] = rng.normal(size=n)
    for i in range(1, rate.shape[1]):
        walk[:, i] = keep * walk[:, i - 1] + np.sqrt(1 - keep**2) * rng.normal(size=n)
    rate = rate * 10 ** (0.2 * walk)
    formed = _since_the_big_bang(rate, lookback_gyr)
    rate = rate / formed[:, :1]
    metals = (formed / formed[:, :1]) ** rng.uniform(0.2, 1.0, (n, 1))
    return rate, metals


def _since_the_big_bang(rate: np.ndarray, lookback_gyr: np.ndarray) -> np.ndarray:
    """Mass formed before each lookback time, (n, n_time)."""
    step = 0.5 * (rate[:, 1:] + rate[:, :-1]) * np.diff(lookback_gyr)
    after = np.concatenate([np.zeros((len(rate), 1)), np.cumsum(step, axis=1)], axis=1)
    return after[:, -1:] - after


def factor(
    rows: Float[np.ndarray, "n n_time"], rank: int, n_iteration: int, rng: np.random.Generator
) -> Float[np.ndarray, "rank n_time"]:
    """Non-negative bases by multiplicative updates (Lee & Seung 2001, NIPS 13, 556, eq. 4)."""
    weight = rng.uniform(0.1, 1.0, (len(rows), rank))
    basis = rng.uniform(0.1, 1.0, (rank, rows.shape[1])) * rows.mean()
    for _ in range(n_iteration):
        basis *= (weight.T @ rows) / np.maximum(weight.T @ weight @ basis, 1e-12)
        weight *= (rows @ basis.T) / np.maximum(weight @ (basis @ basis.T), 1e-12)
    return basis


def build(n: int = N_LIBRARY, n_iteration: int = N_ITERATION, seed: int = SEED) -> tuple:
    """Return lookback times (n_time,) in Gyr and both bases.

    Star-formation bases hold unit mass each, youngest first; metallicity bases peak at one.
    """
    rng = np.random.default_rng(seed)
    lookback = np.linspace(0.0, AGE_GYR, N_TIME)
    rate, metals = library(rng, n, lookback)
    sfh = factor(rate, N_SFH, n_iteration, rng)
    sfh /= np.trapezoid(sfh, lookback, axis=1)[:, None]
    sfh = sfh[np.argsort(np.trapezoid(sfh * lookback, lookback, axis=1))]
    enrichment = factor(metals, N_METALS, n_iteration, rng)
    enrichment /= enrichment.max(axis=1, keepdims=True)
    enrichment = enrichment[np.argsort(enrichment @ lookback)]
    return lookback, sfh, enrichment


def main() -> None:
    """Write the three text files of the bases."""
    parser = argparse.ArgumentParser(description="Derive the bases of the provabgs family.")
    parser.add_argument("out", type=Path, help="folder to write")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    head = (
        f"made by `python -m photoz.sed.build_provabgs`, library of {N_LIBRARY}, seed {SEED}; "
        "columns follow " + TIME_FILE
    )
    lookback, sfh, metals = build()
    np.savetxt(out / TIME_FILE, lookback, fmt="%.4f", header="lookback time, Gyr")
    np.savetxt(out / SFH_FILE, sfh, fmt="%.6e", header=head)
    np.savetxt(out / METALS_FILE, metals, fmt="%.6e", header=head)


if __name__ == "__main__":
    main()
