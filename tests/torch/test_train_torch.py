"""The PyTorch example: what it counts, and that it learns."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

_PATH = Path(__file__).parents[2] / "examples" / "train_torch.py"
_SPEC = importlib.util.spec_from_file_location("train_torch", _PATH)
train_torch = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(train_torch)


def test_a_tiny_network_learns_random_dot_motion_and_its_weights_are_kept(capsys, tmp_path):
    sizes = ["--updates", "80", "--batch-size", "32", "--hidden", "32"]
    train_torch.main([*sizes, "--out", str(tmp_path / "new")])
    *printed, saved = capsys.readouterr().out.splitlines()
    assert saved == f"saved {tmp_path / 'new' / 'weights.pt'}"
    train_torch.Network(3, 32, 3).load_state_dict(torch.load(tmp_path / "new" / "weights.pt"))
    assert sum("updates: loss" in line for line in printed) == 10
    # Chance is 0.5 and the ideal observer is right in 0.896 of the trials; the standard error of
    # 1,024 trials is 0.01.
    assert 0.75 < float(printed[-1].split()[-1]) < 0.93


def test_batches_are_those_of_the_dataset_without_a_copy():
    dataset = train_torch.make_dataset("GoNogo-v0", 4, seed=1)
    again = train_torch.make_dataset("GoNogo-v0", 4, seed=1).next()
    assert train_torch.make_dataset("GoNogo-v0", 4, seed=1, dt=50).env.dt == 50
    inputs, targets, in_trial, decides = train_torch.next_batch(dataset)
    np.testing.assert_array_equal(inputs, again.inputs)
    np.testing.assert_array_equal(targets, again.targets)
    assert targets.dtype == torch.int64
    np.testing.assert_array_equal(in_trial, again.t >= 0)
    np.testing.assert_array_equal(decides, again.mask)
    array = again.inputs
    shared = torch.from_numpy(array)
    shared[0, 0] = 7
    np.testing.assert_array_equal(array[0, 0], 7)


def test_where_no_period_is_the_decision_the_steps_to_act_at_are():
    dataset = train_torch.make_dataset("ReadySetGo-v0", 4, seed=1)
    _, targets, _, decides = train_torch.next_batch(dataset)
    assert decides.any()
    np.testing.assert_array_equal(decides, targets != 0)


def test_a_task_without_discrete_actions_is_rejected():
    with pytest.raises(ValueError, match="discrete actions"):
        train_torch.make_dataset("Reaching1D-v0", 4, seed=1)


def test_only_the_steps_of_a_trial_count():
    network = train_torch.Network(1, 2, 2)
    inputs = torch.zeros(3, 1, 1)
    targets = torch.zeros(3, 1, dtype=torch.int64)
    in_trial = torch.tensor([[True], [True], [False]])
    decides = torch.tensor([[False], [True], [False]])
    loss, accuracy = train_torch.loss_and_accuracy(network, (inputs, targets, in_trial, decides))
    error = -torch.log_softmax(network(inputs), -1)[:, 0, 0]
    assert loss.item() == pytest.approx((error[:2].mean() + error[1]).item(), rel=1e-5)
    assert accuracy in (0.0, 1.0)
