import itertools

import numpy as np
import pytest

import jaxgym_neuro as jgn

ID = "ContextSwitch-v0"


def in_turn(**kwargs):
    """Columns of the trials of 32 environments, (environments, trials)."""
    env, params = jgn.make(ID, **kwargs)
    table = jgn.rollout(env, params, policy="ground_truth", num_envs=32, num_trials=32 * 200)
    order = np.lexsort((table.trial, table.env))
    return {name: x[order].reshape(32, -1) for name, x in table.conditions.items()}, table


def test_the_rule_of_the_context_is_what_is_paid():
    env, params = jgn.make(ID, rewards={"correct": 2.0, "fail": -1.0})
    for symbol, context, action in itertools.product((0, 1), repeat=3):
        ob, state = env.reset(0, symbol=symbol, context=context)
        np.testing.assert_array_equal(ob, [symbol == 0, symbol == 1])
        _, _, reward, *_, info = env.step(1, state, action, params)
        is_right = action == (symbol if context == 0 else 1 - symbol)
        assert (float(reward), float(info["performance"])) == ((2, 1) if is_right else (-1, 0))
        assert info["new_trial"]


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_contexts_change_as_often_as_said(p):
    found, table = in_turn(p_switch=p)
    changes = found["context"][:, 1:] != found["context"][:, :-1]
    assert changes.mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / changes.size))
    assert 0.2 < found["context"][:, 0].mean() < 0.8
    assert 0.2 < found["symbol"][:, 0].mean() < 0.8
    assert found["symbol"].mean() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_array_equal(table.performance, 1)


def test_the_context_of_the_last_trial_is_that_of_this_one_in_nine_of_ten():
    found, _ = in_turn()
    as_before = found["context"][:, :-1] == found["context"][:, 1:]
    assert as_before.mean() == pytest.approx(0.9, abs=0.02)
