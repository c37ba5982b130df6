"""The PPO example: what its command line means, and that it runs from end to end."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import training

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


def test_the_last_picture_says_who_watched_for_how_long():
    coh = np.repeat([0.0, 12.8], 50)
    table = jgn.TrialTable.of(
        conditions={"coh": coh},
        performance=np.tile([0.0, 1.0], 50),
        answers={"choice": np.ones(100, np.int32)},
        times={"choice": np.full(100, 100.0)},
        durations={"stimulus": np.full(100, 300.0)},
        reward=np.zeros(100),
        steps=np.ones(100, np.int32),
        env=np.zeros(100, np.int32),
        trial=np.arange(100),
    )
    env, params = jgn.make("PerceptualDecisionMaking-v0", timing={"stimulus": 300})
    evaluation = training.Evaluation((table,), (), jgn.ideal.performance(env, params), 0.3)
    (ax,) = ppo.beside_monkey(evaluation).axes
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["agent, after 0.3 s", "ideal observer, after 0.3 s", "monkey, when it liked"]
    monkey = ax.get_lines()[2].get_ydata()
    assert monkey[2] == pytest.approx(0.805, abs=1e-3)


@pytest.mark.slow
def test_trials_picture_and_card_are_kept_in_the_folder(tmp_path, capsys):
    short = ["--task-args", '{"timing": {"stimulus": 200}}', "--updates", "2", "--trials", "300"]
    ppo.main([*short, "--out", str(tmp_path / "new")])
    said = capsys.readouterr().out
    assert "ideal observer" in said
    assert (tmp_path / "new/performance.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "new/beside_monkey.png").read_bytes().startswith(b"\x89PNG")
    card = json.loads((tmp_path / "new/card.json").read_text())
    assert card["task"] == {
        "id": "PerceptualDecisionMaking-v0",
        "args": {"timing": {"stimulus": 200}},
    }
    with np.load(tmp_path / "new/trials.npz") as trials:
        assert len(trials["coh"]) == card["trials"] == 300
        assert trials["performance"].mean() == pytest.approx(card["runs"][0]["performance"])
