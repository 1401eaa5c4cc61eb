"""The Train tab in a browser: start, watch, cancel, come back, resume, refuse in a sentence."""

import pytest

from tests.browser.workshop import Watched

pytestmark = pytest.mark.browser


@pytest.fixture
def train(server, chromium):
    watched = Watched.open(chromium, server[1] + "?tab=train")
    watched.page.get_by_role("button", name="Start training").wait_for()
    yield watched
    assert watched.errors == []
    watched.page.close()


def start(watched, name, steps, models="MDN only"):
    page = watched.page
    page.get_by_label("Name of the model").fill(name)
    page.get_by_label("Models", exact=True).click()
    page.get_by_role("menuitem", name=models).click()
    field = page.get_by_label("Steps", exact=True)
    if not field.is_visible():
        page.get_by_text("Advanced").click()
    watched.type_number("Steps", steps)
    page.get_by_role("button", name="Start training").click()


def test_a_training_started_on_the_page_is_watched_to_its_end(train, server):
    start(train, "first", 60)
    train.page.get_by_text("Finished after").wait_for()
    steps = train.until(lambda: train.column("loss-mdn", "step"), lambda s: len(s) >= 6)
    assert steps == [10, 20, 30, 40, 50, 60]
    assert len(train.column("val_crps-mdn", "value")) == 6
    train.page.get_by_text("Model card").wait_for()
    assert (server[0] / "models" / "first" / "mdn.safetensors").is_file()


def test_a_name_that_is_taken_is_refused_in_a_sentence(train):
    start(train, "toy", 60)
    train.page.get_by_text("There is a model 'toy' already").wait_for()
    start(train, "a/b", 60)
    train.page.get_by_text("cannot be used: letters, digits").wait_for()


def test_a_training_is_cancelled_found_again_and_resumed(train, server, chromium):
    start(train, "second", 500_000)
    train.until(lambda: train.column("loss-mdn", "step"), lambda s: len(s) >= 1)
    again = Watched.open(chromium, server[1] + "?tab=train")
    again.page.get_by_text("galaxies/s").wait_for()
    again.page.get_by_role("button", name="Cancel").click()
    again.page.get_by_text("Cancelled after").wait_for()
    train.page.get_by_role("button", name="Resume").click()
    before = len(train.column("loss-mdn", "step"))
    train.until(lambda: train.column("loss-mdn", "step"), lambda s: len(s) > before)
    train.page.get_by_role("button", name="Cancel").click()
    train.page.get_by_text("Cancelled after").wait_for()
    steps = train.column("loss-mdn", "step")
    assert steps == sorted(set(steps))
    assert again.errors == []
    again.page.close()
