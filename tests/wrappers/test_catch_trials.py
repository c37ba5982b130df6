"""CatchTrials: what is seen, what is right, and how often."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequences import assert_frequencies, conditions_of, play, task, trials_of, wait, walk

import jaxgym_neuro as jgn
from jaxgym_neuro.wrappers import CatchTrials, MultiTask, Noise, PassAction, TimeOut


def test_the_fraction_of_catch_trials():
    drawn = conditions_of(CatchTrials(task(), 0.3), 200, 60)
    assert_frequencies(drawn["catch"], [0.7, 0.3])
    assert_frequencies(drawn["ground_truth"][drawn["catch"]], [0.5, 0.5])


def test_the_signal_is_gone_and_the_noise_and_the_cue_are_as_ever():
    env = CatchTrials(Noise(PassAction(task()), 0.5))
    silent = env.default_params.replace(sigma=0.0, added_noise=0.0)
    usual = env.default_params
    ordinary, caught = (trials_of(env, 16, usual, catch=catch, coh=51.2) for catch in (False, True))
    signal, nothing = (trials_of(env, 16, silent, catch=catch, coh=51.2) for catch in (False, True))
    assert np.all(signal.ob[:, 1:5, 1:3] > 0.2)
    assert not nothing.ob[..., 1:].any()
    np.testing.assert_array_equal(nothing.ob[..., 0], signal.ob[..., 0])
    np.testing.assert_allclose(ordinary.ob - caught.ob, signal.ob - nothing.ob, atol=1e-6)
    np.testing.assert_array_equal(ordinary.end, caught.end)


def test_other_channels_than_the_stimulus_are_left_alone():
    context = jgn.make("ContextDecisionMaking-v0", use_expl_context=True, sigma=0.0)[0]
    env = CatchTrials(context)
    names = context.observation_space().name
    stimuli = [where for name, where in names.items() if name.startswith("stim")]
    ordinary, caught = (trials_of(env, 16, catch=catch) for catch in (False, True))
    others = [i for i in range(context.observation_space().shape[0]) if i not in stimuli]
    assert not caught.ob[..., stimuli].any()
    assert len(others) == 3
    np.testing.assert_array_equal(caught.ob[..., others], ordinary.ob[..., others])


def test_of_several_tasks_each_hides_its_own_stimulus():
    """The context's channels in one task are those of the stimulus in the other."""
    context = jgn.make("ContextDecisionMaking-v0", use_expl_context=True, sigma=0.0)[0]
    tasks = (context, task(sigma=0.0), jgn.make("AntiReach-v0")[0])
    env = CatchTrials(MultiTask(tasks, pad=True))
    for number, own in enumerate(tasks):
        stimulus = set(own.layout.stimulus)
        ordinary, caught = (trials_of(env, 16, task=number, catch=catch) for catch in (False, True))
        others = [i for i in range(ordinary.ob.shape[-1]) if i not in stimulus]
        assert ordinary.ob[..., sorted(stimulus)].any()
        assert not caught.ob[..., sorted(stimulus)].any()
        np.testing.assert_array_equal(caught.ob[..., others], ordinary.ob[..., others])
        assert caught.ob[..., others].any()
        assert not caught.gt.any()


def test_the_stimulus_of_several_tasks_stays_hidden_while_they_are_stepped_through():
    env = CatchTrials(MultiTask([task(), "GoNogo-v0"], pad=True), 0.5)
    silent = tuple(
        own.replace(sigma=0.0) if hasattr(own, "sigma") else own for own in env.default_params.tasks
    )
    played = play(env, wait, 40, 60, params_of=lambda row: env.default_params.replace(tasks=silent))
    is_catch = played["conditions"]["catch"]
    assert not played["ob"][is_catch][:, 1:3].any()
    for number in range(2):
        assert (is_catch & (played["task"] == number)).sum() > 50
        assert played["ob"][~is_catch & (played["task"] == number)][:, 1:3].any()


@pytest.mark.parametrize(
    ("id", "channels", "hidden"),
    [
        ("GoNogo-v0", None, (1, 2)),
        ("GoNogo-v0", "go", (2,)),
        ("PulseDecisionMaking-v0", None, (1, 2)),
    ],
)
def test_which_channels_are_the_stimulus(id, channels, hidden):
    env = CatchTrials(jgn.make(id)[0], channels=channels)
    assert env.channels == hidden
    assert not trials_of(env, 16, catch=True).ob[..., hidden].any()


def test_a_catch_trial_of_no_coherence_has_the_usual_mean_and_no_answer():
    env = CatchTrials(jgn.make("ContextDecisionMaking-v0", sigma=0.0)[0], zero_coherence=True)
    trials = trials_of(env, 64, catch=True, coh_1=50.0)
    assert not trials.conditions["coh_1"].any()
    assert not trials.conditions["coh_2"].any()
    first = trials.start[0, 1]
    np.testing.assert_array_equal(trials.ob[:, first, 1:], 0.5)
    assert not trials.gt.any()
    shown = trials_of(env, 64, catch=False, coh_1=50.0)
    np.testing.assert_array_equal(np.ptp(shown.ob[:, first, 1:3], axis=1), 0.5)
    with pytest.raises(ValueError, match="needs a condition 'coh'; GoNogo has ground_truth"):
        CatchTrials(jgn.make("GoNogo-v0")[0], zero_coherence=True)


def test_waiting_to_the_end_scores_1_and_an_answer_is_an_error():
    """Actions in the decision are random; half of the trials are catch trials."""
    env = CatchTrials(jgn.make("PostDecisionWager-v0", rewards={"fail": -0.5})[0], 0.5)

    def act(state, drawn, row):
        return jnp.where(env.in_period(state, "decision"), drawn, 0)

    played = walk(env, act, num_trials=400)
    ends = played["ends"]
    score, is_catch = played["performance"][ends], played["conditions"]["catch"][ends]
    acted, reward = played["action"][ends] != 0, played["reward"][ends]
    assert min((is_catch & acted).sum(), (is_catch & ~acted).sum(), (~is_catch & acted).sum()) > 20
    assert np.all(score[is_catch] == ~acted[is_catch])
    assert np.all(reward[is_catch & acted] == -0.5)  # the sure bet, too
    assert np.all(reward[is_catch & ~acted] == 0)
    assert np.all(score[~is_catch & ~acted] == 0)
    assert np.any(score[~is_catch & acted] == 1)


def test_a_catch_trial_does_not_make_an_action_cheaper_than_it_is():
    env = CatchTrials(task(abort=True, rewards={"abort": -0.5, "fail": -0.25}))
    params = env.default_params
    state = env.reset(jax.random.key(0), params, catch=True)[1]
    verdict = env.judge(state, jnp.int32(1), params)
    assert (verdict.ends, verdict.reward, verdict.performance) == (True, -0.5, 0)


@pytest.mark.parametrize("id", ["ReachingDelayResponse-v0", "Reaching1D-v0", "Bandit-v0"])
def test_tasks_in_which_one_cannot_wait_are_rejected(id):
    with pytest.raises(ValueError, match="action 0, 'fixation', is to wait"):
        CatchTrials(jgn.make(id)[0])


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (lambda env: CatchTrials(env, 1.5), "at most 1, not 1.5"),
        (lambda env: CatchTrials(env, channels="stimuli"), "did you mean 'stimulus'"),
        (lambda env: CatchTrials(TimeOut(env)), "wrap TimeOut around CatchTrials"),
        (lambda env: CatchTrials(CatchTrials(env)), "wrap a task once"),
        (lambda env: CatchTrials(3), "made of trials"),
    ],
)
def test_bad_input_is_an_error_that_says_what_is_allowed(wrap, message):
    with pytest.raises(ValueError, match=message):
        wrap(task())


def test_bad_params_are_rejected():
    env = CatchTrials(task())
    with pytest.raises(ValueError, match="catch_p"):
        env.validate(env.default_params.replace(catch_p=2.0))
