"""Before pages are read, ``docs/make_site_files.py`` writes those that are made of declarations."""

import pathlib
import subprocess
import sys

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def make_files(app: Sphinx) -> None:
    """Run the script.

    Raises:
        ExtensionError: if it fails.
    """
    script = pathlib.Path(app.srcdir) / "make_site_files.py"
    if subprocess.run([sys.executable, str(script)], check=False).returncode:
        raise ExtensionError(f"{script.name} failed")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx when to run it."""
    app.connect("builder-inited", make_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
