"""The example that trains on many processes trains on two, and on one goes on from there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "examples" / "train_on_many.py"
SMALL = ["--task", "GoNogo-v0", "--num-envs", "16", "--hidden", "8", "--updates", "4"]


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "ignore", str(PROGRAM), *SMALL, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def learned(done):
    """What it says of what was learned, among words of JAX's own."""
    [words] = re.findall(r"performance \S+ after \d+ updates", done.stdout)
    return words


@pytest.mark.slow
def test_two_processes_train_together_and_one_finds_what_they_saved(tmp_path):
    together = run("--local", "2", "--out", str(tmp_path / "trained"))
    assert together.returncode == 0, together.stderr[-3000:]
    assert "2 devices of 2 processes" in together.stdout
    alone = run("--out", str(tmp_path / "trained"))
    assert alone.returncode == 0, alone.stderr[-3000:]
    assert "1 devices of 1 processes" in alone.stdout
    assert learned(alone) == learned(together)
