"""The bar of progress: lines where there is no terminal, and a bar where there is one."""

import io

import numpy as np
import pytest

from jaxgym_neuro.training import ProgressBar

CURSOR = "\x1b[?25h"  # shows it again


class Terminal(io.StringIO):
    def isatty(self):
        return True


def metrics(performance, loss=0.0, trials=1):
    return {name: np.asarray(x) for name, x in locals().items()}


def test_without_a_terminal_there_are_ten_lines_of_means_over_runs_and_updates():
    stream = io.StringIO()
    bar = ProgressBar(20, stream, best=0.9)
    for number in range(1, 21):
        is_odd = number % 2
        bar(
            np.int32(number),
            metrics([0.2 + 0.4 * is_odd] * 2, [1, 2 + is_odd], [1 + 2 * is_odd] * 2),
        )
    bar.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    # Three trials that score 0.6, and one that scores 0.2.
    assert lines[-1] == "    20 updates: performance 0.500 (ideal 0.900), loss 1.750"


def test_on_a_terminal_there_is_a_bar_that_is_full_at_the_end(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    stream = Terminal()
    bar = ProgressBar(3, stream)
    for number in (1, 2, 3):
        bar(number, metrics([1.0], [0.0]))
    bar.close()
    assert "3/3" in stream.getvalue()
    assert "performance 1.000, loss 0.000" in stream.getvalue()


def test_the_cursor_is_hidden_until_the_bar_is_closed(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with ProgressBar(3, stream) as bar:
        bar(1, metrics([1.0], [0.0]))
        assert stream.getvalue().count(CURSOR) == 0  # it is hidden
        with pytest.raises(KeyError):
            bar(2, {"performance": np.array([1.0])})  # and no loss, which is an error
    assert stream.getvalue().count(CURSOR) == 1
