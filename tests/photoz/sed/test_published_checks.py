"""Populations, K-corrections and dropouts agree with the published numbers, each with its source.

The numbers, their sources and what may differ stand in `benchmarks.published_checks`.
"""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.published_checks import PARTS, k_published
from benchmarks.published_galaxies import single_population, star_forming_colours
from photoz.sed.indices import d4000, d4000_n

DOCUMENT = Path(__file__).parents[3] / "docs" / "checks.md"


@pytest.fixture(scope="module", params=PARTS, ids=lambda part: part.__name__)
def checks(request):
    return request.param()


def test_published_numbers(checks):
    wrong = [
        f"{c.name}: {c.ours:.3f}, {c.source}: {c.published:.3f}" for c in checks if not c.passed
    ]
    assert not wrong


def test_the_document_has_this_run_of_numbers(checks):
    rows = [[cell.strip() for cell in row.split("|")] for row in DOCUMENT.read_text().splitlines()]
    for check in checks:
        (row,) = [r for r in rows if r[1:3] == [check.name, check.source]]
        assert float(row[3].replace(">=", "")) == pytest.approx(check.published, abs=2e-3)
        assert float(row[4]) == pytest.approx(check.ours, abs=5e-3)


def test_the_polynomial_is_the_authors():
    # the example in the authors' own code: g band, z 0.2, g-r 1.1
    assert k_published("g", 0.2, 1.1) == pytest.approx(0.5209713975999992, rel=1e-9)


@pytest.mark.parametrize("index", [d4000, d4000_n])
@pytest.mark.parametrize("metallicity", [0.2, 0.4, 1.0, 2.5])
def test_the_break_grows_with_age(index, metallicity):
    """Bruzual (1983), Balogh et al. (1999): the break is a clock, at every metallicity."""
    found = [single_population(age, metallicity) for age in (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)]
    values = [index(p.wave_aa, p.luminosity) for p in found]
    assert (np.diff(values) > 0).all()


@pytest.mark.parametrize("index", [d4000, d4000_n])
@pytest.mark.parametrize("age", [2.0, 5.0, 10.0])
def test_the_break_grows_with_metallicity(index, age):
    found = [single_population(age, z) for z in (0.2, 0.4, 1.0, 2.5)]
    values = [index(p.wave_aa, p.luminosity) for p in found]
    assert (np.diff(values) > 0).all()


def test_a_galaxy_drops_out_of_one_band_at_a_time():
    """Neither box (Hildebrandt et al. 2009) takes the galaxy far below its redshifts."""
    z, c = star_forming_colours()
    in_u = (c["u-g"] > 1.5) & (c["u-g"] > 1.5 * c["g-r"] + 0.75) & (c["g-r"] < 1.2)
    in_g = (c["g-r"] > 1.0) & (c["g-r"] > 1.5 * c["r-i"] + 0.8) & (c["r-i"] < 1.0)
    assert not in_u[z < 2.6].any()
    assert not in_g[z < 3.2].any()
    assert not in_u[z > 4.0].any()
    assert not in_g[z > 4.8].any()
    assert (np.diff(c["u-g"][(z > 2.0) & (z < 3.5)]) > 0).all()
    assert (np.diff(c["g-r"][(z > 2.5) & (z < 4.7)]) > 0).all()
