"""AB magnitudes against astropy."""

import numpy as np
from astropy import units

from photoz.magnitudes import ab_magnitude, flux_of_ab


def test_magnitudes_are_astropys():
    flux = np.array([[1e-3, 1.0], [3.7, 1e5]])
    np.testing.assert_allclose(
        ab_magnitude(flux), (flux * units.uJy).to_value(units.ABmag), atol=1e-4
    )


def test_nothing_above_zero_has_no_magnitude():
    assert np.isnan(ab_magnitude(np.array([0.0, -1.0, np.nan]))).all()


def test_there_and_back():
    mag = np.array([15.0, 22.5, 27.3])
    np.testing.assert_allclose(ab_magnitude(flux_of_ab(mag)), mag, rtol=1e-12)
