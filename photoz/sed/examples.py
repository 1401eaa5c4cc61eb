"""A galaxy to begin with."""

import jax.numpy as jnp

from photoz.sed import sfh
from photoz.sed.engine import Engine
from photoz.sed.population import SEDParameters
from photoz.sed.projection import age_gyr


def quiet_disc(engine: Engine, z: float) -> SEDParameters:
    """Parameters of one dusty, slowly fading galaxy of 3e10 solar masses, leaves (1,).

    Args:
        engine: whose grid's age bins are filled.
        z: redshift, which ends its history.
    """
    age = age_gyr(engine.tables.redshift, jnp.asarray(z, jnp.float32))
    one = lambda value: jnp.full(1, value, jnp.float32)  # noqa: E731
    history = sfh.delayed(one(0.8), one(3.0), age, engine.tables.grid.age_edges_gyr)
    return SEDParameters(
        log_mass=one(10.5),
        age_fraction=history,
        log_z_star=one(-0.2),
        log_z_gas=one(-0.1),
        log_u=one(-2.8),
        tau_birth_cloud=one(0.3),
        tau_diffuse=one(0.3),
        dust_index=one(-0.3),
        lya_escape=one(0.2),
    )
