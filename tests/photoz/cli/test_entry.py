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
        (
            ("simulate", "cosmos2021", "--n", "5", "--out", "x.parquet"),
            "cosmos2020, hdfn, provabgs, provabgs-2023, sdss-2mass, vvds-megacam",
        ),
        (("simulate", "cosmos2020", "--n", "0", "--out", "x.parquet"), "n = 0: expected 1 galaxy"),
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


def test_a_fault_of_ours_is_one_sentence_with_its_traceback_in_a_file(
    monkeypatch, capsys, tmp_path
):
    from photoz import doctor
    from photoz.cli import main

    def broken():
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(doctor, "examine", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert "a fault of photoz, not yours: ZeroDivisionError: by zero" in said
    assert "Traceback" not in said
    (report,) = tmp_path.iterdir()
    assert str(report) in said
    assert "in broken" in report.read_text()


@pytest.mark.parametrize(
    "argv",
    [
        ("simulate", "sdss-2mass", "--n", "5", "--out", "{}"),
        ("ssp", "build", "--out", "{}"),
        ("noise", "fit", "none.parquet", "--out", "{}"),
        ("noise", "apply", "none.parquet", "--noise", "cosmos2020", "--out", "{}"),
        ("predict", "sdss-2mass", "none.parquet", "--out", "{}"),
        ("calibrate", "sdss-2mass", "none.parquet", "--out", "{}"),
        ("import", "none.csv", "--out", "{}"),
    ],
)
@pytest.mark.parametrize(
    ("target", "sentence"),
    [("folder.parquet", "it is a folder"), ("file/out.parquet", "is a file, not a folder")],
)
def test_targets_that_cannot_be_written_are_refused_first(capsys, tmp_path, argv, target, sentence):
    from photoz.cli import main

    (tmp_path / "folder.parquet").mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as ended:
        main([part.format(tmp_path / target) for part in argv])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
