"""Conditional density estimators of p(z | photometry), and their files."""

from photoz.models.ensemble import FlowEnsemble, MDNEnsemble, ensemble_of, member_of
from photoz.models.estimator import Estimator
from photoz.models.files import (
    REDSHIFT_KINDS,
    TrainedModel,
    load_joint,
    load_members,
    load_model,
    load_models,
    save_model,
)
from photoz.models.flow import Flow
from photoz.models.gaussians import JointParams
from photoz.models.joint import Joint
from photoz.models.joint_density import JointDensity
from photoz.models.mdn import MDN
from photoz.models.members import member_files, member_name
from photoz.models.mixture import MDNParams, TruncatedMixture
from photoz.models.pool import MDN_WEIGHT, LinearPool, PoolParams, PoolWeight
from photoz.models.shipped import find_models
from photoz.models.spline_density import FlowParams, SplineDensity

__all__ = [
    "MDN",
    "MDN_WEIGHT",
    "REDSHIFT_KINDS",
    "Estimator",
    "Flow",
    "FlowEnsemble",
    "FlowParams",
    "Joint",
    "JointDensity",
    "JointParams",
    "LinearPool",
    "MDNEnsemble",
    "MDNParams",
    "PoolParams",
    "PoolWeight",
    "SplineDensity",
    "TrainedModel",
    "TruncatedMixture",
    "ensemble_of",
    "find_models",
    "load_joint",
    "load_members",
    "load_model",
    "load_models",
    "member_files",
    "member_name",
    "member_of",
    "save_model",
]
