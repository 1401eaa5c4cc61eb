"""A real Chromium on a real server; skips in a sentence where there is none."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 90


def find_chromium() -> str | None:
    """Path of an installed Chromium or Chrome."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def start_server(command: list[str], environment: dict[str, str], folder: Path):
    """Start a server; return its process and its address, read from what it prints."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = []
    for line in process.stdout:
        printed.append(line)
        if match := re.search(r"http://(?:127\.0\.0\.1|localhost):\d+/\S*", line):
            return process, match.group(0)
    raise AssertionError(f"The server ended before it gave an address:\n{''.join(printed)}")


@pytest.fixture(scope="session")
def chromium():
    """A Chromium, or a skip; a failure where REQUIRE_BROWSER=1."""
    path = find_chromium()
    if path is None:
        message = f"No Chromium is installed (looked for {', '.join(NAMES)})."
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"{message} REQUIRE_BROWSER=1 asks for one.")
        pytest.skip(f"{message} The browser tests are left out.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
