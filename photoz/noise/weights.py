"""A sample of the target population from one that was drawn from a proposal."""

import numpy as np

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
