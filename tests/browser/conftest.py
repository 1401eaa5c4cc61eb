"""A real Chromium on a real server; skips in a sentence where there is none."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from photoz.doctor import CHROMIUM_NAMES, find_chromium
from tests.browser.server import end, serve, stop
from tests.browser.workshop import Watched, make_workshop

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WARM_MS = 240_000  # the first inference compiles, on a machine that may be busy


@pytest.fixture(scope="session")
def chromium():
    """A Chromium, or a skip; a failure where REQUIRE_BROWSER=1."""
    path = find_chromium()
    if path is None:
        message = f"No Chromium is installed (looked for {', '.join(CHROMIUM_NAMES)})."
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"{message} REQUIRE_BROWSER=1 asks for one.")
        pytest.skip(f"{message} The browser tests are left out.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def ready(tmp_path_factory, chromium):
    """A served workspace with models, catalogues and a calibration: its folder and address."""
    root = add_variants(make_workshop(tmp_path_factory.mktemp("ready") / "workspace"))
    process, address = serve(root)
    page = chromium.new_page()
    page.goto(address + "?tab=galaxies", timeout=WARM_MS)
    page.get_by_text("Galaxy 0, spectroscopic z").wait_for(timeout=WARM_MS)
    page.close()
    yield root, address
    stop(process)


@pytest.fixture(scope="module")
def server(tmp_path_factory, chromium):
    """A served small workspace of the module's own, for tests that start jobs: folder, address."""
    root = make_workshop(tmp_path_factory.mktemp("server") / "workspace")
    process, address = serve(root)
    yield root, address
    end(process, root)


def add_variants(root: Path) -> Path:
    """Add a catalogue without redshifts, one with missing bands and limits, and offsets."""
    from dataclasses import replace

    import numpy as np

    from photoz.calibrate import identity, save_calibration
    from photoz.catalogue import read_catalogue, write_catalogue

    mock = read_catalogue(root / "catalogues" / "mock.parquet")
    write_catalogue(replace(mock, z_spec=None), root / "catalogues" / "no-redshifts.parquet")
    flux, err, limit = (a.copy() for a in (mock.flux_ujy, mock.err_ujy, mock.uplim_ujy))
    flux[:, 0] = err[:, 0] = np.nan  # never observed
    flux[:, 1] = err[:, 1] = np.nan
    limit[:, 1] = 2.5
    flux[:, 2] = -0.1  # measured, and nothing seen
    patchy = replace(mock, flux_ujy=flux, err_ujy=err, uplim_ujy=limit)
    write_catalogue(patchy, root / "catalogues" / "patchy.parquet")
    offsets = replace(identity(mock.bands), flux_scale=np.array([1.1, 0.9, 1.0, 1.05, 0.95]))
    save_calibration(offsets, root / "calibrations" / "offsets.toml")
    return root


@pytest.fixture
def visit(ready, chromium):
    """Open addresses of the ready workspace; at the end nothing may have gone wrong on them."""
    opened, hosts = [], set()

    def go(query: str = ""):
        watched = Watched.open(chromium, "about:blank")
        watched.page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        watched.page.goto(ready[1] + query)
        watched.page.get_by_role("heading", level=1).wait_for()
        opened.append(watched)
        return watched

    yield go
    for watched in opened:
        watched.page.close()
    assert [w.errors for w in opened if w.errors] == []
    assert hosts <= {"127.0.0.1", None}, "a request left the machine"
