"""Free numbers of a fit and the physical parameters they stand for, with their prior."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

N_RATIO = 6
# bounds of the physical parameters, reached through a logistic function
BOUNDS = {
    "log_z_star": (-2.0, 0.4),
    "log_z_gas": (-2.0, 0.4),
    "log_u": (-4.0, -1.0),
    "tau_diffuse": (0.0, 4.0),
    "birth_cloud_ratio": (0.0, 2.0),
    "dust_index": (-1.0, 0.4),
    "lya_escape": (0.0, 1.0),
}
# (mean, width) of the normal priors of the recipes; the others are flat between their bounds
NORMALS = {
    "log_z_star": (-0.3, 0.5),
    "log_z_gas": (-0.2, 0.5),
    "log_u": (-2.7, 0.5),
    "tau_diffuse": (0.2, 0.7),
    "birth_cloud_ratio": (1.0, 0.3),
}
RATIO_SCALE = 0.5  # Student t of two degrees of freedom (Leja et al. 2019, arXiv:1811.03637)
RATIO_MAX = 5.0
EDGE = 6.0  # free numbers beyond this many units do nothing but slow the fit
N_FREE = 1 + N_RATIO + len(BOUNDS)
LIBRARY_SPREAD = jnp.array([0.0] + [0.4] * N_RATIO + [1.2] * len(BOUNDS))


class Physical(NamedTuple):
    """Physical parameters, leading axes as the free ones; `log_sfr_ratio` has six more."""

    log_mass: Array
    log_sfr_ratio: Array
    log_z_star: Array
    log_z_gas: Array
    log_u: Array
    tau_diffuse: Array
    birth_cloud_ratio: Array
    dust_index: Array
    lya_escape: Array


def physical(free: Float[Array, "*lead n_free"]) -> Physical:
    """Return the physical parameters of free numbers; the first is log mass - 10."""
    bounded = {
        name: low + (high - low) * jax.nn.sigmoid(free[..., 1 + N_RATIO + i])
        for i, (name, (low, high)) in enumerate(BOUNDS.items())
    }
    ratio = RATIO_MAX * jnp.tanh(free[..., 1 : 1 + N_RATIO] / RATIO_MAX)
    return Physical(log_mass=10.0 + free[..., 0], log_sfr_ratio=ratio, **bounded)


def prior_residuals(free: Float[Array, "*lead n_free"]) -> Float[Array, "*lead n_prior"]:
    """Residuals whose squares sum to -2 ln of the prior, up to a constant.

    That of a Student t of nu = 2 is sign(x) sqrt(3 ln(1 + x^2 / 2)).
    """
    values = physical(free)
    x = values.log_sfr_ratio / RATIO_SCALE
    # x sqrt(ln(1 + y) / y) with y = x^2 / 2 keeps the derivative finite at zero
    y = jnp.maximum(0.5 * x**2, 1e-6)
    history = x * jnp.sqrt(1.5 * jnp.log1p(y) / y)
    normal = [(getattr(values, name) - mean) / width for name, (mean, width) in NORMALS.items()]
    rest = free[..., 1 + N_RATIO :]
    edge = jnp.maximum(jnp.abs(rest) - EDGE, 0.0)
    return jnp.concatenate([history, jnp.stack(normal, axis=-1), edge], axis=-1)
