"""Where band curves come from: a package's name, a two-column file, a centre and a width.

Every function returns wavelength in angstrom and photon-counting transmission on any scale.
Curves of the Spanish Virtual Observatory are read by `photoz.sed.svo`.
"""

import difflib
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from photoz.errors import RecipeError

Curve = tuple[np.ndarray, np.ndarray]
DETECTORS = ("photon", "energy")
# Small negative values are noise of a measured curve; deeper ones are a mistake to be named.
NOISE = 1e-3


def sedpy_curve(name: str) -> Curve:
    """Return wavelength (angstrom) and transmission of a curve shipped by astro-sedpy.

    Raises:
        RecipeError: astro-sedpy has no curve of that name.
    """
    from sedpy.observate import Filter, list_available_filters

    known = list_available_filters()
    if name not in known:
        raise RecipeError(_no_such_name("astro-sedpy", name, known))
    curve = Filter(name)
    return np.asarray(curve.wavelength, float), np.asarray(curve.transmission, float)


def speclite_curve(name: str) -> Curve:
    """Return wavelength (angstrom) and transmission of a curve shipped by speclite.

    Args:
        name: group and band joined by a hyphen, for example `Euclid-VIS` or `decamDR1-g`.

    Raises:
        RecipeError: speclite has no curve of that name.
    """
    from importlib.resources import files

    from astropy.table import Table

    folder = files("speclite") / "data" / "filters"
    known = sorted(file.name.removesuffix(".ecsv") for file in folder.iterdir())
    if name not in known:
        raise RecipeError(_no_such_name("speclite", name, known))
    table = Table.read(str(folder / f"{name}.ecsv"), format="ascii.ecsv")
    wave_aa = table["wavelength"].to("angstrom").value
    return np.asarray(wave_aa, float), np.asarray(table["response"], float)


def file_curve(path: Path) -> Curve:
    """Read a two-column text file (angstrom, transmission); `#` starts a comment.

    Raises:
        RecipeError: the file is missing or is not two columns of numbers.
    """
    if not path.is_file():
        raise RecipeError(f"Band curve {path} does not exist; give the path of a two-column file.")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "loadtxt: input contained no data")
            table = np.loadtxt(path, usecols=(0, 1), ndmin=2)
    except (ValueError, IndexError) as error:
        raise RecipeError(
            f"Band curve {path} is not two columns of numbers (angstrom, transmission): {error}."
        ) from error
    if not table.size:
        raise RecipeError(f"Band curve {path} has no rows; it needs angstrom and transmission.")
    return tidy(table[:, 0], table[:, 1])


def smooth_curve(centre_aa: float, width_aa: float) -> Curve:
    """Return a flat-topped stand-in for a band known only by its centre and FWHM (angstrom).

    The edges are logistic with a width of 4 % of the FWHM, as interference filters have them.

    Raises:
        RecipeError: the width is not positive, or wider than the centre allows.
    """
    if not 0 < width_aa < centre_aa:
        raise RecipeError(
            f"A band centred on {centre_aa:g} angstrom cannot have a FWHM of {width_aa:g}; "
            "width_aa must lie between 0 and centre_aa."
        )
    wave = np.linspace(centre_aa - 1.0 * width_aa, centre_aa + 1.0 * width_aa, 401)
    edge = 0.04 * width_aa
    blue = 1 / (1 + np.exp(-(wave - centre_aa + width_aa / 2) / edge))
    red = 1 / (1 + np.exp((wave - centre_aa - width_aa / 2) / edge))
    curve = blue * red
    return wave, np.where(curve > 1e-4, curve, 0.0)


def tidy(wave_aa: np.ndarray, transmission: np.ndarray) -> Curve:
    """Drop repeated wavelengths, turn a falling axis round, and set noise below zero to zero."""
    wave, trans = np.asarray(wave_aa, float), np.asarray(transmission, float)
    if wave.size > 1 and (np.diff(wave) <= 0).all():
        wave, trans = wave[::-1], trans[::-1]
    kept = np.concatenate([[True], np.diff(wave) != 0])
    wave, trans = wave[kept], trans[kept]
    return wave, np.clip(trans, 0.0, None) if trans.min() > -NOISE * trans.max() else trans


def photon_counting(curve: Curve, detector: str) -> Curve:
    """Return the photon-counting transmission of a curve made for `photon` or `energy` counting.

    An energy counter adds up T f_lambda, a photon counter T lambda f_lambda: T_photon = T_energy /
    lambda, brought to a peak of 1 (Bessell & Murphy 2012, arXiv:1112.2698).
    """
    wave, trans = curve
    if detector == "photon":
        return curve
    ratio = trans / wave
    return wave, ratio / ratio.max()


def _no_such_name(package: str, name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    return (
        f"{package} has no band {name!r}; nearest: {', '.join(near) or 'none'}. "
        '`file = "curve.txt"` takes a two-column curve instead.'
    )
