"""The best spectrum of a galaxy at a given redshift: maximum a posteriori through the engine.

Masses are solved for exactly, since fluxes are linear in them; everything else by damped
Gauss-Newton steps (Levenberg 1944; Marquardt 1963) from the best of a library of starts. The
prior is that of the recommended recipes: a continuity history and broad dust and metals.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from photoz.errors import InputError
from photoz.sed import sfh
from photoz.sed.engine import Engine, Spectrum, Tables, group_photometry
from photoz.sed.fitspace import LIBRARY_SPREAD, N_FREE, physical, prior_residuals
from photoz.sed.population import SEDParameters, Switches
from photoz.sed.projection import age_gyr

N_LIBRARY, N_START, N_STEP = 96, 3, 25
N_STEP_NEAR = 6  # from a fit to nearly the same photometry
ERROR_FLOOR = 0.03  # of the flux: what the templates cannot do
LIMIT_N_SIGMA = 3.0
DAMPING, EASE, STIFFEN = 0.1, 0.2, 3.0


@dataclass(frozen=True)
class BestSED:
    """The best spectra of galaxies at given redshifts.

    Attributes:
        z: redshifts, (n_gal,).
        free: what was fitted, see `photoz.sed.fitspace`, (n_gal, n_free).
        parameters: of the engine, leaves (n_gal,) and `age_fraction` (n_gal, n_age).
        flux_ujy: model fluxes, (n_gal, n_band).
        chi2: misfit of the photometry alone, errors with the floor, (n_gal,).
        n_measured: bands that count, (n_gal,).
        engine: what computed them.
    """

    z: Float[np.ndarray, " n_gal"]
    free: Float[np.ndarray, "n_gal n_free"]
    parameters: SEDParameters
    flux_ujy: Float[np.ndarray, "n_gal n_band"]
    chi2: Float[np.ndarray, " n_gal"]
    n_measured: np.ndarray
    engine: Engine

    def spectrum(self, i: int) -> Spectrum:
        """Spectrum of galaxy i with its parts."""
        one = jax.tree.map(lambda leaf: leaf[i : i + 1], self.parameters)
        return self.engine.spectrum(one, float(self.z[i]))


def fit_sed(
    engine: Engine,
    flux_ujy: Float[np.ndarray, "n_gal n_band"],
    err_ujy: Float[np.ndarray, "n_gal n_band"],
    z: Float[np.ndarray, " n_gal"] | float,
    uplim_ujy: Float[np.ndarray, "n_gal n_band"] | None = None,
    seed: int = 0,
    near: BestSED | None = None,
) -> BestSED:
    """Fit spectra to photometry at given redshifts.

    Args:
        engine: its bands are those of the photometry, in order.
        flux_ujy: observed fluxes, NaN where a band was not measured.
        err_ujy: their errors, positive.
        z: redshifts, one per galaxy or one for all.
        uplim_ujy: 3-sigma upper limits, NaN where there is none; a model above one is drawn down.
        seed: of the library of starts.
        near: fits of the same galaxies to photometry that hardly differs, to start from; ten
            times quicker than a library of starts.

    Raises:
        InputError: shapes do not fit, a redshift is outside the engine's range, or a galaxy has
            no measured band.
    """
    data = _observed(engine, flux_ujy, err_ujy, z, uplim_ujy)
    if near is None:
        starts = LIBRARY_SPREAD * jax.random.normal(jax.random.key(seed), (N_LIBRARY, N_FREE))
        starts, n_start, n_step = starts[None], N_START, N_STEP
    else:
        starts, n_start, n_step = jnp.asarray(near.free)[:, None], 1, N_STEP_NEAR
    free, flux, misfit = _fit(engine.tables, *data, starts, engine.switches, n_start, n_step)
    best = np.argmin(np.asarray(misfit), axis=1)
    pick = lambda x: np.take_along_axis(np.asarray(x), best[:, None, None], 1)[:, 0]  # noqa: E731
    redshift, chosen = data[0], pick(free)
    parameters = _parameters(engine.tables, jnp.asarray(chosen)[:, None], redshift)
    model = pick(flux)
    residual = np.asarray(_residuals(jnp.asarray(model)[:, None], *data[1:])[:, 0])
    measured = np.isfinite(np.asarray(data[1])) | np.isfinite(np.asarray(data[3]))
    return BestSED(
        z=np.asarray(redshift, float),
        free=chosen,
        parameters=jax.tree.map(lambda leaf: leaf[:, 0], parameters),
        flux_ujy=model,
        chi2=(residual**2).sum(axis=1),
        n_measured=measured.sum(axis=1),
        engine=engine,
    )


def _observed(engine: Engine, flux, err, z, uplim) -> tuple[Array, Array, Array, Array]:
    """Check the photometry; redshifts, fluxes, errors with the floor, and limits."""
    flux, err = np.atleast_2d(np.asarray(flux, float)), np.atleast_2d(np.asarray(err, float))
    shape = (len(flux), len(engine.survey.bands))
    limit = np.full(shape, np.nan) if uplim is None else np.atleast_2d(np.asarray(uplim, float))
    if not flux.shape == err.shape == limit.shape == shape:
        raise InputError(
            f"Photometry of shape {flux.shape} and errors of {err.shape} do not fit the "
            f"{shape[1]} bands of {engine.survey.name}: {', '.join(engine.survey.band_names)}."
        )
    redshift = np.broadcast_to(np.asarray(z, float), shape[:1])
    if not ((redshift > 0) & (redshift <= engine.z_max)).all():
        bad = redshift[~((redshift > 0) & (redshift <= engine.z_max))][0]
        raise InputError(f"Redshift {bad:g} is outside 0..{engine.z_max:g}, the engine's range.")
    known = np.isfinite(flux) & (err > 0)
    if not (known.any(axis=1)).all():
        raise InputError(
            f"Galaxy {int(np.argmin(known.any(axis=1)))} has no measured flux with an error: "
            "there is nothing to fit."
        )
    sigma = np.hypot(err, ERROR_FLOOR * np.abs(flux))
    f32 = lambda a: jnp.asarray(a, jnp.float32)  # noqa: E731
    return f32(redshift), f32(np.where(known, flux, np.nan)), f32(sigma), f32(limit)


def _parameters(tables: Tables, free: Array, z: Array) -> SEDParameters:
    """The engine's parameters from free ones, (n_gal, n_start, N_FREE)."""
    values = physical(free)
    edges = tables.grid.age_edges_gyr
    ages = age_gyr(tables.redshift, z)
    fraction = jax.vmap(lambda ratio, age: sfh.continuity(ratio, age, edges))(
        values.log_sfr_ratio, ages
    )
    return SEDParameters(
        log_mass=values.log_mass,
        age_fraction=fraction,
        log_z_star=values.log_z_star,
        log_z_gas=values.log_z_gas,
        log_u=values.log_u,
        tau_birth_cloud=values.tau_diffuse * values.birth_cloud_ratio,
        tau_diffuse=values.tau_diffuse,
        dust_index=values.dust_index,
        lya_escape=values.lya_escape,
    )


def _residuals(model: Array, flux: Array, sigma: Array, limit: Array) -> Array:
    """Residuals in sigma, (n_gal, n_start, n_band); zero where nothing was observed."""
    measured = jnp.isfinite(flux)[:, None]
    off = (model - jnp.nan_to_num(flux)[:, None]) / jnp.where(measured, sigma[:, None], 1.0)
    ceiling = jnp.nan_to_num(limit, nan=1.0)[:, None]
    over = jnp.maximum(model / ceiling - 1.0, 0.0) * LIMIT_N_SIGMA
    over = jnp.where(jnp.isfinite(limit)[:, None] & ~measured, over, 0.0)
    return jnp.where(measured, off, over)


def _rescaled(free: Array, model: Array, flux: Array, sigma: Array) -> tuple[Array, Array]:
    """Set the masses to the best ones: fluxes are linear in them."""
    weight = jnp.where(jnp.isfinite(flux), 1.0 / sigma, 0.0)[:, None]
    seen = model * weight
    top = jnp.sum(seen * jnp.nan_to_num(flux)[:, None] * weight, axis=-1)
    factor = top / jnp.maximum(jnp.sum(seen**2, axis=-1), 1e-30)
    factor = jnp.where(factor > 0, factor, 1.0)
    return free.at[..., 0].add(jnp.log10(factor)), model * factor[..., None]


@partial(jax.jit, static_argnames=("switches", "n_start", "n_step"))
def _fit(
    tables: Tables,
    z: Array,
    flux: Array,
    sigma: Array,
    limit: Array,
    starts: Array,
    switches: Switches,
    n_start: int,
    n_step: int,
) -> tuple[Array, Array, Array]:
    """Best free parameters (n_gal, n_start, N_FREE), fluxes and misfits of each start.

    The starts, (n_gal or 1, n_library, N_FREE), are compared first and the best ones followed.
    """

    def model_of(free):
        return group_photometry(tables, _parameters(tables, free, z), z, switches)

    def cost_of(free, model):
        data = jnp.sum(_residuals(model, flux, sigma, limit) ** 2, axis=-1)
        return data + jnp.sum(prior_residuals(free) ** 2, axis=-1)

    library = jnp.broadcast_to(starts, (z.shape[0], *starts.shape[1:]))
    library, model = _rescaled(library, model_of(library), flux, sigma)
    first = jnp.argsort(cost_of(library, model), axis=1)[:, :n_start, None]
    free = jnp.take_along_axis(library, first, axis=1)
    model = jnp.take_along_axis(model, first, axis=1)

    def step(_, state):
        free, model, cost, damping = state
        trial = free + _newton_step(model_of, free, model, damping, (flux, sigma, limit))
        trial, trial_model = _rescaled(trial, model_of(trial), flux, sigma)
        trial_cost = cost_of(trial, trial_model)
        better = trial_cost < cost
        pick = lambda new, old: jnp.where(better[..., None], new, old)  # noqa: E731
        damping = jnp.clip(jnp.where(better, EASE, STIFFEN) * damping, 1e-3, 1e4)
        return pick(trial, free), pick(trial_model, model), jnp.minimum(trial_cost, cost), damping

    start = free, model, cost_of(free, model), jnp.full(free.shape[:2], DAMPING)
    free, model, cost, _ = jax.lax.fori_loop(0, n_step, step, start)
    return free, model, cost


def _newton_step(model_of, free: Array, model: Array, damping: Array, observed: tuple) -> Array:
    """One damped Gauss-Newton step of every galaxy and start."""

    def both(x):
        residual = _residuals(model_of(x), *observed)
        return jnp.concatenate([residual, prior_residuals(x)], axis=-1)

    # galaxies do not mix, so one direction can be taken for all of them at once
    one = lambda e: jax.jvp(both, (free,), (jnp.broadcast_to(e, free.shape),))[1]  # noqa: E731
    jacobian = jax.vmap(one)(jnp.eye(N_FREE))  # (N_FREE, n_gal, n_start, n_residual)
    residual = jnp.concatenate([_residuals(model, *observed), prior_residuals(free)], axis=-1)
    normal = jnp.einsum("kgsr,lgsr->gskl", jacobian, jacobian)
    slope = jnp.einsum("kgsr,gsr->gsk", jacobian, residual)
    stiff = jnp.einsum("gskk->gsk", normal) + 1e-6
    normal = normal + damping[..., None, None] * stiff[..., None] * jnp.eye(N_FREE)
    return -jnp.linalg.solve(normal, slope[..., None])[..., 0]
