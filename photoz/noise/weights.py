"""A sample of the target population from one that was drawn from a proposal."""

from dataclasses import replace

import numpy as np

from photoz.catalogue.catalogue import Catalogue

# one row in 200 may weigh more than what is certain to be kept
CLIP = 0.995


def thin_by_weight(log_weight: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return rows that follow the target, each at most once, in their order.

    A row is kept with a probability proportional to its weight; the largest 0.5 % of the weights
    count as equal. No row is repeated: copies of a galaxy would lead a classifier.

    Args:
        log_weight: (n,) ln(target / proposal).
        seed: of what is kept.
    """
    weight = np.exp(log_weight - np.max(log_weight, initial=-np.inf))
    if not len(weight):
        return np.zeros(0, int)
    share = weight / np.quantile(weight, CLIP)
    return np.flatnonzero(np.random.default_rng(seed).uniform(size=len(share)) < share)


def weighted_sample(catalogue: Catalogue) -> Catalogue:
    """Return a catalogue thinned by its column `log_weight`, without it; others as they are."""
    if "log_weight" not in catalogue.extra:
        return catalogue
    extra = {name: column for name, column in catalogue.extra.items() if name != "log_weight"}
    whole = replace(catalogue, extra=extra)
    return whole.take(thin_by_weight(catalogue.extra["log_weight"]))


def is_proposal(catalogue: Catalogue) -> bool:
    """Return whether a catalogue is a mock without weights: the proposal, not the target."""
    return bool(catalogue.provenance.get("mock")) and "log_weight" not in catalogue.extra
