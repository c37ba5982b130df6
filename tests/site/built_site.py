"""The site that was built, served on the loopback interface."""

import contextlib
import functools
import http.server
import threading
from pathlib import Path

SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files, and say nothing."""

    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def served(folder):
    """Serve a folder on the loopback interface; give its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
