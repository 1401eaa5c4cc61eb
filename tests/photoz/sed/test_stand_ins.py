"""Smooth stand-ins of COSMOS2020 against the real curves, where those are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from photoz.sed.curves import file_curve
from photoz.sed.filters import Band
from photoz.sed.survey import load_survey
from photoz.sed.synphot import ab_magnitude

FOLDER = Path(os.environ.get("PHOTOZ_DATA", "absent")).parent / "filters"
FILES = {
    "nb711": "subaru_nb711.txt",
    "nb816": "subaru_nb816.txt",
    "nb118": "vista_nb118.txt",
    "u_clauds": "cosmos_u_clauds.txt",
}
# magnitudes: a line of half the band's width in observed equivalent width, at the worst place
WORST_LINE = {"nb711": 0.15, "nb816": 0.14, "nb118": 0.16, "u_clauds": 0.05}
pytestmark = pytest.mark.skipif(
    not (FOLDER / FILES["nb711"]).is_file(),
    reason="The real curves are not shipped: set PHOTOZ_DATA to a folder with `filters` beside it.",
)


@pytest.fixture(scope="module")
def pairs():
    shipped = {band.name: band for band in load_survey("cosmos2020").bands}
    return {
        name: (shipped[name], Band(name, *file_curve(FOLDER / file), source=file))
        for name, file in FILES.items()
    }


@pytest.mark.parametrize("slope", [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("name", FILES)
def test_smooth_spectra_agree_to_a_hundredth(pairs, name, slope):
    stand_in, real = pairs[name]
    wave = np.arange(2000.0, 20000.0, 2.0)
    spectrum = (wave / 5500.0) ** slope
    change = ab_magnitude(stand_in, wave, spectrum) - ab_magnitude(real, wave, spectrum)
    assert abs(change) < 0.001


@pytest.mark.parametrize("name", FILES)
def test_worst_line_is_as_documented(pairs, name):
    """A narrow line on a continuum of flat f_lambda, moved through the band."""
    stand_in, real = pairs[name]
    width = 0.5 * stand_in.fwhm_aa
    place = np.linspace(
        real.pivot_aa - 2 * stand_in.fwhm_aa, real.pivot_aa + 2 * stand_in.fwhm_aa, 2001
    )

    def brightening(band):
        trans = np.interp(place, band.wave_aa, band.transmission, left=0.0, right=0.0)
        continuum = np.trapezoid(band.transmission * band.wave_aa, band.wave_aa)
        return -2.5 * np.log10(1 + width * trans * place / continuum)

    worst = np.abs(brightening(stand_in) - brightening(real)).max()
    assert WORST_LINE[name] - 0.02 < worst < WORST_LINE[name]


def test_clauds_u_has_the_pivot_and_width_of_the_curve(pairs):
    stand_in, real = pairs["u_clauds"]
    assert stand_in.pivot_aa == pytest.approx(real.pivot_aa, rel=1e-3)
    assert stand_in.fwhm_aa == pytest.approx(real.fwhm_aa, rel=0.01)


def test_stand_ins_for_galaxies_are_as_good_as_documented(pairs):
    """Differences over galaxies at z < 2.5, of all dust and history: 68 and 95 % of them."""
    import jax
    import jax.numpy as jnp

    from photoz.sed import Engine, SEDParameters, Survey, sfh
    from photoz.sed.projection import age_gyr

    bands = [
        Band(f"{name}_{which}", band.wave_aa, band.transmission)
        for name in FILES
        for which, band in zip(("stand_in", "real"), pairs[name], strict=True)
    ]
    engine = Engine.load(Survey("pairs", "pairs", tuple(bands), bands[0].name), z_max=3.0)
    rng, n = np.random.default_rng(1), 600
    z = jnp.asarray(rng.uniform(0.02, 2.5, n), jnp.float32)
    age, edges = age_gyr(engine.tables.redshift, z), engine.tables.grid.age_edges_gyr
    ratios = jnp.asarray(0.6 * rng.standard_normal((n, 6)), jnp.float32)
    drawn = {
        "log_mass": (10.0, 10.0),
        "log_z_star": (-1.0, 0.3),
        "log_z_gas": (-1.0, 0.2),
        "log_u": (-3.5, -2.0),
        "tau_birth_cloud": (0.0, 1.0),
        "tau_diffuse": (0.0, 1.5),
        "dust_index": (-0.7, 0.3),
        "lya_escape": (0.0, 1.0),
    }
    galaxies = SEDParameters(
        age_fraction=jax.vmap(lambda r, t: sfh.continuity(r[None], t, edges)[0])(ratios, age),
        **{k: jnp.asarray(rng.uniform(*v, n), jnp.float32) for k, v in drawn.items()},
    )
    flux = np.asarray(engine.photometry(galaxies, z), float).reshape(n, len(FILES), 2)
    change = np.abs(2.5 * np.log10(flux[..., 0] / flux[..., 1]))
    share68, share95 = np.percentile(change, [68, 95], axis=0)
    assert (share68 < 0.01).all()
    assert (share95 < 0.07).all()
