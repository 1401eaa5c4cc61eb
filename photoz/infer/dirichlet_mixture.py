"""The shares of a population's parts, from each member's likelihood under every part.

Member i has likelihood L_ik if it is of part k; of the shares f the likelihood is the product over
members of sum_k f_k L_ik. With a Dirichlet prior the parts of the members and the shares are drawn
in turn, each given the other (Gibbs): Leistedt, Mortlock & Peiris (2016), section 2.3, with the
parts as bins of redshift. Where parts are hard to tell apart that alone hardly moves, so after each
turn the shares move with the members left open, by Hamiltonian Monte Carlo (Neal 2011) in the
logarithms y of gamma variables, f = exp(y) / sum exp(y), whose prior is that Dirichlet.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

EM_STEPS = 500
_SETTLED = 1e-7
_ROWS = 20_000
_ROUGH_STEPS = 20  # of the maximum that the curvature is taken at: not yet rough itself
_LEAPS = 20  # of a trajectory, at most
_ACCEPTED = 0.8  # share of trajectories that the step is tuned to
_FIRST_STEP = 0.3


def maximum_likelihood(
    likelihood: Float[np.ndarray, "n k"], n_step: int = EM_STEPS
) -> Float[np.ndarray, " k"]:
    """Return the shares that make the members most likely, by expectation-maximisation.

    Args:
        likelihood: of each member under each part, not negative, some of it positive.
        n_step: at most; it ends sooner where no share moves by 1e-7.
    """
    n, k = likelihood.shape
    shares = np.full(k, 1.0 / k)
    for _ in range(n_step):
        total = np.maximum(likelihood @ shares, np.finfo(np.float64).tiny)
        moved = shares * ((1.0 / total) @ likelihood) / n
        still = np.abs(moved - shares).max() < _SETTLED
        shares = moved / moved.sum()
        if still:
            break
    return shares


def sample_shares(
    likelihood: Float[np.ndarray, "n k"],
    start: Float[np.ndarray, " k"],
    concentration: Float[np.ndarray, " k"],
    n_burn: int,
    n_draw: int,
    seed: int,
) -> Float[np.ndarray, "n_draw k"]:
    """Return draws of the shares, after n_burn that are thrown away.

    Args:
        likelihood: as above.
        start: shares to begin with.
        concentration: of the Dirichlet prior.
        n_burn: sweeps that are not kept; the step of the trajectories is tuned in them.
        n_draw: sweeps that are kept.
        seed: of all of it.
    """
    rng = np.random.default_rng(seed)
    draws = np.empty((n_draw, likelihood.shape[1]))
    # a start of zero could never be left where the concentration is small
    shares = 0.99 * start + 0.01 / len(start)
    target = _Target(likelihood, concentration)
    root, log_step = _whitening(target), np.log(_FIRST_STEP)
    for sweep in range(-n_burn, n_draw):
        given = concentration + _members(likelihood, shares, rng)
        y = np.log(np.maximum(rng.dirichlet(given), np.finfo(np.float64).tiny))
        y += np.log(rng.gamma(concentration.sum()))
        y, chance = _trajectory(target, y, root, np.exp(log_step), rng)
        shares = np.exp(y - y.max())
        shares /= shares.sum()
        if sweep < 0:
            log_step += (chance - _ACCEPTED) / np.sqrt(sweep + n_burn + 1.0)
        else:
            draws[sweep] = shares
    return draws


class _Target(NamedTuple):
    """The density of y."""

    likelihood: np.ndarray
    concentration: np.ndarray

    def log_density(self, y: np.ndarray) -> tuple[float, np.ndarray]:
        """Return it and its gradient (k,)."""
        n = len(self.likelihood)
        gamma = np.exp(y)
        shares = gamma / gamma.sum()
        total = self.likelihood @ shares
        value = np.log(total).sum() + self.concentration @ y - gamma.sum()
        pull = shares * ((1.0 / total) @ self.likelihood - n)
        return float(value), pull + self.concentration - gamma


def _whitening(target: _Target) -> Float[np.ndarray, "k k"]:
    """Return a matrix that turns unit steps into steps of the size of the posterior of y."""
    likelihood, concentration = target
    k = len(concentration)
    shares = 0.99 * maximum_likelihood(likelihood, _ROUGH_STEPS) + 0.01 / k
    slope = shares * (likelihood / (likelihood @ shares)[:, None] - 1.0)
    return np.linalg.inv(np.linalg.cholesky(slope.T @ slope + np.diag(concentration))).T


def _trajectory(
    target: _Target,
    y: Float[np.ndarray, " k"],
    root: Float[np.ndarray, "k k"],
    step: float,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, " k"], float]:
    """Return where a trajectory ends, or began where it is refused, and its chance."""
    with np.errstate(all="ignore"):  # a trajectory that flies off is refused
        value, slope = target.log_density(y)
        momentum = rng.normal(size=len(y))
        before = value - 0.5 * momentum @ momentum
        end = y
        for _ in range(rng.integers(1, _LEAPS + 1)):
            momentum = momentum + 0.5 * step * (root.T @ slope)
            end = end + step * (root @ momentum)
            value, slope = target.log_density(end)
            momentum = momentum + 0.5 * step * (root.T @ slope)
        gain = value - 0.5 * momentum @ momentum - before
    chance = float(np.exp(min(gain, 0.0))) if np.isfinite(gain) else 0.0
    return (end if rng.random() < chance else y), chance


def _members(
    likelihood: Float[np.ndarray, "n k"], shares: Float[np.ndarray, " k"], rng: np.random.Generator
) -> Float[np.ndarray, " k"]:
    """Draw the part of every member, and return how many each part has."""
    count = np.zeros(len(shares))
    for start in range(0, len(likelihood), _ROWS):
        weight = np.cumsum(likelihood[start : start + _ROWS] * shares, axis=1)
        mark = rng.random((len(weight), 1)) * weight[:, -1:]
        part = np.minimum((weight <= mark).sum(axis=1), len(shares) - 1)
        count += np.bincount(part, minlength=len(shares))
    return count


def effective_draws(draws: Float[np.ndarray, "n_draw k"]) -> float:
    """Return the effective number of independent draws of the slowest share.

    By the initial positive sequence of autocorrelations (Geyer 1992).
    """
    return min(_effective(column) for column in draws.T)


def _effective(x: Float[np.ndarray, " n"]) -> float:
    n, centred = len(x), x - x.mean()
    if not centred.any():
        return float(n)
    power = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    correlation = np.fft.irfft(power)[:n]
    correlation = correlation / correlation[0]
    pairs = correlation[: n - n % 2].reshape(-1, 2).sum(axis=1)
    positive = len(pairs) if (pairs > 0.0).all() else int(np.argmax(pairs <= 0.0))
    return float(n / max(2.0 * pairs[:positive].sum() - 1.0, 1.0 / n))
