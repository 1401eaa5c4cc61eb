"""Flux and error offsets between a survey and its simulation, fitted through trained models."""

from photoz.calibrate.calibration import (
    Calibration,
    CalibrationArrays,
    apply,
    identity,
    load_calibration,
    save_calibration,
)

__all__ = [
    "Calibration",
    "CalibrationArrays",
    "apply",
    "identity",
    "load_calibration",
    "save_calibration",
]
