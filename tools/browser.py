"""A Chromium and a small server for tests, screenshots, the printed edition and benchmarks."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: A sandbox needs rights that a container does not give, and only pages of our own are opened.
OPTIONS = ["--no-sandbox"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each of them."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """Does not mind that a browser hangs up before it has everything."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Report what went wrong, unless the other side has closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def find_chromium() -> str | None:
    """Return the path of a Chromium: the one that ``LEO_CHROMIUM`` names, or one on the path."""
    return os.environ.get("LEO_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def serve(folder: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """Serve a folder on this machine and give its address, which ends with a slash."""
    answer = functools.partial(handler, directory=str(folder))
    server = Server(("127.0.0.1", 0), answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


@contextmanager
def open_browser(path: str, *options: str) -> Iterator[Browser]:
    """Start a Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as start:
        found = start.chromium.launch(executable_path=path, args=[*OPTIONS, *options])
        yield found
        found.close()
