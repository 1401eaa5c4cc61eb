"""The page, as `panel serve dashboard/app.py` runs it and as `photoz app` serves it."""

from dashboard.shell import build_page

build_page().servable(title="photoz")
