"""The PPO example: what its command line means, and that it runs from end to end."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

_PATH = Path(__file__).parents[2] / "examples" / "train_ppo.py"
_SPEC = importlib.util.spec_from_file_location("train_ppo", _PATH)
ppo = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(ppo)


def test_a_task_and_arguments_of_its_constructor_come_from_the_command_line():
    args = ppo.parse_arguments(["--task", "GoNogo-v0", "--task-args", '{"dt": 50}'])
    assert (args.task, args.task_args, args.updates) == ("GoNogo-v0", {"dt": 50}, None)


def test_actions_other_than_those_a_policy_can_choose_are_refused():
    with pytest.raises(ValueError, match="updates is a whole number of at least 1, not 0"):
        ppo.main(["--updates", "0"])


@pytest.mark.slow
def test_trials_picture_and_card_are_kept_in_the_folder(tmp_path, capsys):
    short = ["--task-args", '{"timing": {"stimulus": 200}}', "--updates", "2", "--trials", "300"]
    ppo.main([*short, "--out", str(tmp_path / "new")])
    said = capsys.readouterr().out
    assert "ideal observer" in said
    assert (tmp_path / "new/performance.png").read_bytes().startswith(b"\x89PNG")
    card = json.loads((tmp_path / "new/card.json").read_text())
    assert card["task"] == {
        "id": "PerceptualDecisionMaking-v0",
        "args": {"timing": {"stimulus": 200}},
    }
    with np.load(tmp_path / "new/trials.npz") as trials:
        assert len(trials["coh"]) == card["trials"] == 300
        assert trials["performance"].mean() == pytest.approx(card["runs"][0]["performance"])
