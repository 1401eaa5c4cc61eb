"""The only module that imports `fsps`: `python -m photoz.sed.fsps_child REQUEST_DIR`.

Started by `photoz.sed.fsps_process`, in a folder of its own, with SPS_HOME set and its files
checked. One `StellarPopulation` lives here, since a second one in the same process would corrupt
the first. Luminosities leave in FSPS's own solar luminosities, per angstrom.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from photoz.atomic import atomic_path
from photoz.sed.constants import BIRTH_CLOUD_GYR, C_AA_S, LYMAN_LIMIT_AA, PLANCK_ERG_S
from photoz.sed.fsps_model import L_SUN_FSPS_ERG_S
from photoz.sed.fsps_process import ARRAYS, PROGRESS_MARK, REQUEST, RESULT

KRIEK_CONROY = 4  # FSPS's dust_type
LAST_IONISING_AA = 912.0  # FSPS blanks its samples up to here where nebulae are on
WHOLE_CLOUD = 7.3  # log10 of an age in years above which nothing sits in a birth cloud

Arrays = dict[str, np.ndarray]


def _population(facts: dict[str, Any], zcontinuous: int) -> Any:
    """Set FSPS up: an SSP, Kriek & Conroy dust, lines kept out of the spectra."""
    import fsps

    return fsps.StellarPopulation(
        zcontinuous=zcontinuous,
        sfh=0,
        imf_type=facts["imf_type"],
        dust_type=KRIEK_CONROY,
        dust1_index=-1.0,
        dust_tesc=WHOLE_CLOUD,
        add_neb_emission=False,
        nebemlineinspec=False,
        add_dust_emission=facts["dust_emission"],
        **facts["dust_model"],
    )


def _say(done: int, total: int) -> None:
    print(f"{PROGRESS_MARK} {done} {total}", flush=True)


def _identity(sp: Any) -> Arrays:
    return {
        "libraries": np.array([name.decode().strip() for name in sp.libraries]),
        "z_solar": np.array(float(sp.solar_metallicity)),
        "log_z": np.log10(sp.zlegend / sp.solar_metallicity),
        "wave_aa": sp.wavelengths,
        "line_wave_aa": sp.emline_wavelengths,
    }


def tables(facts: dict[str, Any], arrays: Arrays) -> Arrays:
    """Every SSP at FSPS's own metallicities and ages, and the nebulae of one of them.

    FSPS's nebulae depend on the stars only through the number of their ionising photons. They are
    given at the ages up to the birth cloud's end, for the stars nearest to solar metallicity.

    Args:
        facts: `imf_type`, `dust_emission`, `dust_model`.
        arrays: `log_z_gas` (n_z_gas,), `log_u` (n_u,), `wave_range_aa` (2,).
    """
    sp = _population(facts, zcontinuous=0)
    identity = _identity(sp)
    wave, ages = identity["wave_aa"], 10.0 ** (sp.ssp_ages - 9.0)
    n_young = int(np.searchsorted(ages, BIRTH_CLOUD_GYR * (1 + 1e-6))) + 1
    first, last = np.searchsorted(wave, arrays["wave_range_aa"])
    keep = slice(max(first - 1, 0), last + 1)
    n_z = identity["log_z"].size
    total = n_z + arrays["log_z_gas"].size * arrays["log_u"].size + 1
    bare, surviving = [], []
    for z in range(n_z):
        bare.append(sp.get_spectrum(zmet=z + 1, tage=0.0)[1])
        surviving.append(sp.stellar_mass)
        _say(z + 1, total)
    photons = np.stack([_ionising_photons(wave, rows[:n_young]) for rows in bare])
    solar = int(np.argmin(np.abs(identity["log_z"])))
    tell = lambda done: _say(n_z + done, total)  # noqa: E731
    continuum, line = _nebulae(sp, solar, bare[solar][:n_young], arrays, tell)
    kept, per_angstrom = wave[keep], (C_AA_S / wave**2)[keep]
    dust = _dust_emission(sp)
    _say(total, total)
    return {
        **identity,
        "wave_aa": _stepped_wave(kept),
        "ages_gyr": ages,
        "stellar": _stepped(kept, np.stack([rows[:, keep] for rows in bare]) * per_angstrom),
        "surviving": np.stack(surviving),
        "photons": photons,
        "line": line / photons[solar][:, None],
        "continuum": _stepped(kept, continuum[..., keep] * per_angstrom / photons[solar][:, None]),
        "dust_emission": _stepped(kept, dust[keep] * per_angstrom),
    }


def _nebulae(
    sp: Any, z: int, bare: np.ndarray, arrays: Arrays, tell: Callable[[int], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Nebular continuum per Hz and lines of SSPs whose bare spectra are (n_young, n_wave).

    Returns:
        (n_z_gas, n_u, n_young, n_wave) and (n_z_gas, n_u, n_young, n_line).
    """
    n_young = bare.shape[0]
    beyond = sp.wavelengths > LAST_IONISING_AA
    continuum, line = [], []
    sp.params["add_neb_emission"] = True
    for log_z_gas in arrays["log_z_gas"]:
        sp.params["gas_logz"] = float(log_z_gas)
        for log_u in arrays["log_u"]:
            sp.params["gas_logu"] = float(log_u)
            lit = sp.get_spectrum(zmet=z + 1, tage=0.0)[1][:n_young]
            continuum.append(np.where(beyond, np.maximum(lit - bare, 0.0), 0.0))
            line.append(sp.emline_luminosity[:n_young])
            tell(len(line))
    shape = (arrays["log_z_gas"].size, arrays["log_u"].size, n_young, -1)
    return np.stack(continuum).reshape(shape), np.stack(line).reshape(shape)


def _ionising_photons(wave: np.ndarray, l_nu: np.ndarray) -> np.ndarray:
    """Photons / s below the Lyman limit of spectra in L_sun / Hz, (n_age, n_wave) to (n_age,)."""
    blue = wave <= LAST_IONISING_AA
    nu = C_AA_S / wave[blue]
    rate = np.trapezoid((l_nu[:, blue] / nu)[:, ::-1], nu[::-1], axis=-1)
    return np.asarray(rate) * L_SUN_FSPS_ERG_S / PLANCK_ERG_S


def _limit_index(wave: np.ndarray) -> int:
    """Index of the first sample beyond the Lyman limit."""
    return int(np.searchsorted(wave, LAST_IONISING_AA, side="right"))


def _stepped_wave(wave: np.ndarray) -> np.ndarray:
    """Insert two wavelengths at the Lyman limit, (n,) to (n + 2,)."""
    after = _limit_index(wave)
    limit = max(LYMAN_LIMIT_AA, wave[after - 1] * (1 + 1e-9))
    return np.insert(wave, [after, after], [limit, limit * (1 + 1e-9)])


def _stepped(wave: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """Let spectra step at the Lyman limit, (..., n) to (..., n + 2).

    FSPS samples the far ultraviolet every 0.5 %. A straight line between the samples that enclose
    the limit would smear the break over five angstrom.
    """
    after = _limit_index(wave)
    below, above = spectrum[..., after - 1, None], spectrum[..., after, None]
    parts = (spectrum[..., :after], below, above, spectrum[..., after:])
    return np.concatenate(parts, axis=-1)


def _dust_emission(sp: Any) -> np.ndarray:
    """Spectrum of dust emission per Hz for one unit of absorbed power, (n_wave,).

    The difference that `add_dust_emission` makes to a young SSP behind a birth cloud alone:
    diffuse dust would absorb some of it again.
    """
    sp.params["add_neb_emission"] = False
    sp.params["dust1"], sp.params["dust2"] = 1.0, 0.0
    spectrum = {}
    for switch in (False, True):
        sp.params["add_dust_emission"] = switch
        wave, spectrum[switch] = sp.get_spectrum(tage=0.003)
    emitted = spectrum[True] - spectrum[False]
    nu = C_AA_S / wave
    return emitted / np.trapezoid(emitted[::-1], nu[::-1])


def spectra(facts: dict[str, Any], arrays: Arrays) -> Arrays:
    """Spectra of galaxies as sums of FSPS's SSPs, each at its own age and metallicity.

    Args:
        facts: `imf_type`, `nebular`, `dust_emission`, `dust_model`.
        arrays: per SSP `galaxy`, `age_gyr`, `mass`, `log_z`, (n_ssp,), sorted by galaxy; per galaxy
            `dust1`, `dust2`, `dust_index`, `log_z_gas`, `log_u`, (n_gal,).
    """
    sp = _population(facts, zcontinuous=1)
    identity = _identity(sp)
    n_gal = arrays["dust1"].size
    spectrum = np.zeros((n_gal, identity["wave_aa"].size))
    line = np.zeros((n_gal, identity["line_wave_aa"].size))
    surviving = np.zeros(n_gal)
    # FSPS extrapolates beyond its metallicities
    metals = np.clip(arrays["log_z"], identity["log_z"][0], identity["log_z"][-1])
    columns = (arrays["galaxy"], arrays["age_gyr"], arrays["mass"], metals)
    seen = -1
    for galaxy, age, mass, log_z in zip(*(column.tolist() for column in columns), strict=True):
        if galaxy != seen:
            _say(galaxy, n_gal)
            seen = galaxy
            sp.params["dust2"] = float(arrays["dust2"][galaxy])
            sp.params["dust_index"] = float(arrays["dust_index"][galaxy])
            sp.params["gas_logz"] = float(arrays["log_z_gas"][galaxy])
            sp.params["gas_logu"] = float(arrays["log_u"][galaxy])
        is_young = age < BIRTH_CLOUD_GYR
        sp.params["logzsol"] = log_z
        sp.params["dust1"] = float(arrays["dust1"][galaxy]) if is_young else 0.0
        sp.params["add_neb_emission"] = is_young and facts["nebular"]
        spectrum[galaxy] += mass * sp.get_spectrum(tage=age)[1]
        surviving[galaxy] += mass * sp.stellar_mass
        if is_young and facts["nebular"]:
            line[galaxy] += mass * sp.emline_luminosity
    _say(n_gal, n_gal)
    wave = identity["wave_aa"]
    return {
        **identity,
        "wave_aa": _stepped_wave(wave),
        "spectrum": _stepped(wave, spectrum * C_AA_S / wave**2),
        "line": line,
        "surviving": surviving,
    }


TASKS: dict[str, Callable[[dict[str, Any], Arrays], Arrays]] = {
    "tables": tables,
    "spectra": spectra,
}


def main(argv: list[str]) -> int:
    """Do the task of the request folder named in argv and write its result there."""
    if len(argv) != 1:
        print("usage: python -m photoz.sed.fsps_child REQUEST_DIR", file=sys.stderr)
        return 2
    folder = Path(argv[0])
    facts = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    result = TASKS[facts["task"]](facts, arrays)
    with atomic_path(folder / RESULT) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **result)  # pyright: ignore[reportArgumentType]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
