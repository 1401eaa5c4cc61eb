"""Photometry to network input, in one place: used by training, inference and calibration."""

from photoz.features.spec import FeatureSpec, fit_features
from photoz.features.transform import features

__all__ = ["FeatureSpec", "features", "fit_features"]
