"""Conditional density estimators of p(z | photometry), and their files."""

from photoz.models.estimator import Estimator
from photoz.models.files import TrainedModel, load_model, load_models, save_model
from photoz.models.flow import Flow
from photoz.models.mdn import MDN
from photoz.models.mixture import MDNParams, TruncatedMixture
from photoz.models.pool import MDN_WEIGHT, LinearPool, PoolParams, PoolWeight
from photoz.models.shipped import find_models
from photoz.models.spline_density import FlowParams, SplineDensity

__all__ = [
    "MDN",
    "MDN_WEIGHT",
    "Estimator",
    "Flow",
    "FlowParams",
    "LinearPool",
    "MDNParams",
    "PoolParams",
    "PoolWeight",
    "SplineDensity",
    "TrainedModel",
    "TruncatedMixture",
    "find_models",
    "load_model",
    "load_models",
    "save_model",
]
