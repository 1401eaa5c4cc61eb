"""Flux and error offsets between a survey and its simulation, fitted through trained models."""

from photoz.calibrate.calibration import (
    Calibration,
    CalibrationArrays,
    apply,
    identity,
    load_calibration,
    save_calibration,
)
from photoz.calibrate.fit import fit_calibration, prepare
from photoz.calibrate.folds import HeldOut, assign_folds, kfold_calibration
from photoz.calibrate.plan import Plan, Stage, load_plan, plan_from_dict
from photoz.calibrate.result import CalibrationResult, FittedParameter

__all__ = [
    "Calibration",
    "CalibrationArrays",
    "CalibrationResult",
    "FittedParameter",
    "HeldOut",
    "Plan",
    "Stage",
    "apply",
    "assign_folds",
    "fit_calibration",
    "identity",
    "kfold_calibration",
    "load_calibration",
    "load_plan",
    "plan_from_dict",
    "prepare",
    "save_calibration",
]
