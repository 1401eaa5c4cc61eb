"""Noise files keep every number, and damaged ones are refused in a sentence."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from photoz.errors import InputError
from photoz.noise import load_noise, save_noise
from tests.photoz.noise.making import CORRELATION, known_model


@pytest.fixture
def model():
    patterns = np.array([[False, False, False], [True, False, True]])
    return known_model(
        patterns=patterns,
        pattern_share=np.array([0.9, 0.1]),
        censor_snr=1.5,
        limit_n_sigma=2.0,
        template_amplitude=0.4,
        provenance={"kind": "noise", "n": 3},
    )


@pytest.mark.parametrize("censor_snr", [None, 0.0, 1.5])
def test_round_trip(tmp_path, model, censor_snr):
    model = replace(model, censor_snr=censor_snr)
    save_noise(model, tmp_path / "noise.json")
    read = load_noise(tmp_path / "noise.json")
    for item in fields(model):
        before, after = getattr(model, item.name), getattr(read, item.name)
        if isinstance(before, np.ndarray):
            np.testing.assert_allclose(after, before, rtol=1e-12, err_msg=item.name)
        else:
            assert after == before, item.name


def test_a_person_can_read_and_edit_it(tmp_path, model):
    path = tmp_path / "noise.json"
    save_noise(model, path)
    record = json.loads(path.read_text())
    assert record["bands"][1]["name"] == "hsc_r"
    assert record["observed_patterns"] == {"111": 0.9, "010": 0.1}
    record["bands"][1]["floor"] = 0.05
    path.write_text(json.dumps(record))
    assert load_noise(path).floor.tolist() == [0.0, 0.05, 0.0]


def edit(*keys, value=None):
    """Return a change of one entry of the record; without a value it is removed."""

    def change(record):
        for key in keys[:-1]:
            record = record[key]
        if value is None:
            del record[keys[-1]]
        else:
            record[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (edit("version", value=99), "not a photoz noise file of version 1 .*version 99"),
        (edit("format"), "not a photoz noise file"),
        (edit("bands", 1, "sigma0_ujy"), "no entry 'sigma0_ujy'.*photoz noise fit"),
        (edit("bands", 1, "sigma0_ujy", value=-1.0), "sigma0_ujy of band hsc_r must be above 0"),
        (edit("bands", 1, "floor", value=-1.0), "floor of band hsc_r must not be negative"),
        (edit("bands", 1, "floor", value="x"), "an entry that is not as expected"),
        (edit("correlation", value=[[1.0]]), r"correlation must be \(3, 3\) finite numbers"),
        (edit("student_nu", value=2.0), "student_nu is 2.0; it must be above 2"),
        (edit("observed_patterns", value={"11": 1.0}), r"patterns must be \(1, 3\)"),
    ],
)
def test_damaged_files(tmp_path, model, change, sentence):
    path = tmp_path / "noise.json"
    save_noise(model, path)
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match=sentence):
        load_noise(path)


def test_no_file_no_json(tmp_path):
    with pytest.raises(InputError, match=r"does not exist.*photoz noise fit"):
        load_noise(tmp_path / "none.json")
    for content in (b"", b"{", b"\xff\xfe", b"[1, 2]"):
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(InputError, match="not a"):
            load_noise(tmp_path / "bad.json")


def test_fewer_bands(model):
    chosen = model.with_bands(("hsc_i", "hsc_g"))
    assert chosen.sigma0_ujy.tolist() == [0.05, 0.02]
    assert chosen.correlation[0, 1] == CORRELATION[2, 0]
    assert chosen.patterns.tolist() == [[False, False]]
    with pytest.raises(InputError, match="no band vista_J"):
        model.with_bands(("vista_J",))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"student_nu": float("nan")}, "student_nu is nan; expected a finite number"),
        ({"template_amplitude": -0.1}, "template_amplitude is -0.1; .*0 or more"),
        ({"depth_jitter": "wide"}, "depth_jitter is 'wide'"),
        ({"censor_snr": float("inf")}, "censor_snr is inf"),
        ({"pattern_share": np.array([0.0, 0.0])}, "pattern_share must be 0 or more, and above 0"),
        ({"pattern_share": np.array([1.2, -0.2])}, "pattern_share must be 0 or more"),
        ({"correlation": np.ones((3, 3))}, "correlation is not that of any scatter"),
        ({"correlation": np.triu(np.ones((3, 3)))}, "correlation is not that of any scatter"),
        ({"scatter": np.array([0.1, np.nan, 0.1])}, "scatter must be .* finite"),
    ],
)
def test_numbers_that_are_no_noise_are_named(model, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        replace(model, **changes)
