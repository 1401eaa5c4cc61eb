"""The history of Hahn et al. (2023, arXiv:2202.01809): non-negative bases and one burst.

Star formation is a sum of four bases whose weights sum to one, metallicity a sum of two, both
functions of lookback time; a burst of one age takes a fraction of the mass. The published form
lives in absolute lookback time and is cut at the age of the universe; the scaled form stretches
the bases to that age, so that a galaxy at z = 4 can have any of the four histories too.
"""

from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.assets import asset_path
from photoz.errors import InputError
from photoz.sed.sfh import recentre, single_age

TIME_FILE, SFH_FILE, METALS_FILE = "lookback_gyr.txt", "sfh_basis.txt", "metallicity_basis.txt"
PUBLISHED = {
    TIME_FILE: "sfh_t_int.txt",
    SFH_FILE: "NMF_2basis_SFH_components_nowgt_lin_Nc4.txt",
    METALS_FILE: "NMF_2basis_Z_components_nowgt_lin_Nc2.txt",
}
Z_SOLAR = 0.019  # log Z / Z_sun of the paper
Z_RANGE = (4.49e-5, 4.49e-2)  # of the MIST isochrones, to which the paper clips
N_FINE = 2048


class Bases(NamedTuple):
    """Bases tabulated over lookback time as a fraction of the oldest, uniform in its square root.

    The square root makes the steps of the last hundred million years short.

    Attributes:
        oldest_gyr: lookback time of the last entry.
        formed: mass formed since each lookback time, (4, n_fine).
        aged: integral of lookback time times rate, over `oldest_gyr`, (4, n_fine).
        metals: metal mass fraction per unit coefficient, (2, n_fine).
    """

    oldest_gyr: Float[Array, ""]
    formed: Float[Array, "n_sfh n_fine"]
    aged: Float[Array, "n_sfh n_fine"]
    metals: Float[Array, "n_metals n_fine"]


def load_bases(folder: str | Path | None = None) -> Bases:
    """Read bases from three text files; without a folder, the shipped ones.

    A folder may hold files of our names or of the published ones: lookback times in Gyr, in any
    order, and one basis a row.

    Raises:
        InputError: a file is missing or the shapes do not fit.
    """
    folder = Path(folder) if folder else asset_path("provabgs")
    time, sfh, metals = (
        np.atleast_2d(_read(folder, name)) for name in (TIME_FILE, SFH_FILE, METALS_FILE)
    )
    time = time.ravel()
    if sfh.shape[1] != time.size or metals.shape[1] != time.size or (sfh < 0).any():
        raise InputError(
            f"The bases in {folder} do not fit: {time.size} lookback times, star formation "
            f"{sfh.shape}, metallicity {metals.shape}. Each basis is a row of non-negative "
            "numbers, one per lookback time."
        )
    order = np.argsort(time)
    time, sfh, metals = time[order], sfh[:, order], metals[:, order]
    fine = time[-1] * np.linspace(0.0, 1.0, N_FINE) ** 2
    middle = 0.5 * (fine[1:] + fine[:-1])
    rate = np.stack([np.interp(middle, time, row) for row in sfh])
    rate = rate / np.sum(rate * np.diff(fine), axis=1, keepdims=True)
    f32 = lambda a: jnp.asarray(a, jnp.float32)  # noqa: E731
    return Bases(
        f32(time[-1]),
        f32(_cumulative(rate * np.diff(fine))),
        f32(_cumulative(rate * middle / time[-1] * np.diff(fine))),
        f32(np.stack([np.interp(fine, time, row) for row in metals])),
    )


def _read(folder: Path, name: str) -> np.ndarray:
    for candidate in (name, PUBLISHED[name]):
        path = folder / candidate
        if path.is_file():
            try:
                return np.loadtxt(path)
            except ValueError as error:
                raise InputError(f"{path} is not a table of numbers: {error}.") from error
    raise InputError(
        f"{folder} has no {name} (nor {PUBLISHED[name]}): the bases of the provabgs family are "
        "three text files. Give a folder that has them, or leave `provabgs_bases` out."
    )


def _cumulative(step: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(step), 1)), np.cumsum(step, axis=1)], axis=1)


def history(
    bases: Bases,
    beta: Float[Array, "n_gal n_sfh"],
    gamma: Float[Array, "n_gal n_metals"],
    burst_fraction: Float[Array, " n_gal"],
    burst_gyr: Float[Array, " n_gal"],
    age_universe_gyr: Float[Array, ""],
    age_edges_gyr: Float[Array, " n_age_1"],
    *,
    scaled: bool,
) -> tuple[Float[Array, "n_gal n_age"], Float[Array, "n_gal n_age"]]:
    """Histories of galaxies that share one redshift.

    Args:
        bases: from `load_bases`.
        beta: weights of the star-formation bases, rows sum to one.
        gamma: coefficients of the metallicity bases.
        burst_fraction: share of the mass formed in the burst.
        burst_gyr: lookback time of the burst, Gyr; one older than the universe does not happen.
        age_universe_gyr: age of the universe at the redshift.
        age_edges_gyr: edges of the grid's age bins.
        scaled: stretch the bases to the age of the universe; else cut them there.

    Returns:
        Fractions of the mass formed in each age bin, rows sum to one, and log10 Z/Z_sun of each.
    """
    stretch = age_universe_gyr / bases.oldest_gyr if scaled else jnp.ones(())
    edges = jnp.minimum(age_edges_gyr, age_universe_gyr)
    formed = _at(bases.formed, edges / stretch / bases.oldest_gyr)
    aged = _at(bases.aged, edges / stretch / bases.oldest_gyr) * bases.oldest_gyr * stretch
    whole = jnp.maximum(formed[:, -1:], 1e-12)  # a basis may have formed nothing yet
    share, moment = jnp.diff(formed) / whole, jnp.diff(aged) / whole
    centre = 0.5 * (age_edges_gyr[1:] + age_edges_gyr[:-1])
    # weights multiply bases of unit mass over all time; what is cut off is scaled back
    mix = beta * whole[:, 0]
    mix = mix / jnp.sum(mix, axis=1, keepdims=True)
    smooth = recentre(mix @ share, mix @ moment - centre * (mix @ share), age_edges_gyr)
    burst = jnp.where(burst_gyr < age_universe_gyr, burst_fraction, 0.0)[:, None]
    fraction = (1.0 - burst) * smooth + burst * single_age(burst_gyr, age_edges_gyr)
    middle = jnp.minimum(centre, age_universe_gyr) / stretch / bases.oldest_gyr
    metals = jnp.clip(gamma @ _at(bases.metals, middle), *Z_RANGE)
    return fraction, jnp.log10(metals / Z_SOLAR)


def _at(table: Float[Array, "n n_fine"], x: Float[Array, " m"]) -> Float[Array, "n m"]:
    """Read a table of `Bases` at fractions x of the oldest lookback time."""
    place = jnp.sqrt(jnp.clip(x, 0.0, 1.0)) * (table.shape[1] - 1)
    low = jnp.clip(jnp.floor(place), 0, table.shape[1] - 2)
    part, index = place - low, low.astype(jnp.int32)
    return (1.0 - part) * table[:, index] + part * table[:, index + 1]
