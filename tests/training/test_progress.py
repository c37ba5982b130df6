"""The bar of progress: lines where there is no terminal, and a bar where there is one."""

import io

import numpy as np

from jaxgym_neuro.training import ProgressBar


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


def test_on_a_terminal_there_is_a_bar_that_is_full_at_the_end():
    stream = Terminal()
    bar = ProgressBar(3, stream)
    for number in (1, 2, 3):
        bar(number, {"performance": np.array([1.0]), "loss": np.array([0.0])})
    bar.close()
    assert "3/3" in stream.getvalue()
    assert "performance=1.000" in stream.getvalue()
