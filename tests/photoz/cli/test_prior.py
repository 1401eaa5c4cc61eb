"""`photoz prior`: the table, the JSON and the page of pictures."""

import json

from click.testing import CliRunner

from photoz.cli.group import COMMANDS


def _run(*arguments):
    from photoz.cli.prior import command

    return CliRunner().invoke(command, list(arguments))


def test_prior_prints_what_a_recipe_draws_and_writes_its_pictures(tmp_path):
    page = tmp_path / "prior.html"
    result = _run("sdss-2mass", "--n", "1000", "--plot", str(page), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output.splitlines()[-1])
    assert found["n"] >= 1000
    assert found["quantities"]["z"]["p16"] < found["quantities"]["z"]["p84"]
    text = page.read_text()
    assert "log sSFR (1/yr)" in text
    assert "https://" not in text.split("<script", 1)[0]
    assert "prior" in COMMANDS


def test_a_recipe_that_is_not_there_leaves_no_page(tmp_path):
    page = tmp_path / "prior.html"
    result = _run("nothing", "--plot", str(page))
    assert result.exit_code != 0
    assert "no shipped recipes entry" in str(result.exception)
    assert not page.exists()
