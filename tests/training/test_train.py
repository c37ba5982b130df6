"""Trainings: seeds determine them, they resume bit for bit, they stop, and what they make acts."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.support.keys import as_words
from jaxgym_neuro.training import GRU, LeakyRNN, checkpoint, load, train_ppo, train_supervised
from jaxgym_neuro.training.actions import Categorical, Gaussian
from jaxgym_neuro.training.ppo import generalized_advantages
from jaxgym_neuro.training.trained import TrainedPolicy

ID = "PerceptualDecisionMaking-v0"
ENV, PARAMS = jgn.make(ID, timing={"stimulus": 300, "delay": 0, "decision": 100})
# Episodes of 7 steps end inside trials, so that truncation happens within rollouts.
CUT = PARAMS.replace(max_steps_in_episode=7)
PPO_ARGUMENTS = {"updates": 4, "chunk": 2, "num_envs": 8, "cell": GRU(8)}
SUPERVISED_ARGUMENTS = {"updates": 4, "chunk": 2, "batch_size": 8, "cell": GRU(8)}


def same(a, b):
    jax.tree.map(np.testing.assert_array_equal, plain(a), plain(b))


def plain(tree):
    return jax.tree.map(as_words, tree)


@pytest.fixture(scope="module")
def by_ppo():
    """Two seeds at two learning rates, of which one is 0."""
    reports = []
    trained = train_ppo(
        ENV,
        CUT,
        **PPO_ARGUMENTS,
        num_seeds=2,
        learning_rate=[0, 1e-2],
        report=lambda number, metrics: reports.append((int(number), metrics["loss"].shape)),
    )
    return trained, reports


def test_metrics_are_finite_and_every_update_is_reported(by_ppo):
    trained, reports = by_ppo
    assert reports == [(number, (4,)) for number in (1, 2, 3, 4)]
    assert trained.metrics["loss"].shape == (4, 4)
    assert trained.num_steps == 4 * 8 * ENV.T
    for values in trained.metrics.values():
        assert np.all(np.isfinite(values))
    assert trained.runs["seed"].tolist() == [0, 1, 0, 1]
    assert trained.runs["learning_rate"].tolist() == pytest.approx([0, 0, 1e-2, 1e-2])


def test_learning_moves_every_weight_by_its_rate_and_seeds_differ(by_ppo):
    trained, _ = by_ppo
    still, other, moved, _ = (trained.weights_of(run)["params"] for run in range(4))
    changed = jax.tree.map(lambda a, b: bool(jnp.any(a != b)), still, moved)
    assert all(jax.tree.leaves(changed)), changed
    largest = max(float(jnp.max(jnp.abs(a - b))) for a, b in
                  zip(jax.tree.leaves(still), jax.tree.leaves(moved), strict=True))  # fmt: skip
    assert largest < 4 * 4 * 1e-2  # 4 updates of 4 steps, each at most the rate
    assert np.any(still["cell"]["recurrent"] != other["cell"]["recurrent"])


@pytest.mark.parametrize(
    ("train", "arguments"),
    [
        (train_ppo, PPO_ARGUMENTS),
        pytest.param(train_supervised, SUPERVISED_ARGUMENTS, marks=pytest.mark.slow),
    ],
    ids=["ppo", "supervised"],
)
def test_a_training_resumed_is_the_training_uninterrupted(train, arguments, tmp_path):
    whole = train(ENV, PARAMS, **arguments)
    half = train(ENV, PARAMS, **arguments, folder=tmp_path, until=lambda metrics: True)
    assert half.num_updates == 2
    same(load(tmp_path, ENV, PARAMS).learners, half.learners)
    rest = train(ENV, PARAMS, **arguments, folder=tmp_path, resume=True)
    assert rest.num_updates == 4
    same(rest.learners, whole.learners)
    same(rest.metrics, whole.metrics)
    same(load(tmp_path, ENV, PARAMS).weights, whole.weights)
    with pytest.raises(ValueError, match="goes on with it, and another"):
        train(ENV, PARAMS, **arguments, folder=tmp_path)
    with pytest.raises(ValueError, match=r"learning_rate is '0\.1' here"):
        train(ENV, PARAMS, **arguments, learning_rate=0.1, folder=tmp_path, resume=True)
    with pytest.raises(ValueError, match=r"the training in .* is another one: .*sigma"):
        load(tmp_path, ENV, PARAMS.replace(sigma=3.0))


def test_a_training_saved_before_there_was_a_setting_has_its_default(tmp_path):
    arguments = {**SUPERVISED_ARGUMENTS, "updates": 2, "folder": tmp_path}
    trained = train_supervised(ENV, PARAMS, **arguments)
    known = tmp_path / checkpoint.CONFIG
    config = json.loads(known.read_text())
    assert config.pop("row_trials") == 1
    known.write_text(json.dumps(config))
    same(load(tmp_path, ENV, PARAMS).learners, trained.learners)
    with pytest.raises(ValueError, match="row_trials is 2 here and 1 there"):
        train_supervised(ENV, PARAMS, **arguments, row_trials=2, resume=True)
    same(train_supervised(ENV, PARAMS, **arguments, resume=True).learners, trained.learners)


def test_what_a_training_is_was_read_before_the_first_process_writes_it_anew(tmp_path, monkeypatch):
    arguments = {**SUPERVISED_ARGUMENTS, "updates": 2, "folder": tmp_path}
    train_supervised(ENV, PARAMS, **arguments)

    def others_are_here(what):  # and the first of them has just opened the file to write
        if what == "what training there is":
            (tmp_path / checkpoint.CONFIG).write_text("")

    monkeypatch.setattr(checkpoint, "wait_for_all", others_are_here)
    trained = train_supervised(ENV, PARAMS, **arguments, resume=True)
    assert trained.num_updates == 2


def test_there_is_nothing_to_load_where_nothing_was_saved(tmp_path):
    with pytest.raises(ValueError, match="there is no training in"):
        load(tmp_path, ENV)


def test_it_stops_when_it_is_enough(by_ppo):
    del by_ppo
    asked = []

    def is_enough(metrics):
        asked.append(metrics["loss"].shape)
        return len(asked) == 2

    trained = train_ppo(ENV, PARAMS, **{**PPO_ARGUMENTS, "updates": 8}, until=is_enough)
    assert asked == [(2, 1), (2, 1)]
    assert (trained.num_updates, trained.total) == (4, 8)
    assert train_ppo(ENV, PARAMS, **PPO_ARGUMENTS, until=-1).num_updates == 2
    assert train_ppo(ENV, PARAMS, **PPO_ARGUMENTS, until="ideal:1.5").num_updates == 4


def test_agents_play_and_tell_what_their_units_do(by_ppo):
    trained, _ = by_ppo
    table = jgn.rollout(
        ENV, PARAMS, *trained.agent(2), num_envs=8, num_trials=16, keep=["activity", "action"]
    )
    activity = table.kept["activity"]
    assert activity["rates"].shape == (16, table.steps.max(), 8)
    lasted = np.arange(table.steps.max()) < table.steps[:, None]
    chosen = np.argmax(activity["policy"], axis=-1)
    assert np.all(chosen[lasted] == table.kept["action"][lasted])
    silent = trained.agent(2, lesioned=[1], greedy=False)
    table = jgn.rollout(ENV, PARAMS, *silent, num_envs=8, num_trials=16, keep=["activity"])
    assert np.all(table.kept["activity"]["rates"][..., 1] == 0)


def test_one_program_plays_all_runs_of_a_training_and_their_lesions(by_ppo, monkeypatch):
    """A policy acts in Python while it is traced, and never once it is compiled."""
    trained, _ = by_ppo
    traced, act = [], TrainedPolicy.act
    monkeypatch.setattr(TrainedPolicy, "act", lambda *args: traced.append(0) or act(*args))

    def play(run, **how):
        agent = trained.agent(run, **how)
        return jgn.rollout(ENV, PARAMS, *agent, num_envs=8, num_trials=16, keep=["action"])

    tables = [play(2)]
    first = len(traced)
    assert first > 0
    tables += [play(3), play(2, lesioned=[0, 1, 2, 3])]
    assert len(traced) == first
    assert not np.array_equal(tables[0].kept["action"], tables[1].kept["action"])
    policy, arrays = trained.agent(2).policy.split()
    assert policy == trained.agent(3).policy.split()[0] != trained.agent(3, greedy=False).policy
    same(arrays, trained.weights_of(2))
    with pytest.raises(TypeError, match="joined with its weights"):
        policy.act(None, None, None, None)


@pytest.mark.slow
def test_dales_law_holds_after_training_with_private_noise():
    cell = LeakyRNN(10, excitatory=0.8, noise=0.1, tau=200)
    trained = train_ppo(ENV, PARAMS, **{**PPO_ARGUMENTS, "cell": cell}, learning_rate=0.3)
    w = trained.network.apply(trained.weights_of(), method="connectivity")
    assert np.all(np.asarray(w[:8]) >= 0)
    assert np.all(np.asarray(w[8:]) <= 0)
    assert np.all(np.isfinite(w))
    fixed = trained.weights_of()["fixed"]["cell"]["alive"]
    np.testing.assert_array_equal(fixed, np.ones(10))


@pytest.mark.slow
def test_continuous_actions_are_drawn_learned_and_within_their_space():
    env, params = jgn.make("ReachingDelayResponse-v0")
    trained = train_ppo(env, params, updates=2, num_envs=8, cell=GRU(8), learning_rate=1e-2)
    assert np.all(np.isfinite(trained.metrics["loss"]))
    table = jgn.rollout(env, params, *trained.agent(), num_envs=4, num_trials=8, keep=["action"])
    space = env.action_space(params)
    assert np.all(table.kept["action"] >= np.min(space.low))
    assert np.all(table.kept["action"] <= np.max(space.high))


def test_discrete_actions_are_drawn_with_the_probabilities_of_their_logits():
    p, n = np.array([0.2, 0.5, 0.3]), 40_000
    outputs = {"policy": jnp.broadcast_to(jnp.log(jnp.asarray(p, jnp.float32)), (n, 3))}
    drawn = Categorical(3).sample(jax.random.key(0), outputs)
    # 4.5 standard errors: a right sampler fails for one seed in 50,000.
    bound = 4.5 * np.sqrt(p * (1 - p) / n)
    assert np.all(np.abs(np.bincount(drawn, minlength=3) / n - p) < bound)
    expected = -np.sum(p * np.log(p))
    assert Categorical(3).entropy(outputs)[0] == pytest.approx(expected, rel=1e-5)


def test_a_gaussian_has_the_moments_density_and_entropy_of_one():
    gaussian = Gaussian((-1.0, 0.0), (1.0, 4.0), (2,))
    outputs = {
        "policy": jnp.broadcast_to(jnp.asarray([0.2, -0.1], jnp.float32), (40_000, 2)),
        "log_sd": jnp.broadcast_to(jnp.log(jnp.asarray([0.5, 0.3], jnp.float32)), (40_000, 2)),
    }
    drawn = gaussian.sample(jax.random.key(0), outputs)
    np.testing.assert_allclose(jnp.mean(drawn, axis=0), [0.2, -0.1], atol=0.02)
    np.testing.assert_allclose(jnp.std(drawn, axis=0), [0.5, 0.3], rtol=0.03)
    # The entropy is the mean of the negative log density.
    found = -jnp.mean(gaussian.log_prob(outputs, drawn))
    assert float(found) == pytest.approx(float(gaussian.entropy(outputs)[0]), abs=0.02)
    action = gaussian.as_action(jnp.asarray([[0.5, 0.5], [-3.0, 3.0]], jnp.float32))
    np.testing.assert_allclose(action, [[0.5, 3.0], [-1.0, 4.0]])


def test_advantages_equal_a_loop_with_termination_and_truncation():
    rng = np.random.default_rng(0)
    shape, gamma, lam = (12, 5), 0.9, 0.8
    rewards, values, next_values = (rng.normal(size=shape).astype(np.float32) for _ in range(3))
    terminated, truncated = rng.random(shape) < 0.2, rng.random(shape) < 0.2
    expected = np.zeros(shape)
    for n in range(shape[1]):
        later = 0.0
        for t in reversed(range(shape[0])):
            if terminated[t, n]:
                later = rewards[t, n] - values[t, n]
            else:
                error = rewards[t, n] + gamma * next_values[t, n] - values[t, n]
                later = error if truncated[t, n] else error + gamma * lam * later
            expected[t, n] = later
    actual = jax.jit(generalized_advantages)(
        rewards, values, next_values, terminated, truncated, gamma, lam
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_what_is_trained_on_a_truth_that_is_no_action_is_no_policy():
    trained = train_supervised("Reaching1D-v0", updates=1, batch_size=4, cell=GRU(4))
    with pytest.raises(ValueError, match="ground truth that is not an action"):
        trained.agent()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"updates": 0}, "updates is a whole number of at least 1, not 0"),
        ({"num_envs": 7}, "num_envs is a multiple of minibatches \\(2\\), not 7"),
        ({"learning_rate": [-1]}, "each of learning_rate"),
        ({"gamma": 1.5}, "gamma"),
        ({"clip": 0}, "clip"),
        ({"until": "idael"}, "until is a number, 'ideal:0.95'"),
        ({"resume": True}, "give folder="),
        ({"chunk": 0}, "chunk is a whole number"),
        ({"num_seeds": 0}, "num_seeds is a whole number"),
    ],
)
def test_bad_input_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        train_ppo(ENV, PARAMS, **{**PPO_ARGUMENTS, **change})


def test_a_run_and_a_criterion_that_there_are_not_are_refused(by_ppo):
    with pytest.raises(ValueError, match="runs are numbered from 0 to 3, not 4"):
        by_ppo[0].agent(4)
    with pytest.raises(ValueError, match="asks for answers"):
        train_supervised(ENV, PARAMS, **SUPERVISED_ARGUMENTS, until="pyrl")


def test_policies_with_a_bias_begin_by_waiting_and_only_where_one_can_wait():
    plain, leaning = (
        train_ppo(ENV, PARAMS, **PPO_ARGUMENTS, learning_rate=0.0, wait_bias=bias)
        for bias in (0.0, 3.0)
    )
    ob = jnp.zeros(ENV.observation_space().shape)
    for trained, odds in ((plain, 1.0), (leaning, np.exp(3.0))):
        outputs, _ = trained.network.apply(trained.weights_of(), jnp.zeros(8), ob)
        p = jax.nn.softmax(outputs["policy"])
        np.testing.assert_allclose(p[0] / p[1:], odds, rtol=0.2)
    with pytest.raises(ValueError, match="no action is to wait: wait_bias is 0, not 1"):
        train_ppo("Bandit-v0", wait_bias=1.0, updates=1)


@pytest.mark.slow
def test_rewards_while_it_learns_are_those_given_and_the_task_that_is_played_keeps_its_own(
    tmp_path,
):
    rewards = {**dict.fromkeys(PARAMS.rewards, 0.0), "correct": 7.0}
    sweep = jax.vmap(lambda sigma: PARAMS.replace(sigma=sigma))(jnp.asarray([0.5, 1.0]))
    for params, folder in ((PARAMS, tmp_path), (sweep, None)):
        trained = train_ppo(ENV, params, **PPO_ARGUMENTS, rewards=rewards, folder=folder)
        # Each trial that is right earns 7, and nothing else is paid.
        right = trained.metrics["performance"] * trained.metrics["trials"]
        steps = trained.method.steps_per_update
        np.testing.assert_allclose(trained.metrics["reward"] * steps, 7 * right, rtol=1e-5)
        assert np.sum(right) > 0
        assert np.all(np.asarray(trained.params.rewards["correct"]) == 1)
    load(tmp_path, ENV, PARAMS)  # whose params are the task's own
    with pytest.raises(ValueError, match=r"unknown reward 'corect'.*did you mean 'correct'"):
        train_ppo(ENV, PARAMS, **PPO_ARGUMENTS, rewards={"corect": 1.0})
    with pytest.raises(ValueError, match="the reward 'correct' is a finite number"):
        train_ppo(ENV, PARAMS, **PPO_ARGUMENTS, rewards={"correct": "1"})
