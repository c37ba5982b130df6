import gc
import re
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
from jaxgym_neuro.plotting import blocks, plot_env, style


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
        if line.get_color() == color
        and line.get_xdata()[0] == line.get_xdata()[1]
        and line.get_ydata()[1] == 1  # not up to a name
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
    seen, done = stairs(found["stimulus"]), stairs(found["action"])
    np.testing.assert_allclose(stairs(found["fixation"])["fixation"].values, expected[0])
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
        assert len(stairs(panels(figure)["action"])["action"].values) == num_steps


def test_trials_and_periods_are_marked_where_they_begin(followed, waited):
    for ax in panels(waited).values():
        assert verticals(ax, style.INK) == [320.0]
        assert verticals(ax, style.FAINT) == [40.0, 200.0, 360.0, 520.0]
    for ax in panels(followed).values():
        assert verticals(ax, style.INK) == [220.0]
        assert verticals(ax, style.FAINT) == [40.0, 200.0, 260.0, 420.0]


def texts_of(figure):
    """Texts that stand above the panels, by themselves."""
    return {text.get_text(): text for text in figure.texts}


def test_all_periods_are_named_and_every_other_one_is_shaded(waited, followed):
    for figure in (waited, followed):
        words = [text.get_text() for text in figure.texts]
        for name in ("fixation", "stimulus", "decision"):
            assert words.count(name) == 2
    shaded = [
        tuple(patch.get_extents().intervalx.round())
        for patch in panels(waited)["reward"].patches
        if patch.get_facecolor() == matplotlib.colors.to_rgba(style.BAND)
    ]
    left, _ = panels(waited)["reward"].transData.transform((40, 0))
    right, _ = panels(waited)["reward"].transData.transform((200, 0))
    assert len(shaded) == 2
    np.testing.assert_allclose(shaded[0], (left, right), atol=1)


def test_each_trial_is_headed_by_its_conditions_and_the_title_says_who_acts():
    figure = plot_env(ENV, key=5)
    evidence = ENV.reset(jgn.random.split(jax.random.key(5))[0])[1].trial.conditions["evidence"]
    words = set(texts_of(figure))
    assert f"trial 1: evidence {evidence:.3g}" in words
    assert "actions follow the ground truth" in words
    assert "random actions" in texts_of(plot_env(ENV, policy="random", num_steps=3))
    assert "the subject waits" in texts_of(plot_env(ENV, policy="wait", num_steps=3))
    assert "always action 2" in texts_of(plot_env(ENV, policy=2, num_steps=3))


def test_trials_are_counted_though_some_have_no_room_for_a_heading():
    def breaks_fixation_once(key, ob, num_steps):
        return jnp.where(num_steps == 1, 1, 0), num_steps + 1

    figure = plot_env(
        ENV,
        ENV.default_params.replace(abort=True),
        policy=breaks_fixation_once,
        memory=jnp.int32(0),
        num_steps=2 + 2 * ENV.T,
        fig_kwargs={"figsize": (3, 4)},
    )
    numbers = {words[:7] for words in texts_of(figure) if words.startswith("trial ")}
    assert numbers == {"trial 2", "trial 3"}


def test_units_of_conditions_are_those_of_the_tasks_table():
    words = " ".join(texts_of(plot_env("PerceptualDecisionMaking-v0", num_trials=1)))
    assert re.search(r"coh \d+(\.\d)? %", words)
    both = jgn.wrappers.PassReward(jgn.make("PerceptualDecisionMaking-v0")[0])
    words = " ".join(texts_of(plot_env(both, num_trials=1)))
    assert re.search(r"coh \d+(\.\d)? %", words)


def test_performance_is_scored_where_trials_end(followed, waited):
    for figure, ends, score in ((followed, [210.0, 430.0], 1.0), (waited, [310.0, 630.0], 0.0)):
        ax = panels(figure)["performance"]
        (dots,) = [line for line in ax.lines if line.get_marker() == "o"]
        np.testing.assert_allclose(dots.get_xdata(), ends)
        np.testing.assert_allclose(dots.get_ydata(), [score, score])
        assert ax.texts[0].get_text() == f"mean {score:.2f}"


def test_actions_are_named(waited):
    labels = [label.get_text() for label in panels(waited)["action"].get_yticklabels()]
    assert labels == ["fixation", "choice 1", "choice 2"]


def test_seed_decides_the_picture_and_random_actions_vary():
    figures = [plot_env(ENV, policy="random", key=key) for key in (1, jax.random.key(1), 2)]
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
    assert verticals(found["reward"], style.INK) == [320.0]
    assert "performance" in found


def test_several_tasks_in_one_say_which_it_is_and_name_its_conditions():
    env = jgn.wrappers.MultiTask([ENV, Report(num_stimuli=2)])
    (heading,) = (words for words in texts_of(plot_env(env, num_trials=1)) if "trial 1" in words)
    assert re.fullmatch(r"trial 1: task Report(_2)?, evidence -?0\.\d+", heading)


def test_up_to_three_channels_of_a_name_are_lines_and_more_an_image():
    for count in (3, 4):
        ax = panels(plot_env(Report(num_stimuli=count), num_steps=3))["stimulus"]
        assert len(stairs(ax)) == (count if count == 3 else 0)
        assert len(ax.images) == (count == 4)
    env = Report(num_stimuli=12)
    found = panels(plot_env(env, num_steps=3))
    assert found["stimulus"].images[0].get_array().shape == (12, 3)
    assert found["stimulus"].get_yticklabels()[0].get_text() == "1"
    assert set(stairs(found["fixation"])) == {"fixation"}
    ax = panels(plot_env(env, num_steps=3, ob_traces=["fixation", 2]))["observation"]
    assert set(stairs(ax)) == {"fixation", "stimulus 2"}
    ax = panels(plot_env(env, num_steps=3, ob_traces={"cue": "fixation", "left": 1}))["observation"]
    assert set(stairs(ax)) == {"cue", "left"}


def test_a_ring_has_an_axis_of_angles_and_half_of_its_first_unit_at_either_end():
    found = panels(plot_env("yang19.go-v0", num_trials=1))
    ax = found["stimulus_mod1 (deg)"]
    assert ax.get_yticks().tolist() == [0, 180, 360]
    assert ax.get_ylim() == (0, 360)
    rows = np.asarray(ax.images[0].get_array())
    assert rows.shape[0] == 17
    np.testing.assert_array_equal(rows[0], rows[-1])
    assert ax.images[0].get_extent()[2:] == [360 + 11.25, -11.25]
    names = [label.get_text() for label in found["action"].get_yticklabels()]
    assert names == ["fixation", "90\N{DEGREE SIGN}", "180\N{DEGREE SIGN}", "270\N{DEGREE SIGN}"]


def test_an_angle_has_its_unit():
    found = panels(plot_env("Reaching1D-v0", num_trials=1))
    assert "ground truth (rad)" in found
    assert {"target (deg)", "self (deg)"} <= set(found)


def test_channels_that_are_called_like_a_panel_are_told_apart():
    found = panels(plot_env(jgn.wrappers.PassReward(ENV), num_trials=1))
    assert {"reward (seen)", "reward"} <= set(found)


def test_channels_with_two_names_are_shown_once():
    space = jgn.spaces.Box(0, 1, (3,), name={"both": [0, 1], "left": 0, "right": 1})
    shown = blocks.blocks_of(space, ENV)
    assert [block.name for block in shown] == ["both", "channel 2"]
    assert shown[0].labels == ("both 1 / left", "both 2 / right")


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
    assert list(found) == ["observation", "action 0", "action 1", "reward"]
    assert found["reward"].get_xlabel() == "time (steps)"
    (seen,) = stairs(found["observation"]).values()
    assert len(seen.values) == 200
    np.testing.assert_allclose(seen.values[:30], 0.25 * np.arange(30))
    assert stairs(found["action 1"])["action"].values.tolist() == [-0.25] * 200
    assert verticals(found["reward"], style.INK) == [30.0 * n for n in range(1, 7)]


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 7), (4, 5, 2, 2)])
def test_pictures_are_drawn_in_their_proportions_with_a_line_to_their_times(shape):
    env = Drift(shape, jgn.spaces.Discrete(2))
    figure = plot_env(env, num_steps=16, policy=1)
    ax = panels(figure)["observation"]
    assert len(ax.images) >= 4
    box = ax.get_window_extent()
    previous = 0.0
    for image, line in zip(ax.images, ax.lines, strict=True):
        left, right, bottom, top = image.get_extent()
        assert previous <= left < right <= 16.1
        previous = right
        wide = (right - left) / np.ptp(ax.get_xlim()) * box.width
        assert wide / ((top - bottom) * box.height) == pytest.approx(5 / 4, rel=1e-3)
        step = int(line.get_xdata()[1])
        np.testing.assert_allclose(np.asarray(image.get_array()), step / 15, rtol=1e-5)


def test_of_pictures_those_of_the_periods_are_shown():
    figure = plot_env("RandomDotMotion-v0", num_trials=1)
    lines = panels(figure)["observation"].lines
    times = [line.get_xdata()[1] for line in lines if line.get_color() == style.NOTE]
    assert times == pytest.approx([56, 1112, 2104], abs=20)


def test_wrapped_tasks_and_ids_are_drawn_with_their_trials(waited):
    with jax.numpy_dtype_promotion("standard"):  # LogWrapper relies on it
        wrapped = panels(plot_env(LogWrapper(ENV), policy=0, key=5))
    assert set(wrapped) == set(panels(waited))
    assert verticals(wrapped["reward"], style.INK) == [320.0]
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
