"""Star-formation histories as the fraction of the formed mass in each age bin of the grid."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from photoz.sed.constants import BIRTH_CLOUD_GYR

N_CONTINUITY = 7
FIRST_EDGES_GYR = (0.0, 0.03, 0.1)
LAST_BIN_START = 0.85  # of the age of the universe
RECENTRE_FROM_GYR = 0.0999


def continuity_edges_gyr(age_universe_gyr: Float[Array, ""]) -> Float[Array, " 8"]:
    """Return the edges of the seven bins in lookback age, Gyr.

    Leja et al. (2019, arXiv:1811.03637): 0-30 Myr, 30-100 Myr, then log-spaced, the last from
    0.85 t_univ to t_univ.
    """
    start = jnp.log(FIRST_EDGES_GYR[-1])
    stop = jnp.log(LAST_BIN_START * age_universe_gyr)
    middle = jnp.exp(start + (stop - start) * jnp.arange(1, 5) / 4.0)
    return jnp.concatenate([jnp.asarray(FIRST_EDGES_GYR), middle, age_universe_gyr[None]])


def bin_overlap(
    bin_edges_gyr: Float[Array, " n_bin_1"], age_edges_gyr: Float[Array, " n_age_1"]
) -> tuple[Float[Array, "n_bin n_age"], Float[Array, "n_bin n_age"]]:
    """Share of each constant-rate bin that falls in each age bin, and its mean age there.

    Returns:
        Fractions of the bin's mass, and those fractions times (mean age - bin centre) in Gyr.
    """
    low = jnp.maximum(bin_edges_gyr[:-1, None], age_edges_gyr[None, :-1])
    high = jnp.maximum(jnp.minimum(bin_edges_gyr[1:, None], age_edges_gyr[None, 1:]), low)
    width = bin_edges_gyr[1:] - bin_edges_gyr[:-1]
    share = (high - low) / width[:, None]
    centre = 0.5 * (age_edges_gyr[1:] + age_edges_gyr[:-1])
    return share, share * (0.5 * (low + high) - centre)


def recentre(
    mass: Float[Array, "n_gal n_age"],
    moment: Float[Array, "n_gal n_age"],
    age_edges_gyr: Float[Array, " n_age_1"],
) -> Float[Array, "n_gal n_age"]:
    """Move mass between neighbouring age bins so that its mean age is kept, not only its sum.

    The grid holds averages over age bins. A bin filled on one side only (the end of a history, a
    short burst) is not its average; shifting a little mass to the neighbour on that side makes
    the light correct to second order. Bins younger than 100 Myr are narrow and left alone.

    Args:
        mass: mass in each age bin.
        moment: mass times (mean age - bin centre), Gyr.
        age_edges_gyr: edges of the age bins.
    """
    centre = 0.5 * (age_edges_gyr[1:] + age_edges_gyr[:-1])
    gap = centre[1:] - centre[:-1]
    old = (age_edges_gyr[:-1] >= RECENTRE_FROM_GYR).astype(mass.dtype)
    moment = moment * old
    up = jnp.maximum(moment, 0.0)[:, :-1] / gap
    down = jnp.maximum(-moment, 0.0)[:, 1:] / gap * old[:-1]
    zero = jnp.zeros_like(mass[:, :1])
    leave = jnp.concatenate([up, zero], -1) + jnp.concatenate([zero, down], -1)
    arrive = jnp.concatenate([zero, up], -1) + jnp.concatenate([down, zero], -1)
    return mass - leave + arrive


def continuity(
    log_sfr_ratio: Float[Array, "n_gal 6"],
    age_universe_gyr: Float[Array, ""],
    age_edges_gyr: Float[Array, " n_age_1"],
) -> Float[Array, "n_gal n_age"]:
    """Continuity history of galaxies that share one redshift.

    Args:
        log_sfr_ratio: log10(SFR_j / SFR_j+1) of adjacent bins, youngest first (Leja et al. 2019).
        age_universe_gyr: age of the universe at the redshift.
        age_edges_gyr: edges of the grid's age bins.

    Returns:
        Fractions of the formed mass, rows sum to one.
    """
    edges = continuity_edges_gyr(age_universe_gyr)
    zero = jnp.zeros((*log_sfr_ratio.shape[:-1], 1))
    log_sfr = jnp.concatenate([zero, -jnp.cumsum(log_sfr_ratio, axis=-1)], axis=-1)
    log_mass = log_sfr * jnp.log(10.0) + jnp.log(edges[1:] - edges[:-1])
    mass = jnp.exp(log_mass - jnp.max(log_mass, axis=-1, keepdims=True))
    mass = mass / jnp.sum(mass, axis=-1, keepdims=True)
    share, shift = bin_overlap(edges, age_edges_gyr)
    return recentre(mass @ share, mass @ shift, age_edges_gyr)


def delayed(
    start_fraction: Float[Array, " n_gal"],
    tau_gyr: Float[Array, " n_gal"],
    age_universe_gyr: Float[Array, ""],
    age_edges_gyr: Float[Array, " n_age_1"],
) -> Float[Array, "n_gal n_age"]:
    """Delayed-tau history: SFR ~ t exp(-t / tau) since a start.

    Args:
        start_fraction: lookback time of the start over the age of the universe, 0..1.
        tau_gyr: e-folding time.
        age_universe_gyr: age of the universe at the redshift.
        age_edges_gyr: edges of the grid's age bins.

    Returns:
        Fractions of the formed mass, rows sum to one.
    """
    start = (start_fraction * age_universe_gyr)[:, None]
    low = jnp.minimum(age_edges_gyr[:-1], start)
    high = jnp.minimum(age_edges_gyr[1:], start)
    before = (start - high) / tau_gyr[:, None]
    zeroth, first, second = _gamma_moments((high - low) / tau_gyr[:, None])
    # sums of positive terms: the youngest bins hold a millionth of the mass, and a difference of
    # cumulative masses would lose them in single precision
    mass = jnp.exp(-before) * (before * zeroth + first)
    centre = 0.5 * (age_edges_gyr[1:] + age_edges_gyr[:-1])
    younger = tau_gyr[:, None] * jnp.exp(-before) * (before * first + second)
    mass_in = recentre(mass, (high - centre) * mass - younger, age_edges_gyr)
    return mass_in / jnp.sum(mass, axis=-1, keepdims=True)


def _gamma_moments(d: Array) -> tuple[Array, Array, Array]:
    """Integrals of exp(-u), u exp(-u), u^2 exp(-u) from 0 to d, by series where d is small."""
    fall = jnp.exp(-d)
    small = jnp.minimum(d, 0.8)
    first = _alternating(small, (2, 3, 8, 30, 144, 840, 5760, 45360)) * small**2
    second = _alternating(small, (3, 4, 10, 36, 168, 960, 6480, 50400)) * small**3
    return (
        -jnp.expm1(-d),
        jnp.where(d < 0.8, first, 1.0 - (1.0 + d) * fall),
        jnp.where(d < 0.8, second, 2.0 - (d**2 + 2.0 * d + 2.0) * fall),
    )


def _alternating(x: Array, divisors: tuple[int, ...]) -> Array:
    """Sum of (-x)^k / divisor_k, by Horner's rule."""
    total = jnp.zeros_like(x)
    for divisor in reversed(divisors):
        total = 1.0 / divisor - x * total
    return total


def single_age(
    age_gyr: Float[Array, " n_gal"], age_edges_gyr: Float[Array, " n_age_1"]
) -> Float[Array, "n_gal n_age"]:
    """Mass fractions of a burst of one age, shared between three age bins.

    The bins are averages; the fractions match mass, mean age and mean squared age, so that the
    light of the burst is right to third order. One of them may be negative: down to -0.17, and to
    -1.2 within a bin of the birth cloud, whose own bins are left out.

    Args:
        age_gyr: lookback times of the bursts, at least 10 Myr.
        age_edges_gyr: edges of the age bins.
    """
    width = jnp.diff(age_edges_gyr)
    centre = 0.5 * (age_edges_gyr[1:] + age_edges_gyr[:-1])
    first_old = jnp.searchsorted(age_edges_gyr, BIRTH_CLOUD_GYR * (1 - 1e-6))
    age = jnp.clip(age_gyr, age_edges_gyr[first_old], age_edges_gyr[-1])
    middle = jnp.searchsorted(age_edges_gyr, age, side="right") - 1
    bins = jnp.clip(middle, first_old + 1, centre.size - 2)[:, None] + jnp.arange(-1, 2)
    # about the burst, in units of the middle bin: sums of x^0, x^1, x^2 must be 1, 0, 0
    unit = width[bins[:, 1:2]]
    x, w = (centre[bins] - age[:, None]) / unit, width[bins] / unit
    square = x**2 + w**2 / 12.0
    cross = jnp.stack(
        [
            x[:, 1] * square[:, 2] - x[:, 2] * square[:, 1],
            x[:, 2] * square[:, 0] - x[:, 0] * square[:, 2],
            x[:, 0] * square[:, 1] - x[:, 1] * square[:, 0],
        ],
        axis=1,
    )
    weight = cross / jnp.sum(cross, axis=1, keepdims=True)
    place = bins[:, :, None] == jnp.arange(centre.size)
    return jnp.sum(weight[:, :, None] * place, axis=1)
