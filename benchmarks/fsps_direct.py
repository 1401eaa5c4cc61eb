"""Galaxies per second straight from FSPS, for the synthesis benchmark."""

import os
import time

from photoz.sed.cosmology import Cosmology
from photoz.sed.fsps_check import draw_galaxies
from photoz.sed.fsps_direct import direct_photometry
from photoz.sed.grid import load_grid
from photoz.sed.survey import Survey, load_survey

N_FEW, N_MANY = 8, 40


def fsps_galaxies_per_s(survey: Survey | None = None) -> float | None:
    """Rate of direct mode, every physics on; None without SPS_HOME.

    Starting FSPS and reading its SSPs is left out: the rate is that of the galaxies by which one
    run is longer than another.

    Args:
        survey: the bands; default COSMOS2020.

    Raises:
        GridError: SPS_HOME is set but cannot be used.
    """
    if not os.environ.get("SPS_HOME"):
        return None
    bands = survey or load_survey("cosmos2020")
    few, many = (_seconds(n, bands) for n in (N_FEW, N_MANY))
    return (N_MANY - N_FEW) / (many - few)


def _seconds(n: int, survey: Survey) -> float:
    drawn = draw_galaxies(n, 5, load_grid(), Cosmology())
    started = time.perf_counter()
    direct_photometry(drawn.smooth, drawn.z, survey, burst=drawn.burst)
    return time.perf_counter() - started
