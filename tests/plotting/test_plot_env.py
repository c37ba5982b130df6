import gc
import itertools
import warnings
import weakref

import chex
import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest
from gymnax.environments.environment import Environment, EnvParams
from gymnax.wrappers.purerl import LogWrapper

import jaxgym_neuro as jgn
from jaxgym_neuro.plotting import plot_env
from jaxgym_neuro.plotting.canvas import _PERIOD_COLOR, _TRIAL_COLOR


class Report(jgn.ChoiceTask):
    """Cue for 2 steps, stimulus for 8, answer within 6; the first answer ends the trial."""

    TIMING = {"fixation": 40, "stimulus": 160, "decision": 120}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}

    def __init__(self, num_stimuli=2, ground_truth_space=None):
        units = range(1, num_stimuli + 1)
        super().__init__(
            dt=20,
            observation_space=jgn.spaces.Box(
                -1, 1, (1 + num_stimuli,), name={"fixation": 0, "stimulus": units}
            ),
            action_space=jgn.spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
            ground_truth_space=ground_truth_space,
        )

    def sample_conditions(self, key, params, carry):
        return {"evidence": jgn.random.uniform(key) - 0.5}, carry

    def build_trial(self, builder, conditions, params):
        evidence = conditions["evidence"]
        truth = jnp.where(evidence > 0, 2, 1)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(evidence, period="stimulus", where="stimulus")
            .set_groundtruth(truth, period="decision")
        )


@chex.dataclass(frozen=True)
class DriftState:
    time: jax.Array
    place: jax.Array


class Drift(Environment):
    """A plain gymnax environment: the observation adds up the actions; 30 steps long."""

    def __init__(self, ob_shape, action_space):
        self.ob_shape, self.space = ob_shape, action_space

    @property
    def default_params(self):
        return EnvParams(max_steps_in_episode=30)

    def reset_env(self, key, params):
        state = DriftState(time=jnp.int32(0), place=jnp.float32(0))
        return jnp.zeros(self.ob_shape, jnp.float32), state

    def step_env(self, key, state, action, params):
        place = state.place + jnp.sum(action).astype(jnp.float32)
        ob = jnp.full(self.ob_shape, place)
        return ob, DriftState(time=state.time + 1, place=place), place, jnp.bool_(False), {}

    def observation_space(self, params):
        return jgn.spaces.Box(-np.inf, np.inf, self.ob_shape)

    def action_space(self, params):
        return self.space


ENV = Report()


@pytest.fixture(scope="module")
def followed():
    """Two trials of 11 steps: the answer comes at the first step of the decision."""
    return plot_env(ENV, policy="ground_truth", key=5)


@pytest.fixture(scope="module")
def waited():
    """Two trials of 16 steps, in which nothing is done."""
    return plot_env(ENV, policy=0, key=5)


def panels(figure):
    return {ax.get_ylabel().replace("\n", " "): ax for ax in figure.axes if ax.get_ylabel()}


def stairs(ax):
    """Values of the lines and areas of a panel, by label; unlabelled ones as they come."""
    found = [patch for patch in ax.patches if hasattr(patch, "get_data")]
    return {patch.get_label() or index: patch.get_data() for index, patch in enumerate(found)}


def verticals(ax, color):
    return sorted(
        float(line.get_xdata()[0])
        for line in ax.lines
        if line.get_color() == color and line.get_xdata()[0] == line.get_xdata()[1]
    )


def test_each_step_shows_what_was_seen_done_due_and_earned_at_that_step():
    figure = plot_env(ENV, policy="ground_truth", key=9, num_steps=14)

    key_reset, key_steps = jgn.random.split(jax.random.key(9))
    ob, state = ENV.reset(key_reset)
    rows = []
    for key in jgn.random.split(key_steps, 14):
        truth = ENV.gt_now(state)
        _, key_step = jgn.random.split(key)
        next_ob, state, reward, *_ = ENV.step(key_step, state, truth)
        rows.append([*ob.tolist(), int(truth), int(truth), float(reward)])
        ob = next_ob
    expected = np.array(rows).T

    found = panels(figure)
    seen, done = stairs(found["observation"]), stairs(found["action"])
    np.testing.assert_allclose(seen["fixation"].values, expected[0])
    np.testing.assert_allclose(seen["stimulus 1"].values, expected[1], rtol=1e-6)
    np.testing.assert_allclose(seen["stimulus 2"].values, expected[2], rtol=1e-6)
    np.testing.assert_array_equal(done["ground truth"].values, expected[3])
    np.testing.assert_array_equal(done["action"].values, expected[4])
    (earned,) = stairs(found["reward"]).values()
    np.testing.assert_allclose(earned.values, expected[5])
    assert expected[5].sum() == 1.0
    np.testing.assert_array_equal(earned.edges, np.arange(15) * 20.0)


def test_as_many_trials_as_asked_for_are_drawn_whenever_they_end(followed, waited):
    for figure, num_steps in ((followed, 22), (waited, 32)):
        (earned,) = stairs(panels(figure)["reward"]).values()
        assert len(earned.values) == num_steps


def test_trials_and_periods_are_marked_where_they_begin(followed, waited):
    for ax in panels(waited).values():
        assert verticals(ax, _TRIAL_COLOR) == [320.0]
        assert verticals(ax, _PERIOD_COLOR) == [40.0, 200.0, 360.0, 520.0]
    for ax in panels(followed).values():
        assert verticals(ax, _TRIAL_COLOR) == [220.0]
        assert verticals(ax, _PERIOD_COLOR) == [40.0, 200.0, 260.0, 420.0]


def test_period_names_stand_in_their_trial_and_do_not_overlap(waited, followed):
    for figure in (waited, followed):
        figure.draw_without_rendering()
        texts = panels(figure)["observation"].texts
        boxes = sorted((text.get_window_extent().x0, text.get_window_extent().x1) for text in texts)
        assert {"stimulus", "decision"} <= {text.get_text() for text in texts}
        assert all(left[1] <= right[0] for left, right in itertools.pairwise(boxes))


def test_performance_is_scored_where_trials_end(followed, waited):
    for figure, ends, score in ((followed, [210.0, 430.0], 1.0), (waited, [310.0, 630.0], 0.0)):
        ax = panels(figure)["performance"]
        (dots,) = [line for line in ax.lines if line.get_marker() == "o"]
        np.testing.assert_allclose(dots.get_xdata(), ends)
        np.testing.assert_allclose(dots.get_ydata(), [score, score])
        assert ax.texts[0].get_text() == f"mean\n{score:.2f}"


def test_actions_are_named(waited):
    labels = [label.get_text() for label in panels(waited)["action"].get_yticklabels()]
    assert labels == ["fixation", "choice 1", "choice 2"]


def test_seed_decides_the_picture_and_random_actions_vary():
    figures = [plot_env(ENV, key=key) for key in (1, jax.random.key(1), 2)]
    actions = [stairs(panels(figure)["action"])["action"].values for figure in figures]
    np.testing.assert_array_equal(actions[0], actions[1])
    assert not np.array_equal(actions[0], actions[2])
    assert set(actions[0].tolist()) == {0, 1, 2}


def test_a_policy_remembers_until_the_end_of_an_episode():
    def count(key, ob, seen):
        return seen % 3, seen + 1

    params = ENV.default_params.replace(max_steps_in_episode=7)
    figure = plot_env(ENV, params, policy=count, memory=jnp.int32(0), num_steps=14)
    taken = stairs(panels(figure)["action"])["action"].values
    assert taken.tolist() == [i % 7 % 3 for i in range(14)]


def test_several_tasks_in_one_are_drawn_with_their_trials():
    env = jgn.wrappers.MultiTask([ENV, Report(num_stimuli=2)])
    found = panels(plot_env(env, policy="wait", num_trials=2, key=5))
    assert verticals(found["reward"], _TRIAL_COLOR) == [320.0]
    assert "performance" in found


def test_many_channels_are_an_image_unless_traces_are_asked_for():
    env = Report(num_stimuli=12)
    ax = panels(plot_env(env, num_steps=3))["observation"]
    assert ax.images[0].get_array().shape == (13, 3)
    assert ax.get_yticklabels()[0].get_text() == "fixation"
    ax = panels(plot_env(env, num_steps=3, ob_traces=["fixation", 2]))["observation"]
    assert set(stairs(ax)) == {"fixation", "stimulus 2"}
    ax = panels(plot_env(env, num_steps=3, ob_traces={"cue": "fixation", "left": 1}))["observation"]
    assert set(stairs(ax)) == {"cue", "left"}


def test_ground_truth_that_is_no_action_has_its_own_panel():
    env = Report(ground_truth_space=jgn.spaces.Box(0, 2, (), np.int32))
    found = panels(plot_env(env, num_steps=12, policy=0))
    assert set(stairs(found["action"])) == {"action"}
    (truth,) = stairs(found["ground truth"]).values()
    assert truth.values[:10].tolist() == [0.0] * 10
    assert truth.values[10] in (1.0, 2.0)


def test_plain_environment_with_continuous_actions_is_drawn_over_steps():
    env = Drift((), jgn.spaces.Box(-1, 1, (2,)))
    figure = plot_env(env, policy=lambda key, ob, memory: (jnp.array([0.5, -0.25]), memory))
    found = panels(figure)
    assert list(found) == ["observation", "action", "reward"]
    assert found["reward"].get_xlabel() == "time (steps)"
    (seen,) = stairs(found["observation"]).values()
    assert len(seen.values) == 200
    np.testing.assert_allclose(seen.values[:30], 0.25 * np.arange(30))
    assert stairs(found["action"])["action 1"].values.tolist() == [-0.25] * 200
    assert verticals(found["reward"], _TRIAL_COLOR) == [30.0 * n for n in range(1, 7)]


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 7), (4, 5, 2, 2)])
def test_pictures_are_drawn_at_their_times(shape):
    env = Drift(shape, jgn.spaces.Discrete(2))
    figure = plot_env(env, num_steps=16, policy=1)
    images = panels(figure)["observation"].images
    assert len(images) == 8
    for number, image in enumerate(images):
        left, right, _, _ = image.get_extent()
        assert 2 * number <= left < right <= 2 * (number + 1)
        np.testing.assert_allclose(np.asarray(image.get_array()), (2 * number + 1) / 15, rtol=1e-5)


def test_wrapped_tasks_and_ids_are_drawn_with_their_trials(waited):
    with jax.numpy_dtype_promotion("standard"):  # LogWrapper relies on it
        wrapped = panels(plot_env(LogWrapper(ENV), policy=0, key=5))
    assert list(wrapped) == list(panels(waited))
    assert verticals(wrapped["reward"], _TRIAL_COLOR) == [320.0]
    figure = plot_env("PerceptualDecisionMaking-v0", num_steps=2, name="Motion")
    assert figure.get_suptitle() == "Motion"


def test_legend_and_figure_arguments():
    figure = plot_env(ENV, num_steps=2, legend=False, fig_kwargs={"figsize": (3, 2)})
    assert all(ax.get_legend() is None for ax in figure.axes)
    assert figure.get_size_inches().tolist() == [3.0, 2.0]


def test_nothing_global_changes_and_nothing_stays(tmp_path):
    before = dict(matplotlib.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot_env(ENV, num_steps=2)
        figure.savefig(tmp_path / "figure.png")
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in matplotlib.__dict__ or not matplotlib.pyplot.get_fignums()
    assert (tmp_path / "figure.png").stat().st_size > 1_000
    reference = weakref.ref(figure)
    del figure
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"env": "PerceptualDecisionMakin-v0"}, "did you mean 'PerceptualDecisionMaking-v0'"),
        ({"env": 3}, "a registered id or an environment"),
        ({"num_trials": 0}, "num_trials is a whole number of at least 1"),
        ({"num_steps": 2.5}, "num_steps is a whole number"),
        ({"policy": 3}, "one of 3, from 0, not 3"),
        ({"policy": -1}, "at least 0"),
        ({"policy": "rundom"}, "did you mean 'random'"),
        ({"policy": lambda key, ob, memory: (ob, memory)}, r"shape \(\), not \(3,\)"),
        ({"policy": lambda key, ob, memory: (0.5, memory)}, "whole number"),
        ({"env": Drift((), jgn.spaces.Box(-1, 1, (2,))), "policy": 1}, r"shape \(2,\)"),
        ({"ob_traces": ["stimulos"]}, "did you mean 'stimulus'"),
        ({"ob_traces": [3]}, "channel 3 does not exist"),
        ({"ob_traces": []}, "at least one"),
        ({"ob_traces": "stimulus"}, "list of channels"),
        ({"env": Drift((4, 4), jgn.spaces.Discrete(2)), "ob_traces": [0]}, "pictures"),
        ({"key": "seed"}, "key"),
        ({"key": jnp.zeros(3, jnp.uint32)}, "typed key"),
        ({"key": 1.5}, "key"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot_env(**{"env": ENV, **arguments})
