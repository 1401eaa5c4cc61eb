"""What a training run may be told, and the sentence for everything else."""

import pytest

from photoz.errors import InputError
from photoz.train import PRESETS, TrainConfig, config_from_dict, preset_config

FILES = {"simulation": "s.parquet", "noise": "n.json"}


def test_a_preset_gives_the_length_and_changes_win():
    config = preset_config("quick", "s", "n", width=32)
    assert (config.steps, config.width) == (PRESETS["quick"]["steps"], 32)
    assert config.preset == "quick"


def test_a_configuration_survives_json():
    import json

    config = config_from_dict(FILES | {"preset": "best", "models": ["flow"], "patience": 5})
    assert config_from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert config.models == ("flow",)


def test_short_runs_average_over_fewer_steps():
    assert TrainConfig(**FILES, steps=1000).decay == 0.995
    assert TrainConfig(**FILES, steps=20_000).decay == 0.999
    assert TrainConfig(**FILES, ema_decay=0.9).decay == 0.9


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"steps": 0}, "steps = 0: expected a whole number from 1"),
        ({"steps": "60"}, "steps = '60'"),
        ({"steps": True}, "steps = True"),
        ({"width": 12.5}, "width = 12.5"),
        ({"batch": -1}, "batch = -1"),
        ({"seed": -1}, "seed = -1: expected a whole number from 0 to 4294967295"),
        ({"seed": 2**32}, "seed = 4294967296"),
        ({"patience": 0}, "patience = 0"),
        ({"mask_share": 1.5}, r"mask_share = 1.5: expected a number of 0 to 1"),
        ({"mask_rate": "x"}, "mask_rate = 'x'"),
        ({"learning_rate": 0.0}, "learning_rate = 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate = nan"),
        ({"clip_norm": -1.0}, "clip_norm = -1.0"),
        ({"weight_decay": -1e-4}, "weight_decay = -0.0001: expected a number of 0 or more"),
        ({"ema_decay": 1.0}, "ema_decay = 1.0"),
        ({"members": 0}, "members = 0: expected a whole number from 1 to 20"),
        ({"members": 2.0}, "members = 2.0"),
        ({"members": 2, "models": ["mdn", "joint"]}, "members = 2: a joint model has no ensemble"),
        ({"models": []}, "expected one or more of mdn, flow"),
        ({"models": ["mdn", "gan"]}, "gan"),
        ({"models": ["mdn", "mdn"]}, "each once"),
        ({"prior": "flat"}, "prior = 'flat': expected one of proposal, target"),
        ({"preset": "huge"}, "no preset 'huge'. Presets: quick, standard, best"),
        ({"evaluate_every": 75}, "evaluate_every = 75 is not a multiple"),
        ({"stesp": 10}, "unknown entries: stesp"),
    ],
)
def test_what_cannot_be_used_is_named(entry, said):
    with pytest.raises(InputError, match=said):
        config_from_dict(FILES | entry)


def test_missing_files_are_named():
    with pytest.raises(InputError, match="lacks noise and simulation"):
        config_from_dict({})


def test_every_seed_in_range_makes_a_network():
    import jax

    assert jax.random.key(2**32 - 1).shape == ()
