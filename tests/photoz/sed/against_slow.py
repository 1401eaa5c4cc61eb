"""Compare the engine with the stored slow integration; used by a test and by the benchmark."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from photoz.sed import provabgs, sfh
from photoz.sed.agn import AGN
from photoz.sed.engine import Engine, group_photometry
from photoz.sed.filters import Band
from photoz.sed.population import SEDParameters, Switches
from photoz.sed.projection import age_gyr
from photoz.sed.survey import Survey

REFERENCE = Path(__file__).with_name("slow_reference.npz")
BRIGHT = 1e-3  # of the galaxy's brightest band


VARIANTS_DIR = Path(__file__).with_name("slow_variants")
# what the engine must be told to compute what `benchmarks.slow_reference.VARIANTS` names
VARIANTS: dict[str, dict] = {
    "provabgs-scaled": {},
    "provabgs-absolute": {},
    "no-nebular": {"switches": Switches(nebular=False)},
    "no-dust-emission": {"switches": Switches(dust_emission=False)},
    "no-igm": {"switches": Switches(igm=False)},
    "madau": {"igm_model": "madau1995"},
    "calzetti": {"dust_law": "calzetti"},
    "smc": {"dust_law": "smc"},
    "provabgs-2023": {"switches": Switches(False, False, False)},
    "lines": {},
    "sightlines": {},
    "milky-way": {},
    "agn": {},
}


def read_reference(path: Path = REFERENCE) -> dict[str, np.ndarray]:
    """Return the arrays of a stored slow integration."""
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def reference_engine(stored, **physics) -> Engine:
    """Build the engine on exactly the curves of the reference."""
    names = [str(name) for name in stored["band"]]
    bands = tuple(
        Band(name, stored[f"wave_{name}"], stored[f"trans_{name}"], source="reference")
        for name in names
    )
    return Engine.load(Survey("reference", "reference", bands, names[0]), **physics)


def _histories(engine: Engine, stored, age) -> tuple[jax.Array, jax.Array]:
    """Mass fractions (n_gal, n_age) and log Z of the stars, (n_gal,) or (n_gal, n_age)."""
    f32 = lambda name: jnp.asarray(stored[name], jnp.float32)  # noqa: E731
    edges = engine.tables.grid.age_edges_gyr
    if "beta" in stored:
        scaled = bool(stored["scaled"][0])
        bases = provabgs.load_bases()

        def one(beta, gamma, fraction, burst_gyr, universe_gyr):
            burst = fraction[None], burst_gyr[None]
            return provabgs.history(
                bases, beta[None], gamma[None], *burst, universe_gyr, edges, scaled=scaled
            )

        names = ("beta", "gamma", "burst_fraction", "burst_gyr")
        fraction, log_z = jax.vmap(one)(*map(f32, names), age)
        return fraction[:, 0], log_z[:, 0]
    n_gal = stored["z"].size
    fraction = jnp.full((n_gal, edges.size - 1), jnp.nan)
    if "log_sfr_ratios" in stored:
        one = lambda r, t: sfh.continuity(r[None], t, edges)[0]  # noqa: E731
        fraction = jax.vmap(one)(f32("log_sfr_ratios"), age)
    if "tau_gyr" in stored:
        has_delayed = np.isfinite(stored["tau_gyr"])
        tau = jnp.asarray(np.where(has_delayed, stored["tau_gyr"], 1.0), jnp.float32)
        start = jnp.asarray(np.where(has_delayed, stored["t_start_gyr"], 0.5), jnp.float32) / age
        one = lambda s, g, t: sfh.delayed(s[None], g[None], t, edges)[0]  # noqa: E731
        falling = jax.vmap(one)(start, tau, age)
        fraction = jnp.where(jnp.asarray(has_delayed)[:, None], falling, fraction)
    return fraction, f32("log_z_zsun")


def engine_parameters(engine: Engine, stored) -> SEDParameters:
    """Turn the stored parameters into the engine's, (n_gal,) each."""
    f32 = lambda name: jnp.asarray(stored[name], jnp.float32)  # noqa: E731
    age = age_gyr(engine.tables.redshift, f32("z"))
    fraction, log_z_star = _histories(engine, stored, age)
    nucleus = ("log_l_disc", "disc_slope", "disc_tau", "torus_ratio")
    return SEDParameters(
        log_mass=f32("log_mass_formed"),
        age_fraction=fraction,
        log_z_star=log_z_star,
        log_z_gas=f32("log_zgas_zsun"),
        log_u=f32("log_u"),
        tau_birth_cloud=f32("tau_bc"),
        tau_diffuse=f32("tau_diff"),
        dust_index=f32("delta"),
        lya_escape=f32("lya_escape"),
        **{name: f32(name) for name in SEDParameters._field_defaults if name in stored},
        agn=AGN(*map(f32, nucleus)) if nucleus[0] in stored else None,
    )


def compare(variant: str | None = None) -> dict[str, np.ndarray]:
    """Return both sets of fluxes, (n_gal, n_band), and which entries count as bright."""
    stored, physics = read_reference(), {}
    if variant:
        curves = {k: v for k, v in stored.items() if k.startswith(("wave_", "trans_"))}
        stored = curves | read_reference(VARIANTS_DIR / f"{variant}.npz")
        physics = VARIANTS[variant]
    engine = reference_engine(stored, **physics)
    parameters = engine_parameters(engine, stored)
    z = jnp.asarray(stored["z"], jnp.float32)
    # by the inner function: some of these galaxies lie outside the grid on purpose
    lifted = jax.tree.map(lambda x: x[:, None], parameters)
    fast = group_photometry(engine.tables, lifted, z, engine.switches)[:, 0]
    fast = np.asarray(fast, float)
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


def residuals(variant: str | None = None) -> dict[str, float]:
    """Return the figures of the comparison."""
    c = compare(variant)
    ratio = np.where(c["bright"], c["fast"] / np.where(c["bright"], c["slow"], 1.0), 1.0)
    dmag = np.abs(2.5 * np.log10(ratio))
    faint = np.abs(c["fast"] - c["slow"]) / c["brightest"]
    return {
        "median_dmag": float(np.median(dmag[c["bright"]])),
        "max_dmag": float(dmag[c["bright"]].max()),
        "max_faint_fraction": float(faint[~c["bright"]].max()),
        "n_reference": int(c["slow"].shape[0]),
    }
