"""Direct mode: FSPS's own dust, energy and metallicities, as the equations say."""

import numpy as np
import pytest

from photoz.errors import GridError
from photoz.sed.fsps_direct import Burst, direct_spectra
from photoz.sed.grid import default_age_edges_gyr
from photoz.sed.population import SEDParameters, Switches

pytestmark = pytest.mark.slow

BARE = Switches(nebular=False, dust_emission=False, igm=False)
OLD = 40  # an age bin of some Gyr
N_AGE = default_age_edges_gyr().size - 1


def galaxies(n, **changes):
    fraction = np.zeros((n, N_AGE))
    fraction[:, OLD] = 1.0
    values = {
        "log_mass": 10.0,
        "age_fraction": fraction,
        "log_z_star": 0.0,
        "log_z_gas": 0.0,
        "log_u": -2.5,
        "tau_birth_cloud": 0.0,
        "tau_diffuse": 0.0,
        "dust_index": 0.0,
        "lya_escape": 1.0,
    } | changes
    full = {k: v if k == "age_fraction" else np.broadcast_to(v, n) for k, v in values.items()}
    return SEDParameters(**full)


def kriek_conroy(wave_aa, delta):
    """Optical depth over that at 5500 A, eqs. 1-3 of the paper, red of 912 A."""
    um = wave_aa * 1e-4
    blue = -2.156 + 1.509 / um - 0.198 / um**2 + 0.011 / um**3
    k = np.maximum(2.659 * np.where(um < 0.63, blue, -1.857 + 1.040 / um) + 4.05, 0.0)
    product = (wave_aa * 350.0) ** 2
    bump = (0.85 - 1.9 * delta) * product / ((wave_aa**2 - 2175.0**2) ** 2 + product)
    return (k + bump) / 4.05 * (wave_aa / 5500.0) ** delta


def test_diffuse_dust_is_that_of_the_paper(sps_home):
    tau, delta = np.array([0.0, 0.7, 1.5]), np.array([0.0, -0.8, 0.3])
    seen = direct_spectra(
        galaxies(3, tau_diffuse=tau, dust_index=delta), sps_home=sps_home, switches=BARE
    )
    wave = seen.wave_aa
    here = (wave > 1000) & (wave < 20_000)
    for i in (1, 2):
        depth = -np.log(seen.continuum[i] / seen.continuum[0])[here]
        np.testing.assert_allclose(depth, tau[i] * kriek_conroy(wave[here], delta[i]), atol=0.01)


def test_birth_clouds_dim_only_the_young(sps_home):
    fraction = np.zeros((4, N_AGE))
    fraction[:2, 7], fraction[2:, 8] = 1.0, 1.0  # the last bin before 10 Myr and the first after
    seen = direct_spectra(
        galaxies(4, age_fraction=fraction, tau_birth_cloud=np.array([0.0, 1.0, 0.0, 1.0])),
        sps_home=sps_home,
        switches=BARE,
    )
    wave = seen.wave_aa
    here = (wave > 1000) & (wave < 20_000)
    depth = -np.log(seen.continuum[1] / seen.continuum[0])[here]
    np.testing.assert_allclose(depth, 5500.0 / wave[here], rtol=1e-6)
    np.testing.assert_allclose(seen.continuum[3], seen.continuum[2], rtol=1e-12)


def test_dust_gives_back_the_power_it_took(sps_home):
    p = galaxies(2, tau_diffuse=np.array([0.0, 1.0]))
    physics = BARE._replace(dust_emission=True)
    seen = direct_spectra(p, sps_home=sps_home, switches=physics)
    power = np.trapezoid(seen.continuum, seen.wave_aa, axis=1)
    assert power[1] == pytest.approx(power[0], rel=5e-3)


def test_each_bin_has_its_own_metallicity_and_a_burst_is_an_ssp(sps_home):
    """FSPS mixes metallicities linearly in log Z; a burst replaces its share of the bins."""
    fraction = np.zeros((4, N_AGE))
    fraction[:3, [30, OLD]] = 0.5
    fraction[3, OLD] = 1.0
    metals = np.zeros((4, N_AGE))
    metals[0, 30], metals[1, 30], metals[2, 30] = -0.75, -0.5, -0.625
    burst = Burst(np.array([0.0, 0.0, 0.0, 0.25]), np.array([1.0, 1.0, 1.0, 2.0]))
    p = galaxies(4, age_fraction=fraction)._replace(log_z_star=metals)
    seen = direct_spectra(p, sps_home=sps_home, switches=BARE, burst=burst)
    spectrum = seen.continuum
    assert np.abs(spectrum[0] / spectrum[1] - 1).max() > 0.01
    middle = 0.5 * (spectrum[0] + spectrum[1])
    np.testing.assert_allclose(spectrum[2], middle, rtol=1e-6)
    alone = direct_spectra(
        galaxies(2),
        sps_home=sps_home,
        switches=BARE,
        burst=Burst(np.array([0.0, 1.0]), np.array([2.0, 2.0])),
    )
    mixed = 0.75 * alone.continuum[0] + 0.25 * alone.continuum[1]
    np.testing.assert_allclose(spectrum[3], mixed, rtol=1e-9)
    assert ((seen.surviving > 0.4) & (seen.surviving < 1.0)).all()


def test_bins_that_are_not_the_lookback_bins_are_refused():
    with pytest.raises(GridError, match="80 bins, but the lookback bins given are 3"):
        direct_spectra(galaxies(1), age_edges_gyr=np.array([0.0, 0.1, 1.0, 10.0]))
