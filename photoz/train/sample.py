"""The simulated galaxies of a training run: bands chosen, split by batch of one redshift."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from photoz.errors import InputError
from photoz.simulate import Simulation

VALIDATION_SHARE = 0.05
TEST_SHARE = 0.05
MIN_GALAXIES = 500


@dataclass(frozen=True)
class Part:
    """Galaxies of one part of the split.

    Attributes:
        z: (n,) true redshifts, float32.
        flux_ujy: (n, n_band) true fluxes in microjansky, float32.
        weight: (n,) weights of mean 1, float32.
        physical: (n, n_physical) what a joint model learns beside z, float32, in the order of
            `photoz.simulate.physical.PHYSICAL`; None where none is trained.
    """

    z: np.ndarray
    flux_ujy: np.ndarray
    weight: np.ndarray
    physical: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of galaxies."""
        return len(self.z)

    def take(self, rows: np.ndarray) -> "Part":
        """Return some galaxies, by index or mask."""
        physical = None if self.physical is None else self.physical[rows]
        return Part(self.z[rows], self.flux_ujy[rows], self.weight[rows], physical)

    def draw(self, n: int, rng: np.random.Generator) -> "Part":
        """Draw galaxies in proportion to their weight, of unit weight afterwards.

        Without repetition, and all of them when n is larger, where the weights are equal.
        """
        if np.ptp(self.weight) == 0.0:
            index = rng.permutation(self.n)[:n]
        else:
            index = rng.choice(self.n, size=n, p=self.weight / self.weight.sum(dtype=np.float64))
        return replace(self.take(index), weight=np.ones(len(index), np.float32))


@dataclass(frozen=True)
class Split:
    """Training, validation and test parts; no batch is in two of them."""

    train: Part
    validation: Part
    test: Part


def select_bands(simulation: Simulation, bands: tuple[str, ...]) -> np.ndarray:
    """Return the true fluxes of some bands, (n, n_band) float32 microjansky.

    Raises:
        InputError: the simulation lacks a band, or has a flux or redshift that is not finite.
    """
    missing = [b for b in bands if b not in simulation.bands]
    if missing:
        raise InputError(
            f"The simulation has no band {', '.join(missing)}, which the noise model has. Simulate "
            f"with a survey that has it, or fit the noise on these bands: "
            f"{', '.join(simulation.bands)}."
        )
    column = [simulation.bands.index(b) for b in bands]
    flux = np.ascontiguousarray(simulation.flux_ujy[:, column], np.float32)
    finite = np.isfinite(flux).all(axis=1) & np.isfinite(simulation.z)
    if not finite.all():
        raise InputError(
            f"The simulation has {np.sum(~finite)} galaxies whose flux or redshift is not a finite "
            f"number, the first in row {int(np.argmin(finite))}. Simulate it again."
        )
    return flux


def weights(simulation: Simulation, prior: str) -> np.ndarray:
    """Return (n,) weights of mean 1: equal for `proposal`, exp(log_weight) for `target`."""
    if prior == "proposal":
        return np.ones(len(simulation.z), np.float32)
    log_weight = np.asarray(simulation.log_weight, np.float64)
    weight = np.exp(log_weight - log_weight.max())
    return (weight / weight.mean()).astype(np.float32)


def as_part(
    simulation: Simulation,
    bands: tuple[str, ...],
    prior: str,
    physical: np.ndarray | None = None,
) -> Part:
    """Return a whole simulation as one part.

    Args:
        simulation: the galaxies.
        bands: whose fluxes are kept, in this order.
        prior: `proposal` or `target`.
        physical: (n_gal, n_physical) what is learnt beside z, or None.

    Raises:
        InputError: the simulation lacks a band.
    """
    flux = select_bands(simulation, bands)
    z = np.asarray(simulation.z, np.float32)
    return Part(z, flux, weights(simulation, prior), physical)


def physical_targets(simulation: Simulation) -> np.ndarray:
    """Return what a joint model learns beside z, (n_gal, n_physical) float32.

    Raises:
        CatalogueError: the simulation does not store what they follow from.
    """
    from photoz.simulate.physical import physical_parameters

    return np.stack(list(physical_parameters(simulation).values()), axis=1).astype(np.float32)


def split_by_batch(
    simulation: Simulation,
    bands: tuple[str, ...],
    prior: str,
    seed: int,
    physical: np.ndarray | None = None,
) -> Split:
    """Split a simulation 90 : 5 : 5 by batch, since the rows of a batch share a redshift.

    Args:
        simulation: the galaxies.
        bands: whose fluxes are kept, in this order.
        prior: `proposal` or `target`.
        seed: of the choice of batches.
        physical: (n_gal, n_physical) what is learnt beside z, or None.

    Raises:
        InputError: fewer than 500 galaxies or three batches, or a band is missing.
    """
    ids = np.unique(simulation.batch)
    if len(simulation.z) < MIN_GALAXIES or len(ids) < 3:
        raise InputError(
            f"The simulation has {len(simulation.z)} galaxies in {len(ids)} batches of one "
            "redshift, too few to train on and to hold some out: simulate 1,000 at least, "
            "100,000 for useful redshifts."
        )
    whole = as_part(simulation, bands, prior, physical)
    ids = np.random.default_rng([seed, 1]).permutation(ids)
    n_validation = max(1, round(VALIDATION_SHARE * len(ids)))
    n_test = max(1, round(TEST_SHARE * len(ids)))
    validation = np.isin(simulation.batch, ids[:n_validation])
    test = np.isin(simulation.batch, ids[n_validation : n_validation + n_test])

    return Split(*(whole.take(rows) for rows in (~validation & ~test, validation, test)))


def band_groups(survey: str, bands: tuple[str, ...]) -> np.ndarray:
    """Return (n_band,) the number of each band's group in its survey (broad, narrow, ...).

    Bands of a survey that is not shipped, or that it does not know, form one group.
    """
    from photoz.errors import PhotozError
    from photoz.sed.survey import load_survey

    try:
        known: dict[str, Any] = {b.name: b.group for b in load_survey(survey).bands}
    except PhotozError:
        known = {}
    names = [known.get(band, "") for band in bands]
    order = sorted(set(names))
    return np.array([order.index(name) for name in names], np.int32)
