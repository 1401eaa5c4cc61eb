"""Posteriors of catalogues: prediction, the `Posterior`, its files."""

from photoz.infer.grid import default_grid
from photoz.infer.mixture import with_mixture
from photoz.infer.peers import is_peer_file, read_peer
from photoz.infer.posterior import Posterior, StackedDensity
from photoz.infer.posterior_file import posterior_writer, read_posterior, write_posterior
from photoz.infer.predict import conditional_of, predict

__all__ = [
    "Posterior",
    "StackedDensity",
    "conditional_of",
    "default_grid",
    "is_peer_file",
    "posterior_writer",
    "predict",
    "read_peer",
    "read_posterior",
    "with_mixture",
    "write_posterior",
]
