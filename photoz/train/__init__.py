"""Train the estimators on simulated galaxies with fresh noise in every batch."""

from photoz.train.config import PRESETS, TrainConfig, config_from_dict, preset_config

__all__ = ["PRESETS", "TrainConfig", "config_from_dict", "preset_config"]
