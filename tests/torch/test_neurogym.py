"""NeuroGym's code with PyTorch and Stable-Baselines3, as docs/neurogym.md shows it."""

import runpy
from pathlib import Path

import matplotlib
import pytest
import torch
from matplotlib import pyplot

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "neurogym.md"

matplotlib.use("agg")


@pytest.fixture(scope="module")
def page():
    """What the page's code leaves behind, its blocks with PyTorch among it."""
    torch.manual_seed(0)
    images = runpy.run_path(str(ROOT / "docs" / "make_images.py"), run_name="make_images")
    names = {}
    for block in images["blocks_of"](PAGE):
        if block.language == "python" or "torch" in block.code or "baselines" in block.code:
            exec(compile(block.code, str(PAGE), "exec"), names)
    yield names
    pyplot.close("all")


def test_a_network_of_pytorch_learns_from_the_dataset(page):
    assert page["target"].dtype.name == "int64"  # as PyTorch's losses want it
    assert page["losses"][-1] < page["losses"][0] / 4
    assert page["choice"] in (0, 1, 2)


def test_an_agent_of_stable_baselines_learns_and_is_plotted(page):
    assert page["model"].num_timesteps >= 500
    seen = ["fixation", "stimulus", "reward\n(seen)", "action\n(seen)"]
    done = ["action", "reward", "performance"]
    assert [ax.get_ylabel() for ax in page["figure"].axes] == [*seen, *done]
    assert page["figure"].axes[-1].get_xlim()[1] >= 5 * 400  # five trials of 300 ms and more
