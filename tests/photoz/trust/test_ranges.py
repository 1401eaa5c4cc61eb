"""The trained range: what is outside it, and why."""

import numpy as np

from photoz.infer.photometry import Photometry
from photoz.states import LIMIT, MEASURED, MISSING
from photoz.trust.ranges import outside, trained_range

FLUX = np.array([[1.0, 2.0], [5.0, -1.0], [2.0, np.nan]], np.float32)
ERR = np.array([[0.1, 0.2], [0.3, 0.1], [0.2, np.nan]], np.float32)
LIMIT_UJY = np.array([[np.nan, np.nan], [np.nan, np.nan], [np.nan, 0.6]], np.float32)
STATE = np.array([[MEASURED, MEASURED], [MEASURED, MEASURED], [MEASURED, LIMIT]])
TRAINED = trained_range(FLUX, ERR, LIMIT_UJY, STATE, n_band_low=2)


def check(flux, err, limit, state):
    row = Photometry(*(np.array([a], np.float32) for a in (flux, err, limit)), np.array([state]))
    bands, few = outside(TRAINED, *row)
    return np.asarray(bands)[0].tolist(), bool(few[0])


def test_what_training_drew_is_inside():
    bands, few = outside(TRAINED, FLUX, ERR, LIMIT_UJY, STATE)
    assert not np.any(bands)
    assert not np.any(few)


def test_errors_and_fluxes_beyond_the_drawn_ones_are_outside():
    nan, both = np.nan, [MEASURED, MEASURED]
    assert check([2.0, 1.0], [0.2, 0.15], [nan, nan], both) == ([False, False], False)
    assert check([2.0, 1.0], [0.02, 0.15], [nan, nan], both) == ([True, False], False)
    assert check([2.0, 1.0], [0.2, 0.9], [nan, nan], both) == ([False, True], False)
    assert check([9.0, 1.0], [0.2, 0.15], [nan, nan], both) == ([True, False], False)
    assert check([2.0, -4.0], [0.2, 0.15], [nan, nan], both) == ([False, True], False)


def test_a_limit_where_training_had_none_is_outside():
    nan = np.nan
    assert check([2.0, nan], [0.2, nan], [nan, 0.6], [MEASURED, LIMIT]) == ([False, False], False)
    assert check([2.0, nan], [0.2, nan], [nan, 9.0], [MEASURED, LIMIT]) == ([False, True], False)
    assert check([nan, 1.0], [nan, 0.15], [0.6, nan], [LIMIT, MEASURED]) == ([True, False], False)


def test_fewer_bands_than_training_left_are_outside():
    nan = np.nan
    assert check([2.0, nan], [0.2, nan], [nan, nan], [MEASURED, MISSING]) == ([False, False], True)
