"""Sites of a page or two, built with the extensions of ours."""

import os
import subprocess
import sys
from pathlib import Path

EXTENSIONS = Path(__file__).parents[2] / "docs" / "_ext"


def build_site(folder, *options):
    """Build what is in a folder into its folder ``html``; modules in the folder are found."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", *options, folder, folder / "html"],
        env=os.environ | {"PYTHONPATH": f"{EXTENSIONS}{os.pathsep}{folder}"},
        capture_output=True,
        text=True,
        check=False,
    )
