"""Colours: seen on both papers, and apart for eyes without red or green cones."""

import itertools

import numpy as np
import pytest

from dashboard.theme import COLOURS, GUIDE, NAMES, PAPER
from photoz.infer.densities import PARAMS

# of full severity, on linear RGB (Machado, Oliveira & Fernandes 2009)
EYES = {
    "common": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # of linear sRGB


def linear(colour):
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    low, high = sorted(TO_XYZ[1] @ linear(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour, eye):
    x = TO_XYZ @ np.clip(EYES[eye] @ linear(colour), 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other):
    """Smallest CIE76 difference of two colours over the kinds of eyes."""
    return min(np.linalg.norm(lab(one, eye) - lab(other, eye)) for eye in EYES)


@pytest.mark.parametrize("name", COLOURS)
def test_every_colour_stands_out_on_both_papers(name):
    for paper in PAPER.values():
        assert contrast(COLOURS[name], paper) >= 3.0


def test_all_colours_are_apart_and_the_estimators_far_apart():
    for one, other in itertools.combinations(COLOURS.values(), 2):
        assert distance(one, other) > 15
    drawn_together = [COLOURS[name] for name in (*PARAMS, "truth")]
    for one, other in itertools.combinations(drawn_together, 2):
        assert distance(one, other) > 25
    assert all(distance(COLOURS[name], GUIDE) > 20 for name in PARAMS)


def test_every_estimator_has_a_colour_and_a_name():
    assert set(PARAMS) <= set(COLOURS)
    assert set(PARAMS) <= set(NAMES)
