"""Compare the engine with the stored slow integration; used by a test and by the benchmark."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from photoz.sed import sfh
from photoz.sed.engine import Engine
from photoz.sed.filters import Band
from photoz.sed.population import SEDParameters
from photoz.sed.projection import age_gyr
from photoz.sed.survey import Survey

REFERENCE = Path(__file__).with_name("slow_reference.npz")
BRIGHT = 1e-3  # of the galaxy's brightest band


def reference_engine(stored) -> Engine:
    """Build the engine on exactly the curves of the reference."""
    names = [str(name) for name in stored["band"]]
    bands = tuple(
        Band(name, stored[f"wave_{name}"], stored[f"trans_{name}"], source="reference")
        for name in names
    )
    return Engine.load(Survey("reference", "reference", bands, names[0]))


def engine_parameters(engine: Engine, stored) -> SEDParameters:
    """Turn the stored parameters into the engine's, (n_gal,) each."""
    f32 = lambda name: jnp.asarray(stored[name], jnp.float32)  # noqa: E731
    age = age_gyr(engine.tables.redshift, f32("z"))
    edges = engine.tables.grid.age_edges_gyr
    flat = jax.vmap(lambda r, t: sfh.continuity(r[None], t, edges)[0])(f32("log_sfr_ratios"), age)
    has_delayed = np.isfinite(stored["tau_gyr"])
    tau = jnp.asarray(np.where(has_delayed, stored["tau_gyr"], 1.0), jnp.float32)
    start = jnp.asarray(np.where(has_delayed, stored["t_start_gyr"], 0.5), jnp.float32) / age
    one = jax.vmap(lambda s, g, t: sfh.delayed(s[None], g[None], t, edges)[0])
    return SEDParameters(
        log_mass=f32("log_mass_formed"),
        age_fraction=jnp.where(jnp.asarray(has_delayed)[:, None], one(start, tau, age), flat),
        log_z_star=f32("log_z_zsun"),
        log_z_gas=f32("log_zgas_zsun"),
        log_u=f32("log_u"),
        tau_birth_cloud=f32("tau_bc"),
        tau_diffuse=f32("tau_diff"),
        dust_index=f32("delta"),
        lya_escape=f32("lya_escape"),
    )


def compare() -> dict[str, np.ndarray]:
    """Return both sets of fluxes, (n_gal, n_band), and which entries count as bright."""
    with np.load(REFERENCE, allow_pickle=False) as archive:
        stored = {name: archive[name] for name in archive.files}
    engine = reference_engine(stored)
    parameters = engine_parameters(engine, stored)
    fast = np.asarray(engine.photometry(parameters, jnp.asarray(stored["z"], jnp.float32)), float)
    slow = stored["flux_ujy"]
    brightest = slow.max(axis=1, keepdims=True)
    return {
        "fast": fast,
        "slow": slow,
        "bright": slow >= BRIGHT * brightest,
        "brightest": brightest,
        "z": stored["z"],
        "band": stored["band"],
    }


def residuals() -> dict[str, float]:
    """Return the figures of the comparison."""
    c = compare()
    ratio = np.where(c["bright"], c["fast"] / np.where(c["bright"], c["slow"], 1.0), 1.0)
    dmag = np.abs(2.5 * np.log10(ratio))
    faint = np.abs(c["fast"] - c["slow"]) / c["brightest"]
    return {
        "median_dmag": float(np.median(dmag[c["bright"]])),
        "max_dmag": float(dmag[c["bright"]].max()),
        "max_faint_fraction": float(faint[~c["bright"]].max()),
        "n_reference": int(c["slow"].shape[0]),
    }
