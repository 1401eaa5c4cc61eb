"""A survey whose posterior is known exactly: fluxes of one template, Gaussian noise."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from photoz.calibrate.fitter import Fitter
from photoz.calibrate.objective import make_sample
from photoz.calibrate.plan import Plan

Z_MAX = 2.0
BANDS = ("a", "b", "c", "d", "e")


class TemplateDensity(eqx.Module):
    """p(z | fluxes) of galaxies that all have the spectrum `template`, on a grid, prior flat."""

    grid: jax.Array
    z_max: float = eqx.field(static=True, default=Z_MAX)

    def log_prob(self, flux_ujy, err_ujy, limit_ujy, state, z):
        measured = state == 0
        flux = jnp.where(measured, flux_ujy, 0.0)[:, None, :]
        err = jnp.where(measured, err_ujy, 1.0)[:, None, :]

        def log_like(redshift):
            chi = (flux - template(redshift)) / err
            terms = -0.5 * chi**2 - jnp.log(err)
            return jnp.sum(jnp.where(measured[:, None, :], terms, 0.0), axis=-1)

        on_grid = log_like(jnp.broadcast_to(self.grid, (z.shape[0], self.grid.size)))
        step = self.grid[1] - self.grid[0]
        norm = jax.scipy.special.logsumexp(on_grid, axis=1) + jnp.log(step)
        return log_like(z[:, None])[:, 0] - norm


def template(z):
    """Fluxes (..., n_band) in microjansky: every band rises and falls with z in its own way."""
    b = jnp.arange(len(BANDS))
    return 10.0 * (1.0 + 0.6 * jnp.sin(0.9 * b + 2.5 * z[..., None])) / (1 + 0.3 * b)


def survey(n_gal=240, seed=1, flux_scale=1.0, error_scale=1.0):
    """Fluxes that must be multiplied by `flux_scale`, errors by `error_scale`, to be right."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(0.05, Z_MAX - 0.05, n_gal)
    true = np.asarray(template(jnp.asarray(z)))
    sigma = 0.05 * true.mean() * np.ones_like(true)
    flux = (true + sigma * rng.standard_normal(true.shape)) / flux_scale
    err = sigma / flux_scale / error_scale
    state = np.zeros(true.shape, int)
    state[rng.random(true.shape) < 0.05] = 2
    state[:, 2] = 0
    flux, err = (np.where(state == 2, np.nan, a) for a in (flux, err))
    return flux, err, np.full_like(flux, np.nan), state, z


def make_fitter(plan=None, **kwargs):
    sample = make_sample(*survey(**kwargs))
    plan = plan or Plan(reference_band="c")
    density = TemplateDensity(jnp.linspace(0.0, Z_MAX, 251))
    return Fitter(BANDS, (density,), sample, np.arange(sample.z_spec.size), plan)
