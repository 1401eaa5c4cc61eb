"""Serve the page to this machine only."""

import os
import shutil
import socket
import subprocess
import webbrowser
from collections.abc import Callable
from pathlib import Path

from dashboard.library import WORKSPACE_VARIABLE, open_library, warm_up
from photoz.doctor import CHROMIUM_NAMES
from photoz.errors import InputError

ADDRESS = "127.0.0.1"
UNUSED_SESSION_MS = 120_000
WINDOW_PROGRAMS = (*CHROMIUM_NAMES, "microsoft-edge", "msedge")


def free_port(wanted: int) -> int:
    """Return `wanted`, or any free port when it is 0.

    Raises:
        InputError: another program listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, wanted))
        except OSError as error:
            raise InputError(
                f"Port {wanted} of {ADDRESS} cannot be used ({error.strerror}). "
                "Choose another with --port, or leave it out for a free one."
            ) from error
        return probe.getsockname()[1]


def open_window(url: str) -> str:
    """Open `url` as a window of its own, else in the browser; return what was done."""
    for name in WINDOW_PROGRAMS:
        program = shutil.which(name)
        if program:
            subprocess.Popen(
                [program, f"--app={url}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            return f"Opened a window of {name}."
    webbrowser.open(url)
    return "No Chromium, Chrome or Edge is installed for a window; opened the browser instead."


def run(
    *,
    workspace: str | None,
    catalogue: str | None,
    port: int,
    ready: Callable[[str, str], None],
) -> None:
    """Serve a workspace until interrupted.

    Args:
        workspace: its folder; the demonstration workspace of this person by default.
        catalogue: a catalogue file to copy into the workspace and to open.
        port: 0 for a free one.
        ready: called with the address and the query of the first view once it answers.

    Raises:
        InputError: the port is taken.
        CatalogueError: the catalogue cannot be read.
    """
    port = free_port(port)
    if workspace:
        os.environ[WORKSPACE_VARIABLE] = str(Path(workspace).expanduser().resolve())
    library = open_library()
    query = f"?catalogue={library.add_catalogue(Path(catalogue))}" if catalogue else ""

    import panel as pn

    from dashboard.shell import build_page

    server = pn.serve(
        {"/": build_page},
        port=port,
        address=ADDRESS,
        websocket_origin=[f"{ADDRESS}:{port}"],
        show=False,
        start=False,
        title="photoz",
        verbose=False,
        # a page that a busy machine renders slowly must find its session when it connects
        unused_session_lifetime_milliseconds=UNUSED_SESSION_MS,
    )
    server.start()
    server.io_loop.add_callback(ready, f"http://{ADDRESS}:{port}/", query)
    warm_up()
    server.run_until_shutdown()
