"""The bar of progress: lines where there is no terminal, and a bar where there is one."""

import io

import numpy as np
import pytest

from jaxgym_neuro.training import ProgressBar

CURSOR = "\x1b[?25h"  # shows it again


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_without_a_terminal_there_are_ten_lines_of_means_over_runs():
    stream = io.StringIO()
    bar = ProgressBar(20, stream)
    for number in range(1, 21):
        bar(np.int32(number), {"performance": np.array([0.25, 0.75]), "loss": np.array([1, 2])})
    bar.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1] == "    20 updates: performance 0.500, loss 1.500"


def test_on_a_terminal_there_is_a_bar_that_is_full_at_the_end(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    stream = Terminal()
    bar = ProgressBar(3, stream)
    for number in (1, 2, 3):
        bar(number, {"performance": np.array([1.0]), "loss": np.array([0.0])})
    bar.close()
    assert "3/3" in stream.getvalue()
    assert "performance 1.000, loss 0.000" in stream.getvalue()


def test_the_cursor_is_hidden_until_the_bar_is_closed(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    metrics = {"performance": np.array([1.0])}  # and no loss, which is an error
    with ProgressBar(3, stream) as bar:
        bar(1, {**metrics, "loss": np.array([0.0])})
        assert stream.getvalue().count(CURSOR) == 0  # it is hidden
        with pytest.raises(KeyError):
            bar(2, metrics)
    assert stream.getvalue().count(CURSOR) == 1
