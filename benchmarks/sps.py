"""Speed and accuracy of the synthesis engine: `python -m benchmarks.sps [--json]`.

Galaxies are drawn from the COSMOS2020 recipe's priors in groups of 64 that share a redshift.
The limit counts necessary work only: n_wave x (spectra mixed + n_band) multiply-adds and three
exponentials a pixel, at the sgemm and exp rates measured in the same run. The spectra mixed are the
young populations, the basis of the old ones and that of the nebular continuum.
"""

import os

import jax
import jax.numpy as jnp

from benchmarks.fsps_direct import fsps_galaxies_per_s
from benchmarks.machine import machine_figures, median_seconds, scaled
from benchmarks.report import run
from photoz.sed.engine import Engine, group_photometry
from photoz.sed.projection import age_gyr
from photoz.simulate.recipe import load_recipe
from photoz.simulate.shapes import draw_shapes, sed_parameters

GROUPS, GROUP_SIZE, REPEATS, N_BAND = 256, 64, 15, 26


def _parameters(engine: Engine, z):
    recipe = load_recipe("cosmos2020")

    def one(key, redshift):
        log_mass = 8.0 + 3.5 * jax.random.uniform(key, (GROUP_SIZE,))
        age = age_gyr(engine.tables.redshift, redshift)
        return sed_parameters(draw_shapes(key, recipe, log_mass), engine.tables.grid, age, recipe)

    return jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(7), z.size), z)


def _gradient_ratio(engine: Engine, parameters, z, forward_s: float) -> float:
    """Cost of d chi2 / d parameters over the forward pass."""
    observed = group_photometry(engine.tables, parameters, z, engine.switches)
    sigma = 0.05 * observed + 1e-3

    @jax.jit
    def gradient(p):
        def chi2(q):
            flux = group_photometry(engine.tables, q, z, engine.switches)
            return jnp.sum(((flux - 1.01 * observed) / sigma) ** 2)

        return jax.grad(chi2)(p)

    return median_seconds(lambda: gradient(parameters), REPEATS) / forward_s


def _jacobian_ratio(engine: Engine, parameters, z, forward_s: float) -> float:
    """Cost of d flux / d parameters, every band and parameter, over the forward pass."""

    @jax.jit
    def jacobian(p):
        flux, pull = jax.vjp(lambda q: group_photometry(engine.tables, q, z, engine.switches), p)
        bands = jnp.eye(flux.shape[-1])
        return jax.lax.map(lambda band: pull(jnp.broadcast_to(band, flux.shape)), bands)

    return median_seconds(lambda: jacobian(parameters), 1) / forward_s


def measure() -> dict:
    """Measure and return the figures."""
    survey = "cosmos2020"
    engine = Engine.load(survey)
    engine = Engine.load(engine.survey.subset(engine.survey.band_names[:N_BAND]))
    z = jnp.linspace(0.05, 6.0, GROUPS)
    parameters = _parameters(engine, z)
    machine = machine_figures()
    forward = median_seconds(
        lambda: group_photometry(engine.tables, parameters, z, engine.switches), REPEATS
    )
    rate = GROUPS * GROUP_SIZE / forward
    some, some_z = jax.tree.map(lambda x: x[:: GROUPS // 32], (parameters, z))
    some_s = median_seconds(
        lambda: group_photometry(engine.tables, some, some_z, engine.switches), REPEATS
    )
    grid = engine.tables.grid
    n_wave = grid.width_aa.size
    n_spectra = len(grid.young) + len(grid.old_basis) + len(grid.continuum_basis)
    flop = 2.0 * n_wave * (n_spectra + N_BAND)
    limit = 1.0 / (flop / (machine["sgemm_gflops"] * 1e9) + 3.0 * n_wave / machine["exp_per_s"])
    result = {
        "galaxies_per_s": rate,
        "scaled_galaxies_per_s": scaled(rate, machine),
        "limit_galaxies_per_s": limit,
        "limit_ratio": rate / limit,
        "limit_formula": "1 / (2 n_wave (n_spectra + n_band) / sgemm + 3 n_wave / exp)",
        "n_wave": n_wave,
        "n_spectra": n_spectra,
        "n_band": N_BAND,
        "gradient_ratio": _gradient_ratio(engine, parameters, z, forward),
        "jacobian_ratio": _jacobian_ratio(engine, some, some_z, some_s),
        "fsps_galaxies_per_s": fsps_galaxies_per_s(engine.survey),
        **machine,
    }
    from tests.photoz.sed.against_slow import residuals

    result |= residuals()
    result["cores"] = os.cpu_count()
    return result


if __name__ == "__main__":
    run(measure, __doc__)
