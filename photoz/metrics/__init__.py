"""How good posteriors are: PIT, CRPS, log score, CDE loss, coverage, point metrics, baselines."""

from photoz.metrics.baselines import gaussian, trainz
from photoz.metrics.bootstrap import bootstrap_errors, paired_difference
from photoz.metrics.evaluate import GalaxyScores, evaluate, galaxy_scores, summarise
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
from photoz.metrics.scores import cde_losses, central_coverage, crps, hpd_levels, log_scores

__all__ = [
    "EcdfBand",
    "GalaxyScores",
    "PitTest",
    "anderson_darling",
    "bias",
    "bootstrap_errors",
    "cde_losses",
    "central_coverage",
    "cramer_von_mises",
    "crps",
    "ecdf_band",
    "evaluate",
    "galaxy_scores",
    "gaussian",
    "hpd_levels",
    "kolmogorov_smirnov",
    "ks_distance",
    "log_scores",
    "normalised_dz",
    "outlier_fraction",
    "paired_difference",
    "sigma_nmad",
    "summarise",
    "trainz",
]
