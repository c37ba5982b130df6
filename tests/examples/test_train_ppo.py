"""The PPO example: its arithmetic, and a training of a few updates from end to end."""

import importlib.util
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import serialization

import jaxgym_neuro as jgn

_PATH = Path(__file__).parents[2] / "examples" / "train_ppo.py"
_SPEC = importlib.util.spec_from_file_location("train_ppo", _PATH)
ppo = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(ppo)

# Episodes of 30 steps end inside a trial of 22, so truncation happens within rollouts.
TINY = ppo.Config(total_steps=3 * 8 * 22, num_envs=8, hidden=8, max_steps_in_episode=30)


@pytest.fixture(scope="module")
def tiny():
    reports = []

    def report(number, metrics):
        reports.append((int(number), float(metrics["performance"])))

    # optax raises a float to the power of an integer count, which strict promotion refuses.
    with jax.numpy_dtype_promotion("standard"):
        train = jax.jit(ppo.make_train(TINY, report)).lower(jax.random.key(0)).compile()
    weights, metrics = jax.block_until_ready(train(jax.random.key(0)))
    jax.effects_barrier()
    return {"train": train, "weights": weights, "metrics": metrics, "reports": list(reports)}


def test_training_has_finite_losses_and_reports_every_update(tiny):
    assert tiny["metrics"]["loss"].shape == (3,)
    for values in tiny["metrics"].values():
        assert np.all(np.isfinite(values))
    assert sorted(number for number, _ in tiny["reports"]) == [1, 2, 3]


def test_training_moves_every_weight_array(tiny):
    env, _ = TINY.make_env()
    key_weights = jgn.random.split(jax.random.key(0), 3)[0]
    network = ppo.make_network(TINY, env)
    before = jax.jit(lambda key: ppo.init_weights(key, network, env))(key_weights)
    moved = jax.tree.map(lambda a, b: bool(jnp.any(a != b)), before, tiny["weights"])
    assert all(jax.tree.leaves(moved)), moved


def test_a_seed_determines_the_training_and_another_changes_it(tiny):
    again, _ = tiny["train"](jax.random.key(0))
    other, _ = tiny["train"](jax.random.key(1))
    for a, b, c in zip(*map(jax.tree.leaves, (tiny["weights"], again, other)), strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.any(np.asarray(a) != np.asarray(c))


def test_evaluation_counts_all_trials_and_the_picture_is_written(tiny, tmp_path):
    evaluate = jax.jit(ppo.make_evaluate(TINY, num_envs=64, num_trials=2))
    result = evaluate(jax.random.key(2), tiny["weights"])
    # 2 * 22 steps hold one episode of 30 steps, whose second trial is cut short, and 14 more steps.
    assert int(jnp.sum(result["trials"])) == 64
    assert np.all(result["correct"] <= result["answered"])
    env, params = TINY.make_env()
    ideal = ppo.ideal_for(env, params)
    path = tmp_path / "new folder" / "psychometric.png"
    ppo.plot_psychometric(jax.device_get(result), ideal, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    table = ppo.format_table(result, ideal(result["coh"])).splitlines()
    assert len(table) == 6
    assert table[2].split()[:1] == ["6.4"]
    assert table[2].split()[2] == "0.9785"


def test_the_memory_outlives_trials_and_is_wiped_where_an_episode_begins():
    network = ppo.RecurrentPolicy(hidden=8, num_actions=3)
    ob = jax.random.normal(jax.random.key(1), (6, 1, 3))
    never = jnp.zeros((6, 1), jnp.bool_)
    empty, full = jnp.zeros((1, 8)), jnp.ones((1, 8))

    @jax.jit
    def run():
        weights = network.init(jax.random.key(0), empty, ob, never)
        carried = network.apply(weights, full, ob, never)[0]
        first, _, memories = network.apply(weights, full, ob[:3], never[:3])
        second = network.apply(weights, memories[-1], ob[3:], never[3:])[0]
        wiped = network.apply(weights, full, ob, never.at[3].set(True))[0]
        fresh = network.apply(weights, empty, ob[3:], never[3:])[0]
        return carried, jnp.concatenate([first, second]), wiped, fresh

    carried, in_two_parts, wiped, fresh = run()
    np.testing.assert_allclose(in_two_parts, carried, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(wiped[3:], fresh, rtol=1e-5, atol=1e-7)
    assert np.any(np.abs(wiped[3:] - carried[3:]) > 1e-6)


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
    actual = jax.jit(ppo.generalized_advantages)(
        rewards, values, next_values, terminated, truncated, gamma, lam
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_a_truncated_step_is_valued_by_what_would_have_been_seen():
    env, params = TINY.make_env()
    network = ppo.make_network(TINY, env)

    def value(weights, memory, ob):
        return network.apply(weights, memory, ob[None], jnp.zeros((1, 4), jnp.bool_))[1][0]

    @jax.jit
    def run(key):
        key_weights, key_begin, key_steps = jgn.random.split(key, 3)
        weights = ppo.init_weights(key_weights, network, env)
        agents = ppo.begin(key_begin, env, params, 4, TINY.hidden)

        def act(agents, key):
            return ppo.interact(key, network, weights, env, params, agents, greedy=False)

        agents, rollout = jax.lax.scan(act, agents, jgn.random.split(key_steps, 35))
        actual = ppo.values_of_next(network, weights, rollout, agents)
        unseen = rollout.info["final_observation"][29]
        continued = value(weights, rollout.memory[29], unseen)
        return rollout, actual, continued, value(weights, agents.memory, agents.ob)

    rollout, actual, continued, last = run(jax.random.key(0))
    assert np.array_equal(np.flatnonzero(rollout.truncated[:, 0]), [29])
    np.testing.assert_array_equal(actual[:29], rollout.value[1:30])
    np.testing.assert_array_equal(actual[30:34], rollout.value[31:])
    np.testing.assert_allclose(actual[29], continued, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(actual[34], last, rtol=1e-5, atol=1e-6)
    assert np.all(np.abs(continued - rollout.value[30]) > 1e-6)


def test_actions_are_drawn_with_the_probabilities_of_their_logits():
    p = np.array([0.2, 0.5, 0.3])
    n = 40_000
    actions = ppo.sample_actions(
        jax.random.key(0), jnp.broadcast_to(jnp.log(jnp.asarray(p, jnp.float32)), (n, 3))
    )
    # 4.5 standard errors: a right sampler fails for one seed in 50,000.
    bound = 4.5 * np.sqrt(p * (1 - p) / n)
    assert np.all(np.abs(np.bincount(actions, minlength=3) / n - p) < bound)


def test_the_ideal_observer_is_as_good_as_summing_the_evidence_of_the_tasks_trials():
    env, params = jgn.make("PerceptualDecisionMaking-v0")
    ideal = ppo.ideal_for(env, params)
    cohs, n = np.array([0.0, 3.2, 6.4, 12.8, 25.6, 51.2], np.float32), 4_000

    def accuracy(key, coh):
        trials = jax.vmap(lambda key: env.new_trial(key, params, coh=coh))(jgn.random.split(key, n))
        evidence = jnp.sum(trials.ob[:, :, 2] - trials.ob[:, :, 1], axis=1)
        return jnp.mean((evidence > 0) == (trials.conditions["ground_truth"] == 1))

    measured = jax.jit(jax.vmap(accuracy))(jgn.random.split(jax.random.key(0), len(cohs)), cohs)
    expected = ideal(cohs)
    assert expected[0] == 0.5
    # 4.5 standard errors, or a single trial where the ideal observer hardly ever errs.
    bound = np.maximum(4.5 * np.sqrt(expected * (1 - expected) / n), 1.5 / n)
    assert np.all(np.abs(measured - expected) < bound), (measured, expected)


def test_config_rejects_environments_that_do_not_make_whole_minibatches():
    with pytest.raises(ValueError, match="num_envs is a multiple of minibatches"):
        ppo.Config(num_envs=7, minibatches=2)


def test_a_task_and_arguments_of_its_constructor_come_from_the_command_line():
    args = ppo.parse_arguments(["--task", "GoNogo-v0", "--task-args", '{"dt": 50}'])
    env, _ = ppo.Config(task=args.task, task_args=args.task_args).make_env()
    assert env == jgn.make("GoNogo-v0", dt=50)[0]
    with pytest.raises(ValueError, match="discrete actions, ReachingDelayResponse-v0 has others"):
        ppo.Config(task="ReachingDelayResponse-v0").make_env()


@pytest.mark.slow
def test_weights_and_picture_are_kept_in_the_folder(tmp_path, capsys):
    # optax raises a float to the power of an integer count, which strict promotion refuses.
    with jax.numpy_dtype_promotion("standard"):
        short = ["--task-args", '{"timing": {"stimulus": 200}}', "--steps", "1", "--num-envs", "8"]
        ppo.main([*short, "--out", str(tmp_path / "new")])
    assert (
        f"saved psychometric.png, weights.msgpack in {tmp_path / 'new'}" in capsys.readouterr().out
    )
    env, _ = ppo.Config().make_env()
    network = ppo.make_network(ppo.Config(), env)
    like = jax.eval_shape(lambda key: ppo.init_weights(key, network, env), jax.random.key(0))
    written = (tmp_path / "new" / "weights.msgpack").read_bytes()
    weights = serialization.from_bytes(like, written)
    assert jax.tree.map(jnp.shape, weights) == jax.tree.map(jnp.shape, like)
