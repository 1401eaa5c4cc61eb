"""The command line itself: quick help, near misses, sentences and exit codes."""

import subprocess
import sys

import pytest

from photoz.cli.group import COMMANDS

HEAVY = ("jax", "panel", "astropy", "pandas", "pyarrow", "numpy")


def _photoz(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "photoz", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_help_lists_every_command_and_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from photoz.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.rstrip().endswith("[]")
    assert all(name in done.stdout for name in COMMANDS)


def test_a_mistyped_command_names_the_near_one():
    done = _photoz("simulte")
    assert done.returncode == 2
    assert "Did you mean simulate?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(name):
    from click.testing import CliRunner

    from photoz.cli.group import cli

    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output) > 80


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("simulate", "cosmos2021", "--n", "5", "--out", "x.parquet"), "cosmos2020, sdss-2mass"),
        (("simulate", "cosmos2020", "--n", "0", "--out", "x.parquet"), "n must be at least 1"),
        (("simulate", "cosmos2020", "--n", "5", "--out", "/no/such/x.parquet"), "does not exist"),
        (("survey", "check", "nowhere.toml"), "Shipped: cosmos2020"),
        (("ssp", "build", "--source", "basti", "--out", "x.npz"), "known: bc03"),
        (("simulate", "cosmos2020"), "--n"),
    ],
)
def test_user_mistakes_are_one_sentence_and_exit_two(arguments, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = _photoz(*arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_with_a_typo_names_the_word(tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text('survey = "cosmos2020"\nz_max = 6.0\nselectoin = {}\n')
    done = _photoz("simulate", str(recipe), "--n", "5", "--out", str(tmp_path / "x.parquet"))
    assert done.returncode == 2
    assert "did you mean 'selection'" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]
