"""The supervised example: that it learns, and says how well."""

import importlib.util
import re
from pathlib import Path

import pytest

_PATH = Path(__file__).parents[2] / "examples" / "train_supervised.py"
_SPEC = importlib.util.spec_from_file_location("train_supervised", _PATH)
supervised = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(supervised)


@pytest.mark.slow
def test_it_trains_and_says_how_well(tmp_path, capsys):
    arguments = ["--updates", "60", "--batch-size", "32", "--hidden", "16", "--out", str(tmp_path)]
    supervised.main(arguments)
    said = capsys.readouterr().out
    found = float(re.search(r"last 20 updates: (\S+)", said)[1])
    # Chance is 0.5, and the ideal observer is right in 0.896 of the trials.
    assert 0.6 < found < 0.95
    assert (tmp_path / "training.json").exists()
