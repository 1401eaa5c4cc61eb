"""Survey noise: fitted, kept in a file, and drawn onto true fluxes."""

from photoz.noise.apply import mock_catalogue
from photoz.noise.depths import depths_noise
from photoz.noise.draw import draw_noise, noise_scale
from photoz.noise.files import find_noise, load_noise, save_noise
from photoz.noise.fit import fit_noise
from photoz.noise.model import NoiseArrays, NoiseModel
from photoz.noise.template import template_error

__all__ = [
    "NoiseArrays",
    "NoiseModel",
    "depths_noise",
    "draw_noise",
    "find_noise",
    "fit_noise",
    "load_noise",
    "mock_catalogue",
    "noise_scale",
    "save_noise",
    "template_error",
]
