"""The how-to of docs/surveys.md, run as it is printed, gives the magnitudes of the definition."""

import re
from pathlib import Path

import numpy as np
import pytest

from photoz.sed import Engine, Survey, Switches
from photoz.sed.synphot import ab_magnitude

DOCS = Path(__file__).parents[3] / "docs" / "surveys.md"
CURVES = {"g": (4000, 5600), "r": (5500, 6900), "i": (6800, 8300)}


def _block(language):
    return re.search(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1]


@pytest.fixture(scope="module")
def howto(tmp_path_factory):
    """The names that the how-to's Python defines, run in a folder with its TOML and curves."""
    folder = tmp_path_factory.mktemp("howto")
    (folder / "my-survey.toml").write_text(_block("toml"))
    for name, (first, last) in CURVES.items():
        wave = np.linspace(first, last, 60)
        trans = np.sin(np.pi * (wave - first) / (last - first)) ** 0.3
        np.savetxt(folder / f"{name}.txt", np.column_stack([wave, np.nan_to_num(trans)]))
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(_block("python"), names)
    return names


def test_howto_gives_one_flux_a_band_in_microjansky(howto):
    flux = np.asarray(howto["flux_ujy"])
    assert howto["engine"].survey.band_names == ("g", "r", "i")
    assert howto["engine"].survey.reference_band == "r"
    assert flux.shape == (1, 3)
    assert (flux > 1).all()
    assert (flux < 100).all()  # 10^10.5 solar masses at z 0.5: 19th to 23rd magnitude


def test_fluxes_are_ab_magnitudes_of_the_engines_spectrum(howto):
    """Engine against definition: luminosity per angstrom, distance, (1 + z), AB, one band each."""
    from astropy import units as u
    from astropy.constants import L_sun
    from astropy.cosmology import FlatLambdaCDM

    z, survey = 0.5, howto["engine"].survey
    smooth = Switches(nebular=False)
    engine = Engine.load(Survey("my", "my", survey.bands, "r"), z_max=2.0, switches=smooth)
    flux = np.asarray(engine.photometry(howto["galaxy"], z))[0]
    spectrum = engine.spectrum(howto["galaxy"], z)
    distance = FlatLambdaCDM(H0=70, Om0=0.3).luminosity_distance(z).to_value(u.cm)
    scale = L_sun.to_value(u.erg / u.s) / (4 * np.pi * distance**2 * (1 + z))
    wave_aa = np.asarray(spectrum.wave_aa, float) * (1 + z)
    for band, ujy in zip(survey.bands, flux, strict=True):
        magnitude = ab_magnitude(band, wave_aa, np.asarray(spectrum.total) * scale)
        assert 23.9 - 2.5 * np.log10(ujy) == pytest.approx(magnitude, abs=0.003)
