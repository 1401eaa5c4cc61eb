"""Peaks of a density against the mixture it is made of."""

import numpy as np
import pytest
from scipy import stats

from photoz.infer.peaks import posterior_peaks

Z = np.arange(0, 6.0, 0.005)


def _mixture(*parts):
    return sum(w * stats.norm(m, s).pdf(Z) for w, m, s in parts)


def test_peaks_of_a_mixture_come_in_order_of_probability():
    pdf = _mixture((0.3, 0.8, 0.02), (0.6, 2.4, 0.2), (0.1, 4.0, 0.03))
    peaks = posterior_peaks(Z, pdf)
    assert [p.z for p in peaks] == pytest.approx([2.4, 0.8, 4.0], abs=0.006)
    assert [p.probability for p in peaks] == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_ripples_and_crumbs_are_no_peaks():
    pdf = _mixture((1.0, 1.0, 0.1)) * (1 + 0.01 * np.sin(300 * Z)) + _mixture((0.004, 3.0, 0.002))
    (peak,) = posterior_peaks(Z, pdf)
    assert peak.z == pytest.approx(1.0, abs=0.03)


def test_no_more_than_asked():
    pdf = _mixture(*((0.2, m, 0.05) for m in (1, 2, 3, 4, 5)))
    assert len(posterior_peaks(Z, pdf, 2)) == 2


def test_a_density_that_falls_from_zero_peaks_there_and_a_flat_one_somewhere():
    assert posterior_peaks(Z, np.exp(-Z))[0].z == 0.0
    assert len(posterior_peaks(Z, np.ones_like(Z))) == 1
