"""Posteriors of catalogues: prediction, the `Posterior`, its files."""

from photoz.infer.grid import default_grid
from photoz.infer.joint import predict_joint
from photoz.infer.mixture import with_mixture
from photoz.infer.nz import RedshiftDistribution, redshift_distribution, write_distribution
from photoz.infer.peers import is_peer_file, read_peer
from photoz.infer.posterior import Posterior, StackedDensity
from photoz.infer.posterior_file import posterior_writer, read_posterior, write_posterior
from photoz.infer.predict import conditional_of, predict
from photoz.infer.prior_source import read_prior
from photoz.infer.redshift_prior import RedshiftPrior
from photoz.infer.reprior import prior_of, under_prior

__all__ = [
    "Posterior",
    "RedshiftDistribution",
    "RedshiftPrior",
    "StackedDensity",
    "conditional_of",
    "default_grid",
    "is_peer_file",
    "posterior_writer",
    "predict",
    "predict_joint",
    "prior_of",
    "read_peer",
    "read_posterior",
    "read_prior",
    "redshift_distribution",
    "under_prior",
    "with_mixture",
    "write_distribution",
    "write_posterior",
]
