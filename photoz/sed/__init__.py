"""Spectral synthesis: SSP grids, histories, dust, nebulae, IGM, bands."""

from photoz.sed.engine import Engine, Spectrum
from photoz.sed.grid import SSPGrid, load_grid
from photoz.sed.population import SEDParameters, Switches
from photoz.sed.survey import Survey, load_survey

__all__ = [
    "Engine",
    "SEDParameters",
    "SSPGrid",
    "Spectrum",
    "Survey",
    "Switches",
    "load_grid",
    "load_survey",
]
