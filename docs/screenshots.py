"""Take the pictures of the page: `python -m docs.screenshots [--out DIR] [--theme light|dark]`.

Serves a fresh demonstration workspace and drives an installed Chromium through the five tabs.
"""

import argparse
import re
import tempfile
from pathlib import Path

from photoz.doctor import CHROMIUM_NAMES, find_chromium
from tests.browser.conftest import ARGUMENTS
from tests.browser.server import end, serve

HERE = Path(__file__).resolve().parent
# picture -> query of its address, text that shows that it is ready
TABS = {
    "simulate": ("tab=simulate", "A galaxy by hand"),
    "prior": ("tab=simulate&model=cosmos2020&catalogue=cosmos2020-mock", "A galaxy by hand"),
    "noise": ("tab=simulate&model=cosmos2020&catalogue=cosmos2020-mock", "A galaxy by hand"),
    "train": ("tab=train", "Start"),
    "galaxies": ("tab=galaxies&model=cosmos2020&catalogue=cosmos2020-mock&galaxy=7", "χ² / bands"),
    "calibrate": ("tab=calibrate&model=sdss-2mass&catalogue=sdss-2mass", "PIT"),
    "compare": ("tab=compare&model=cosmos2020&catalogue=cosmos2020-mock", "CRPS"),
}
# picture -> button to press once the tab is ready, and what then shows that it is done
THEN = {"noise": ("Noise", "Sliced distance"), "prior": ("Prior", "effective ones")}
READY_MS = 240_000
SETTLE_MS = 4_000


def take(address: str, out: Path, theme: str, width: int, tabs: list[str]) -> None:
    """Photograph tabs in one theme."""
    from playwright.sync_api import sync_playwright

    program = find_chromium()
    if program is None:
        raise SystemExit(f"No Chromium is installed (looked for {', '.join(CHROMIUM_NAMES)}).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(
            viewport={"width": width, "height": 1250},
            color_scheme="dark" if theme == "dark" else "light",
        )
        for name in tabs:
            query, ready = TABS[name]
            page.goto(f"{address}?{query}", timeout=READY_MS)
            page.locator(f"text={ready} >> visible=true").first.wait_for(timeout=READY_MS)
            if name in THEN:
                button, done = THEN[name]
                page.get_by_role("button", name=button, exact=True).click()
                page.locator(f"text={done} >> visible=true").first.wait_for(timeout=READY_MS)
            page.wait_for_timeout(SETTLE_MS)
            if theme == "dark":
                _switch_to_dark(page)
            target = out / f"{name}-{theme}-{width}.png"
            page.screenshot(path=target, full_page=True)
            print(target)
        browser.close()


def _switch_to_dark(page) -> None:
    toggle = page.get_by_role("button", name=re.compile("theme|dark", re.IGNORECASE)).first
    toggle.click()
    page.wait_for_timeout(1_000)


def main() -> None:
    """Take the pictures that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "pictures")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--tabs", nargs="*", choices=tuple(TABS), default=list(TABS))
    parser.add_argument("--address", help="of a server that already runs")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.address:
        take(given.address, given.out, given.theme, given.width, given.tabs)
        return
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        process, address = serve(workspace)
        try:
            take(address, given.out, given.theme, given.width, given.tabs)
        finally:
            end(process, workspace)


if __name__ == "__main__":
    main()
