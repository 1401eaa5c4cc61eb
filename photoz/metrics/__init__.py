"""How good posteriors are: scores, PIT and coverage, in bins, in pairs, locally; baselines."""

from photoz.metrics.attributes import attribute
from photoz.metrics.baselines import gaussian, trainz
from photoz.metrics.bins import evaluate_bins
from photoz.metrics.bootstrap import bootstrap_errors, paired_difference
from photoz.metrics.evaluate import GalaxyScores, evaluate, galaxy_scores, summarise
from photoz.metrics.local import LocalCoverage, local_coverage
from photoz.metrics.pairs import pairs
from photoz.metrics.pit import (
    EcdfBand,
    PitTest,
    anderson_darling,
    cramer_von_mises,
    ecdf_band,
    kolmogorov_smirnov,
    ks_distance,
)
from photoz.metrics.points import bias, normalised_dz, outlier_fraction, sigma_nmad
from photoz.metrics.reliability import Reliability, reliability
from photoz.metrics.scores import cde_losses, central_coverage, crps, hpd_levels, log_scores

__all__ = [
    "EcdfBand",
    "GalaxyScores",
    "LocalCoverage",
    "PitTest",
    "Reliability",
    "anderson_darling",
    "attribute",
    "bias",
    "bootstrap_errors",
    "cde_losses",
    "central_coverage",
    "cramer_von_mises",
    "crps",
    "ecdf_band",
    "evaluate",
    "evaluate_bins",
    "galaxy_scores",
    "gaussian",
    "hpd_levels",
    "kolmogorov_smirnov",
    "ks_distance",
    "local_coverage",
    "log_scores",
    "normalised_dz",
    "outlier_fraction",
    "paired_difference",
    "pairs",
    "reliability",
    "sigma_nmad",
    "summarise",
    "trainz",
]
