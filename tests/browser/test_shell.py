"""The frame of the page: addresses, tabs, keys, empty states, and how it is served."""

import sys

import pytest

from photoz.workspace import make_workspace
from tests.browser.server import start_server, stop
from tests.browser.workshop import Watched

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bare(tmp_path_factory, chromium):
    """`panel serve` of the script from another folder, on a workspace that holds nothing."""
    from pathlib import Path

    folder = tmp_path_factory.mktemp("elsewhere")
    root = make_workspace(folder / "workspace")
    script = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
    command = [sys.executable, "-m", "panel", "serve", str(script), "--port", "0"]
    process, address = start_server(command, {"PHOTOZ_WORKSPACE": str(root)}, folder)
    yield address
    stop(process)


def test_the_printed_address_is_of_this_machine_only(ready):
    assert ready[1].startswith("http://127.0.0.1:")
    assert ready[1].endswith("/")


def test_a_click_on_the_rail_changes_tab_heading_and_address(visit):
    page = visit().page
    page.get_by_role("heading", level=1, name="Simulate").wait_for()
    page.get_by_text("Compare", exact=True).first.click()
    page.get_by_role("heading", level=1, name="Compare").wait_for()
    page.wait_for_url("**tab=compare**")
    assert "catalogue=mock" in page.url


def test_the_address_opens_the_same_view(visit):
    page = visit("?tab=galaxies&catalogue=patchy&calibration=offsets&galaxy=8").page
    page.get_by_text("Galaxy 8, spectroscopic z").wait_for()
    assert page.get_by_role("combobox", name="Catalogue Open catalogue").inner_text() == "patchy"
    assert page.get_by_role("combobox", name="Calibration Offsets").inner_text() == "offsets"


def test_an_address_that_asks_for_what_is_not_there_is_answered_in_sentences(visit):
    page = visit("?tab=99&model=nobody&galaxy=abc").page
    page.get_by_text("The address asks for tab '99', which is not here").wait_for()
    page.get_by_text("asks for model 'nobody'").wait_for()
    page.get_by_text("Galaxies", exact=True).first.click()
    page.get_by_text("has no galaxy 'abc'; showing 0 instead").wait_for()
    page.get_by_text("Galaxy 0, spectroscopic z").wait_for()


def test_the_question_mark_opens_the_help_and_not_while_typing(visit):
    page = visit("?tab=galaxies").page
    field = page.get_by_label("Find a galaxy by id")
    field.wait_for()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    page.keyboard.type("?1")
    assert field.input_value() == "?1"
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    page.get_by_text("previous galaxy", exact=True).wait_for()


def test_panel_serve_works_from_another_folder_and_an_empty_workspace_says_what_next(
    bare, chromium
):
    watched = Watched.open(chromium, bare + "?tab=galaxies")
    page = watched.page
    page.get_by_text("There is no trained model yet").wait_for()
    page.get_by_text("Compare", exact=True).first.click()
    page.get_by_text("Nothing to compare yet").wait_for()
    page.get_by_text("Simulate", exact=True).first.click()
    page.locator("canvas").first.wait_for()
    assert watched.errors == []
    page.close()


def test_a_taken_port_is_refused_in_a_sentence(ready):
    import subprocess

    port = ready[1].rstrip("/").rsplit(":", 1)[1]
    command = [sys.executable, "-m", "photoz", "app", "--no-browser", "--port", port]
    done = subprocess.run(
        [*command, "--workspace", str(ready[0])],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"Port {port} of 127.0.0.1 cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
