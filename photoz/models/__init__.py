"""Conditional density estimators of p(z | photometry), and their files."""

from photoz.models.estimator import Estimator
from photoz.models.files import TrainedModel, load_model, load_models, save_model
from photoz.models.flow import Flow, FlowParams
from photoz.models.mdn import MDN, MDNParams

__all__ = [
    "MDN",
    "Estimator",
    "Flow",
    "FlowParams",
    "MDNParams",
    "TrainedModel",
    "load_model",
    "load_models",
    "save_model",
]
