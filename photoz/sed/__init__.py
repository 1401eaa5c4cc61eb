"""Spectral synthesis: SSP grids, histories, dust, nebulae, nuclei, IGM, bands."""

from photoz.sed.agn import AGN
from photoz.sed.engine import Engine, Spectrum
from photoz.sed.fit import BestSED, fit_sed
from photoz.sed.grid import SSPGrid, load_grid
from photoz.sed.population import SEDParameters, Switches
from photoz.sed.survey import Survey, load_survey

__all__ = [
    "AGN",
    "BestSED",
    "Engine",
    "SEDParameters",
    "SSPGrid",
    "Spectrum",
    "Survey",
    "Switches",
    "fit_sed",
    "load_grid",
    "load_survey",
]
