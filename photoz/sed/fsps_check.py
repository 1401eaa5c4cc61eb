"""A grid held against FSPS itself: the same random galaxies through both, band by band."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from photoz.errors import InputError
from photoz.sed import sfh
from photoz.sed.constants import BIRTH_CLOUD_GYR
from photoz.sed.cosmology import Cosmology
from photoz.sed.engine import Engine
from photoz.sed.fsps_direct import Burst, direct_photometry
from photoz.sed.fsps_process import Progress, silent
from photoz.sed.grid import SSPGrid
from photoz.sed.population import SEDParameters, Switches
from photoz.sed.survey import Survey

BRIGHT = 1e-3  # of the galaxy's brightest band: above it magnitudes are compared
Z_RANGE = (0.02, 6.0)


@dataclass(frozen=True)
class Drawn:
    """Random galaxies in the forms of both routes.

    Attributes:
        z: redshifts, (n_gal,).
        smooth: parameters of the history without its burst.
        burst: the burst.
        whole: parameters with the burst in age bins.
    """

    z: np.ndarray
    smooth: SEDParameters
    burst: Burst
    whole: SEDParameters


@dataclass(frozen=True)
class Comparison:
    """Fluxes of the same galaxies by both routes, (n_gal, n_band), in microjansky."""

    band_names: tuple[str, ...]
    grid_ujy: np.ndarray
    direct_ujy: np.ndarray
    seconds_direct: float

    @property
    def bright(self) -> np.ndarray:
        """Where a band has at least `BRIGHT` of the galaxy's brightest, (n_gal, n_band)."""
        return self.direct_ujy >= BRIGHT * self.direct_ujy.max(axis=1, keepdims=True)

    @property
    def dmag(self) -> np.ndarray:
        """Absolute difference in magnitudes where bright, NaN elsewhere, (n_gal, n_band)."""
        ratio = np.full(self.grid_ujy.shape, np.nan)
        np.divide(self.grid_ujy, self.direct_ujy, out=ratio, where=self.bright)
        return np.abs(2.5 * np.log10(ratio))

    @property
    def faint_fraction(self) -> float:
        """Largest difference elsewhere, over the galaxy's brightest band; 0 where all is bright."""
        brightest = self.direct_ujy.max(axis=1, keepdims=True)
        apart = np.abs(self.grid_ujy - self.direct_ujy) / brightest
        return float(np.max(apart, where=~self.bright, initial=0.0))


def draw_galaxies(
    n: int, seed: int, grid: SSPGrid, cosmology: Cosmology, z_range: tuple[float, float] = Z_RANGE
) -> Drawn:
    """Draw galaxies broader than any recipe: metals that grow with time, dust, bursts in half.

    A burst lies at the middle of an age bin older than birth clouds. `dust_index` stays where FSPS
    and the engine have the same bump: FSPS lets it turn negative above 0.45. Lyman alpha escapes,
    which FSPS cannot change.
    """
    rng = np.random.default_rng(seed)
    edges = grid.age_edges_gyr
    uniform = lambda low, high: rng.uniform(low, high, n)  # noqa: E731
    z = uniform(*z_range)
    age = np.asarray(cosmology.age_gyr(z))
    ratio = 0.5 * rng.standard_t(2.0, (n, 6))
    history = jax.vmap(lambda r, t: sfh.continuity(r[None], t, jnp.asarray(edges))[0])
    fraction = np.asarray(history(jnp.asarray(ratio), jnp.asarray(age)), float)
    centre = 0.5 * (edges[1:] + edges[:-1])
    lived = np.clip(centre / age[:, None], 0.0, 1.0)
    log_z_star = uniform(-1.5, 0.3)[:, None] - uniform(0.0, 1.5)[:, None] * lived
    log_z_star += 0.2 * np.sin(8.0 * lived + uniform(0.0, 6.0)[:, None])
    log_z_star = np.clip(log_z_star, *grid.log_z[[0, -1]])
    smooth: dict[str, Any] = {
        "log_mass": uniform(8.0, 12.0),
        "age_fraction": fraction,
        "log_z_star": log_z_star,
        "log_z_gas": uniform(-1.9, 0.2),
        "log_u": uniform(-4.0, -1.0),
        "tau_birth_cloud": uniform(0.0, 2.0),
        "tau_diffuse": uniform(0.0, 2.0),
        "dust_index": uniform(-1.2, 0.4),
        "lya_escape": np.ones(n),
    }
    first = int(np.searchsorted(centre, BIRTH_CLOUD_GYR))
    last = np.searchsorted(edges, age) - 1
    place = first + np.floor(uniform(0.0, 1.0) * (last - first)).astype(int)
    share = uniform(0.0, 1.0) * (uniform(0.0, 1.0) < 0.5)
    with_burst = (1.0 - share)[:, None] * fraction
    with_burst += share[:, None] * np.asarray(
        sfh.single_age(jnp.asarray(centre[place]), jnp.asarray(edges)), float
    )
    burst = Burst(share, centre[place])
    whole: dict[str, Any] = {**smooth, "age_fraction": with_burst}
    return Drawn(z, SEDParameters(**smooth), burst, SEDParameters(**whole))


def compare_routes(
    grid: SSPGrid,
    survey: Survey,
    n: int,
    seed: int,
    *,
    z_range: tuple[float, float] = Z_RANGE,
    sps_home: str | Path | None = None,
    switches: Switches | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Compute random galaxies by the grid and by FSPS.

    Args:
        grid: a grid that `build_fsps` made from the same data.
        survey: the bands.
        n: number of galaxies.
        seed: of the draws.
        z_range: first and last redshift.
        sps_home: the FSPS data; default the environment variable SPS_HOME.
        switches: which physics is on; default all.
        progress: told (done, total) galaxies.

    Raises:
        InputError: n is below 1, or the grid was not built with FSPS.
        GridError: FSPS cannot be used.
    """
    if n < 1:
        raise InputError(f"n = {n}: expected 1 galaxy or more.")
    if grid.provenance.get("builder") != "fsps":
        raise InputError(
            f"The grid was built from {grid.provenance.get('builder')!r}, not with FSPS: the two "
            "would differ in their stars. `photoz ssp build --source fsps --out FILE` makes one."
        )
    engine = Engine.load(survey, grid=grid, switches=switches)
    drawn = draw_galaxies(n, seed, grid, engine.cosmology, z_range)
    started = time.perf_counter()
    direct = direct_photometry(
        drawn.smooth,
        drawn.z,
        survey,
        sps_home=sps_home,
        burst=drawn.burst,
        age_edges_gyr=grid.age_edges_gyr,
        cosmology=engine.cosmology,
        switches=engine.switches,
        progress=progress,
    )
    seconds = time.perf_counter() - started
    whole = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), drawn.whole)
    fast = np.asarray(engine.photometry(whole, jnp.asarray(drawn.z, jnp.float32)), float)
    return Comparison(survey.band_names, fast, direct, seconds)
