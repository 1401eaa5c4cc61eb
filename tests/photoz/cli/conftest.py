"""Commands run in this process, with their exit code and what they print."""

import json
from types import SimpleNamespace

import pytest

from tests.photoz.train.toy import trained_models


@pytest.fixture
def photoz(capsys, monkeypatch, tmp_path):
    """`photoz(*arguments)` with a workspace of the test's own: code, out, err, json."""
    from photoz.cli import main

    monkeypatch.setenv("PHOTOZ_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        last = out.strip().splitlines()[-1] if "--json" in arguments and out.strip() else "null"
        return SimpleNamespace(code=stop.value.code, out=out, err=err, json=json.loads(last))

    return call


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    return trained_models(tmp_path_factory)
