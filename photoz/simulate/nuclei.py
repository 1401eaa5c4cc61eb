"""Which galaxies have an active nucleus, and how bright it is: simple priors."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from photoz.errors import RecipeError
from photoz.sed.check_parameters import AGN_SLOPE
from photoz.simulate.priors import Prior

NO_NUCLEUS = -99.0  # log10 L_sun, which is no light at all in single precision
LOG_L_PER_MASS_RANGE = (-6.0, 6.0)
LOG_L_PER_MASS = Prior("uniform", -1.5, 1.5)
SLOPE = Prior("normal", -0.44, 0.3, *AGN_SLOPE)
TAU = Prior("uniform", 0.0, 1.0)
TORUS_RATIO = Prior("log_uniform", 0.1, 1.0)


@dataclass(frozen=True)
class Agn:
    """Active nuclei: the share of galaxies that have one, and the priors of `photoz.sed.agn`.

    `log_l_per_mass` is log10 of the disc's luminosity over the galaxy's stellar mass,
    L_sun / M_sun. For a black hole of a thousandth of that mass, the Eddington luminosity is at
    1.5: the default is flat in the Eddington ratio's logarithm from 1e-3 to 1, at any redshift and
    mass. No luminosity function is met by it.
    """

    share: float = 0.0
    log_l_per_mass: Prior = LOG_L_PER_MASS
    slope: Prior = SLOPE
    tau: Prior = TAU
    torus_ratio: Prior = TORUS_RATIO


def check_agn(agn: Agn, where: str) -> None:
    """Check that what is drawn is what the engine takes; `where` names the recipe in errors.

    Raises:
        RecipeError: the share is none, or a prior reaches beyond its range.
    """
    if not 0 <= agn.share <= 1:
        raise RecipeError(f"{where}: agn.share = {agn.share:g}; it must lie in 0..1.")
    for name, prior, (low, high) in (
        ("log_l_per_mass", agn.log_l_per_mass, LOG_L_PER_MASS_RANGE),
        ("slope", agn.slope, AGN_SLOPE),
        ("tau", agn.tau, (0.0, 100.0)),
        ("torus_ratio", agn.torus_ratio, (0.0, 100.0)),
    ):
        if not low <= prior.range[0] <= prior.range[1] <= high:
            raise RecipeError(
                f"{where}: agn.{name} may be drawn outside {low:g}..{high:g}. Use uniform bounds, "
                f"or a normal with cut = [{low:g}, {high:g}]."
            )


def draw_nuclei(
    key: Array, agn: Agn, log_mass: Float[Array, " n_gal"]
) -> dict[str, Float[Array, " n_gal"]]:
    """Draw nuclei by their columns; none at all where the share is 0.

    Args:
        key: of these draws alone.
        agn: their priors.
        log_mass: log10 of the galaxies' stellar masses.
    """
    if agn.share == 0:
        return {}
    n = log_mass.shape[0]
    k = jax.random.split(key, 5)
    has_one = jax.random.uniform(k[0], (n,)) < agn.share
    log_l = log_mass + agn.log_l_per_mass.draw(k[1], n)
    return {
        "log_l_disc": jnp.where(has_one, log_l, NO_NUCLEUS),
        "disc_slope": agn.slope.draw(k[2], n),
        "disc_tau": agn.tau.draw(k[3], n),
        "torus_ratio": agn.torus_ratio.draw(k[4], n),
    }
