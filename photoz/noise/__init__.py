"""Survey noise: fitted, kept in a file, drawn onto true fluxes, and compared with the survey.

What the page's noise view shows, in three lines:

    model, real = fit_noise(catalogue), catalogue
    curves = error_curves(model, "hsc_i", flux_ujy)   # 16, 50, 84 % of the quoted error
    found = check_noise(model, real)                  # distance, c2st, worst, bands, colours

and with a simulation, `compare_catalogues(mock_catalogue(...), real)` in place of the last.
"""

from photoz.noise.apply import mock_catalogue
from photoz.noise.compare import check_noise, compare_catalogues
from photoz.noise.depths import depths_noise
from photoz.noise.donors import error_donors
from photoz.noise.draw import draw_noise, noise_scale
from photoz.noise.files import find_noise, load_noise, save_noise
from photoz.noise.fit import fit_noise
from photoz.noise.model import NoiseArrays, NoiseModel, error_curves
from photoz.noise.tails import fit_tails
from photoz.noise.template import template_error

__all__ = [
    "NoiseArrays",
    "NoiseModel",
    "check_noise",
    "compare_catalogues",
    "depths_noise",
    "draw_noise",
    "error_curves",
    "error_donors",
    "find_noise",
    "fit_noise",
    "fit_tails",
    "load_noise",
    "mock_catalogue",
    "noise_scale",
    "save_noise",
    "template_error",
]
