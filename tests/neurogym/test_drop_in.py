"""NeuroGym's code with another import: what its README and notebooks do, and what they rely on.

The expected numbers and names are NeuroGym 2.3.1's.
"""

import importlib
import itertools

import gymnasium
import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

import jaxgym_neuro as jgn
import jaxgym_neuro.neurogym as ngym
from jaxgym_neuro import registry
from jaxgym_neuro.neurogym import info
from jaxgym_neuro.neurogym.core import TrialEnv
from jaxgym_neuro.neurogym.envs import AnnubesEnv, get_collection
from jaxgym_neuro.neurogym.utils import (
    RandomBlockSchedule,
    RandomSchedule,
    SequentialBlockSchedule,
    SequentialSchedule,
    TruncExp,
    plotting,
)
from jaxgym_neuro.neurogym.utils.scheduler import BaseSchedule
from jaxgym_neuro.neurogym.wrappers import (
    Noise,
    PassAction,
    PassReward,
    RandomGroundTruth,
    ReactionTime,
    ScheduleAttr,
    ScheduleEnvs,
    SideBias,
    TrialHistoryV2,
    block,
)

matplotlib.use("agg")

ID = "PerceptualDecisionMaking-v0"
PROBS = [[0.2, 0.8], [0.8, 0.2]]


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def made():
    return ngym.make(ID, dt=100)


@pytest.fixture
def env(made):
    made.seed(3)
    made.reset()
    return made


@pytest.fixture(scope="module")
def wrapped():
    """The stack of wrappers of NeuroGym's perceptual-decision notebook."""
    timing = {"fixation": TruncExp(600, 400, 700), "stimulus": 2000, "delay": 0, "decision": 100}
    env = ngym.make(ID, dim_ring=2, timing=timing, sigma=1.0, abort=False)
    env = ReactionTime(env, end_on_stimulus=True)
    env = PassAction(PassReward(env))
    return SideBias(env, probs=PROBS, block_dur=(20, 100))


def indices(names):
    return {name: np.atleast_1d(where).tolist() for name, where in names.items()}


# ---------------------------------------------------------------------- make


@pytest.mark.parametrize(
    ("id", "channels", "actions", "timing", "rewards", "choices"),
    [
        (
            ID,
            {"fixation": [0], "stimulus": [1, 2]},
            {"fixation": [0], "choice": [1, 2]},
            {"fixation": 100, "stimulus": 2000, "delay": 0, "decision": 100},
            {"abort": -0.1, "correct": 1.0, "fail": 0.0, "miss": 0.0},
            [0, 1],
        ),
        (
            "GoNogo-v0",
            {"fixation": [0], "nogo": [1], "go": [2]},
            {"fixation": [0], "go": [1]},
            {"fixation": 0, "stimulus": 500, "delay": 500, "decision": 500},
            {"abort": -0.1, "correct": 1.0, "fail": -0.5, "miss": -0.5},
            [0, 1],
        ),
        (
            "ContextDecisionMaking-v0",
            {
                "fixation": [0],
                "stim1_mod1": [1],
                "stim2_mod1": [2],
                "stim1_mod2": [3],
                "stim2_mod2": [4],
            },
            {"fixation": [0], "choice": [1, 2]},
            {
                "fixation": 300,
                "stimulus": 750,
                "delay": ("truncated_exponential", (600, 300, 3000)),
                "decision": 100,
            },
            {"abort": -0.1, "correct": 1.0, "fail": 0.0, "miss": 0.0},
            [1, 2],
        ),
    ],
)
def test_a_made_environment_has_the_attributes(id, channels, actions, timing, rewards, choices):
    env = ngym.make(id)
    assert isinstance(env, gymnasium.Env)
    assert isinstance(env.unwrapped, ngym.TrialEnv)
    assert env.spec.id == id
    assert env.dt == 100
    assert indices(env.observation_space.name) == channels
    assert env.observation_space.shape == (sum(map(len, channels.values())),)
    assert env.observation_space.dtype == np.float32
    assert indices(env.action_space.name) == actions
    assert env.action_space.n == sum(map(len, actions.values()))
    assert env.timing == timing
    assert list(env.timing) == list(timing)
    assert env.rewards == rewards
    assert env.choices.tolist() == choices


def test_the_timing_that_is_told_is_taken_again(made):
    short = {
        "fixation": ("uniform", (100, 300)),
        "stimulus": ("choice", [200, 400]),
        "delay": ("until", 800),
        "decision": ("constant", 100),
    }
    told = ngym.make(ID, timing=short).timing
    assert told == {**short, "decision": 100}
    assert ngym.make(ID, timing=told).timing == told
    assert not hasattr(ngym.make("ReadySetGo-v0"), "choices")


def test_wrong_names_are_met_with_the_closest():
    with pytest.raises(ValueError, match="did you mean 'PerceptualDecisionMaking-v0'"):
        ngym.make("PerceptualDecisionMakin-v0")
    with pytest.raises(ValueError, match="did you mean 'dim_ring'"):
        ngym.make(ID, dim_rings=3)
    with pytest.raises(ValueError, match="did you mean 'stimulus'"):
        ngym.make(ID, timing={"stimuls": 300})
    with pytest.raises(ValueError, match="did you mean 'timing'"):
        ngym.all_envs(tag="timings")
    with pytest.raises(ValueError, match="finite"):
        ngym.make(ID, timing={"stimulus": TruncExp(500)})


def test_tasks_of_pictures_are_listed_and_made_as_those_for_psychopy():
    shown = set(ngym.all_envs(psychopy=True)) - set(ngym.all_envs())
    assert shown == {"RandomDotMotion-v0", "SpatialSuppressMotionPixels-v0", "VisualSearch-v0"}
    for id in shown:
        former = f"psychopy.{id.replace('Pixels', '')}"
        assert ngym.make(former).spec.id == ngym.make(id).spec.id == id


def test_ids_and_tags_are_neurogyms():
    # 2.3.1 has no Detection, as it could not be trained, and none of its contributed tasks.
    others = {
        "Detection-v0",
        "AngleReproduction-v0",
        "CVLearning-v0",
        "ChangingEnvironment-v0",
        "ContextSwitch-v0",
        "LeverPress-v0",
        "LeverPressWithPoke-v0",
        "LeverPressWithPokeRest-v0",
        "MatchingPenny-v0",
        "MemoryRecall-v0",
    }
    assert others < set(ngym.all_envs())
    assert len(set(ngym.all_envs()) - others) == 30
    assert ngym.all_envs(tag="timing") == [
        "IntervalDiscrimination-v0",
        "MotorTiming-v0",
        "OneTwoThreeGo-v0",
        "ReadySetGo-v0",
    ]
    assert {"go-no-go", "supervised", "two-alternative", "working memory"} <= set(ngym.all_tags())
    known = ngym.all_envs(collections=True, psychopy=True, contrib=True)
    collection = get_collection("perceptualdecisionmaking")
    assert collection == [f"perceptualdecisionmaking.{name}-v0" for name in ("ibl20", "roitman02")]
    assert set(collection) < set(known)
    assert get_collection("") == []
    with pytest.raises(ValueError, match="did you mean 'perceptualdecisionmaking'"):
        get_collection("perceptualdecision")


def test_what_is_imported_is_where_neurogym_has_it():
    names = {
        "core": ["TrialEnv", "TrialWrapper"],
        "envs.registration": ["all_envs", "all_tags", "get_collection", "make", "register"],
        "envs.collections": ["get_collection"],
        "utils.data": ["Dataset"],
        "utils.info": ["show_info"],
        "utils.logging": ["logger"],
        "utils.tasktools": ["circular_dist", "to_map"],
        "utils.ngym_random": ["TruncExp", "trunc_exp"],
        "utils.plotting": ["plot_env"],
        "utils.scheduler": ["RandomSchedule", "SequentialBlockSchedule"],
        "utils.spaces": ["Box", "Discrete"],
        "wrappers.block": ["MultiEnvs", "RandomGroundTruth", "ScheduleAttr", "ScheduleEnvs"],
        "wrappers.monitor": ["Monitor"],
        "wrappers.noise": ["Noise"],
        "wrappers.pass_action": ["PassAction"],
        "wrappers.pass_reward": ["PassReward"],
        "wrappers.reaction_time": ["ReactionTime"],
        "wrappers.side_bias": ["SideBias"],
    }
    for module, attributes in names.items():
        loaded = importlib.import_module(f"jaxgym_neuro.neurogym.{module}")
        assert [name for name in attributes if not hasattr(loaded, name)] == []
    first = ["yang19.go-v0", "yang19.rtgo-v0", "yang19.dlygo-v0", "yang19.anti-v0"]
    assert ngym.get_collection("yang19")[:4] == first
    assert len(ngym.get_collection("yang19")) == 20


def test_a_task_is_made_by_its_class():
    env = AnnubesEnv({"v": 1, "a": 0})
    assert env.timing == {"fixation": 500, "stimulus": 1000, "iti": 0}
    assert indices(env.observation_space.name) == {
        "fixation": [0],
        "start": [1],
        "a": [2],
        "v": [3],
    }
    with pytest.raises(ImportError, match="AnubesEnv"):
        from jaxgym_neuro.neurogym.envs import AnubesEnv  # noqa: F401


def test_what_there_is_can_be_read():
    assert info.show_all_tasks(tag="go-no-go") == ngym.all_envs(tag="go-no-go")
    assert info.show_all_tags() == ngym.all_tags()
    page = str(info.show_info("GoNogo-v0"))
    assert page.startswith("GoNogo-v0")
    assert str(info.show_info(ngym.make("GoNogo-v0"))) == page
    assert "SideBias-v0" in info.show_all_wrappers()
    assert "block" in info.show_info("SideBias-v0")
    with pytest.raises(ValueError, match="did you mean 'GoNogo-v0'"):
        info.show_info("GoNoGo-v0")


def test_a_task_of_ones_own_is_registered_once(monkeypatch):
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    monkeypatch.setattr(gymnasium.envs.registration, "registry", dict(gymnasium.registry))
    monkeypatch.setattr(registry, "_listeners", [])
    entry_point = "jaxgym_neuro.tasks.inhibition.go_nogo:GoNogo"
    for _ in range(2):
        ngym.register("Mine-v0", entry_point=entry_point)
    assert ngym.make("Mine-v0").action_space.n == 2


def test_a_subclass_is_of_the_class_to_be_subclassed():
    with pytest.raises(TypeError, match=r"MyTask: .*subclass of jaxgym_neuro.neurogym.TrialEnv"):
        type("MyTask", (ngym.TaskEnv,), {})
    assert not isinstance(gymnasium.make("CartPole-v1").unwrapped, TrialEnv)


# ---------------------------------------------------------------------- trials and steps


def test_a_trial_has_arrays_and_conditions():
    env = ngym.make(ID)
    trial = env.new_trial(coh=51.2)  # before any reset
    assert isinstance(trial, dict)
    assert set(trial) == {"ground_truth", "coh", "signed_coh"}
    assert trial == env.trial
    assert trial["coh"] == 51.2
    assert env.ob.shape == (22, 3)
    assert env.ob.dtype == np.float32
    assert env.gt.shape == (22,)
    assert env.gt.dtype == np.int64
    assert env.gt[-1] == trial["ground_truth"] + 1
    assert env.start_t == {"fixation": 0, "stimulus": 100, "delay": 2100, "decision": 2100}
    assert env.end_t == {"fixation": 100, "stimulus": 2100, "delay": 2100, "decision": 2200}
    assert env.start_ind == {"fixation": 0, "stimulus": 1, "delay": 21, "decision": 21}
    assert env.end_ind == {"fixation": 1, "stimulus": 21, "delay": 21, "decision": 22}
    assert env.tmax == 2200
    assert env.in_period("fixation")
    assert env.in_period("stimulus", t=300)
    with pytest.raises(ValueError, match="did you mean 'coh'"):
        env.new_trial(cohs=51.2)


def test_the_lengths_of_trials_have_their_statistics(made, wrapped):
    stats = made.trial_length_stats(num_trials=50)
    assert stats == {"mean": 22, "std": 0, "percentile_95": 22, "max": 22}
    stats = wrapped.trial_length_stats(num_trials=400)  # fixation lasts 4 to 6 steps, stimulus 20
    assert 24 < stats["mean"] < 26
    assert 0 < stats["std"] < 1
    assert stats["percentile_95"] == stats["max"] == 26


def test_steps_are_neurogyms(env):
    ends = 0
    for _ in range(200):
        before, gt = env.trial, env.gt_now
        transition = env.step(env.action_space.sample())
        ob, reward, terminated, truncated, info = transition
        assert ob.shape == (3,)
        assert isinstance(reward, float)
        assert (terminated, truncated) == (False, False)
        assert info["gt"] == gt
        assert ("performance" in info) == ("trial" in info) == info["new_trial"]
        if info["new_trial"]:
            ends += 1
            assert info["performance"] in (0, 1)
            assert info["trial"] == before
            assert env.t == env.t_ind == 0
    assert ends >= 9


def test_following_the_ground_truth_is_right_in_every_trial(env):
    scores = []
    while len(scores) < 5:
        info = env.step(env.gt_now)[-1]
        if info["new_trial"]:
            scores.append(info["performance"])
    assert scores == [1] * 5


def test_seeds_begin_anew(env):
    def see():
        return np.concatenate([env.new_trial() and env.ob for _ in range(3)])

    first, _ = env.reset(seed=4), see()
    runs = []
    env.seed(4)
    runs.append([env.reset()[0], see(), env.action_space.sample()])
    env.seed(4)
    runs.append([env.reset()[0], see(), env.action_space.sample()])
    env.reset(4)
    again = see()
    env.seed(4)
    unreset = [env.new_trial() and env.ob, see()]
    np.testing.assert_array_equal(runs[0][0], first[0])
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    np.testing.assert_array_equal(runs[0][1], again)
    np.testing.assert_array_equal(unreset[1], again)
    assert runs[0][2] == runs[1][2]
    env.seed(5)
    env.reset()
    assert not np.array_equal(see(), again)


def test_reset_takes_neurogyms_options(env):
    for options in ({"no_step": True}, {"step_fn": env.step}, None):
        ob, _ = env.reset(options=options)
        np.testing.assert_array_equal(ob, env.ob[0])
        assert env.t_ind == 0
    assert env.reset(no_step=True)[0].shape == (3,)
    with pytest.raises(ValueError, match="did you mean 'conditions'"):
        env.reset(options={"condition": {}})


# ---------------------------------------------------------------------- Dataset


def test_a_dataset_is_made_of_an_id():
    dataset = ngym.Dataset(ID, env_kwargs={"dt": 100}, batch_size=16, seq_len=100)
    inputs, target = dataset()
    assert (inputs.shape, inputs.dtype) == ((100, 16, 3), np.float32)
    assert (target.shape, target.dtype) == ((100, 16), np.int64)
    env = dataset.env
    assert (env.observation_space.shape[0], env.action_space.n) == (3, 3)
    dataset.seed(1)
    expected = dataset()
    right = 0
    for _ in range(5):
        env.new_trial()
        right += env.gt[-1] == 1 + (env.ob[1:21, 2].mean() > env.ob[1:21, 1].mean())
    assert right >= 4
    dataset.seed(1)
    np.testing.assert_array_equal(dataset()[0], expected[0])
    assert dataset()[0].shape == (100, 16, 3)
    other = ngym.Dataset(ID, env_kwargs={"dt": 100}, batch_size=16, seq_len=100)
    assert not np.array_equal(other()[0], inputs)


def test_datasets_of_equal_seeds_are_equal(made):
    first, again = (ngym.Dataset(made, seq_len=30, seed=3) for _ in range(2))
    inputs, target = first()
    np.testing.assert_array_equal(inputs, again()[0])
    again._cache()
    assert again()[0].shape == inputs.shape
    assert target.shape == (30, 1)
    with pytest.raises(ValueError, match="fixed by ScheduleAttr"):
        first(coh=0)


def test_a_loop_over_a_dataset_ends_after_max_batch(made):
    dataset = ngym.Dataset(made, max_batch=2, batch_first=True, cache_len=10)
    for _ in range(2):
        shapes = [(inputs.shape, target.shape) for inputs, target in dataset]
        assert shapes == [((1, 1000, 3), (1, 1000))] * 2


def test_a_dataset_leaves_the_environment_alone(env):
    before = env.ob
    dataset = ngym.Dataset(env, batch_size=2, seq_len=20)
    dataset.env.new_trial()
    np.testing.assert_array_equal(env.ob, before)
    with pytest.raises(ValueError, match=r"environment of make\(\)"):
        ngym.Dataset(gymnasium.make("CartPole-v1"))


# ---------------------------------------------------------------------- plots


def test_a_plot_has_a_line_for_each_label(env):
    labels = ["Fixation cue", "Stim 1", "Stim 2"]
    figure = plotting.plot_env(env, num_steps=100, ob_traces=labels)
    assert len(figure.axes) == 4
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == labels
    assert figure.axes[-1].get_xlim()[1] == pytest.approx(10_000, rel=0.01)
    assert pyplot.fignum_exists(figure.number)
    with pytest.raises(ValueError, match="label for each of the 3 channels"):
        ngym.utils.plot_env(env, ob_traces=labels[:2])


def test_a_plot_is_of_as_many_trials_as_asked_for(env, tmp_path):
    file = tmp_path / "run"
    figure = ngym.utils.plot_env(
        env, num_trials=3, def_act=0, plot_performance=False, fname=str(file), name="Three trials"
    )
    assert figure.get_suptitle() == "Three trials"
    labels = [ax.get_ylabel() for ax in figure.axes]
    assert labels == ["fixation", "stimulus", "action", "reward"]  # and no performance
    assert figure.axes[-1].get_xlim()[1] == pytest.approx(3 * 2200, rel=0.01)
    assert (tmp_path / "run.png").stat().st_size > 10_000
    assert pyplot.get_fignums() == []


class Model:
    """Predicts as Stable-Baselines3's agents do, and counts what it remembers."""

    def __init__(self):
        self.memories = []

    def predict(self, ob, state=None, episode_start=None, deterministic=False):
        assert ob.shape == (3,)
        assert deterministic
        assert bool(episode_start[0]) == (state is None)
        self.memories.append(0 if state is None else state)
        return np.array(0), self.memories[-1] + 1


class DummyVecEnv:
    """As in Stable-Baselines3: a list of environments."""

    def __init__(self, makers):
        self.envs = [make() for make in makers]
        self.num_envs = len(self.envs)


def test_an_agent_forgets_between_trials(env):
    model = Model()
    vector = DummyVecEnv([lambda: gymnasium.wrappers.RecordEpisodeStatistics(env)])
    plotting.plot_env(vector, num_trials=2, model=model)
    assert model.memories == [*range(22), *range(22)]
    with pytest.raises(ValueError, match=r"environment of make\(\)"):
        plotting.plot_env(gymnasium.make("CartPole-v1"))


# ---------------------------------------------------------------------- wrappers


def test_the_wrappers_of_the_notebook_stack(wrapped):
    assert wrapped.observation_space.shape == (5,)
    assert wrapped.timing["fixation"] == ("truncated_exponential", (600, 400, 700))
    wrapped.seed(0)
    trial = wrapped.new_trial()
    assert trial["probs"].tolist() in PROBS
    assert wrapped.tmax == wrapped.end_t["stimulus"]
    assert wrapped.start_ind["decision"] == wrapped.start_ind["stimulus"] + 1
    labels = ["Fixation", "Stim 1", "Stim 2", "PassReward", "PassAction"]
    assert len(ngym.utils.plot_env(wrapped, num_trials=5, ob_traces=labels).axes) == 4
    ob, reward, *_ = wrapped.step(2)
    np.testing.assert_allclose(ob[3:], [reward, 2])


def test_ground_truths_follow_the_wrappers_probabilities(env):
    alternating = TrialHistoryV2(env, probs=np.array([[0.0, 1.0], [1.0, 0.0]]))
    drawn = [alternating.new_trial()["ground_truth"] for _ in range(6)]
    assert set(np.abs(np.diff(drawn))) == {1}
    fixed = RandomGroundTruth(env, p=[0.0, 1.0])
    assert [fixed.new_trial()["ground_truth"] for _ in range(4)] == [1] * 4
    scheduled = ScheduleAttr(env, SequentialBlockSchedule(2, [2, 1]), [{"coh": 0}, {"coh": 51.2}])
    assert [scheduled.new_trial()["coh"] for _ in range(6)] == [0, 0, 51.2] * 2
    noisy = Noise(env, std_noise=0.5)
    noisy.new_trial()
    assert noisy.ob[:, 0].std() > 0.2


def test_environments_take_turns_by_a_schedule():
    envs = [ngym.make("GoNogo-v0", timing={"delay": 100}), ngym.make("GoNogo-v0")]
    env = ScheduleEnvs(envs, schedule=RandomSchedule(2), env_input=True)
    assert env.observation_space.shape == (5,)
    tasks = []
    for _ in range(4):
        tasks.append(env.new_trial()["task"])
        assert env.ob.shape == ((11, 5), (15, 5))[tasks[-1]]
        assert np.all(env.ob[:, 3:] == np.eye(2)[tasks[-1]])
    assert set(np.abs(np.diff(tasks))) == {1}
    dataset = ngym.Dataset(env, batch_size=4, seq_len=30)
    assert dataset()[0].shape == (30, 4, 5)
    assert [each.spec.id for each in dataset.env.envs] == ["GoNogo-v0"] * 2


def test_one_of_several_environments_is_chosen():
    envs = [ngym.make("GoNogo-v0", timing={"delay": 100}), ngym.make("GoNogo-v0")]
    env = block.MultiEnvs(envs, env_input=True)
    ends, cues = [], set()
    for i in (0, 1):
        env.set_i(i)
        ob, _ = env.reset(seed=0)
        assert (env.i_env, len(env.ob)) == (i, (11, 15)[i])
        for _ in range(40):
            ob, _, _, _, info = env.step(0)
            cues.add((i, *ob[3:]))
            ends.append(info["new_trial"])
    assert np.diff(np.flatnonzero(ends[:40])).tolist() == [11, 11]
    assert cues == {(0, 1, 0), (1, 0, 1)}
    env = block.ScheduleEnvs(envs, schedule=SequentialSchedule(2))
    drawn = [env.new_trial()["task"]]
    env.set_i(1 - drawn[0])
    drawn += [env.new_trial()["task"] for _ in range(3)]
    assert drawn[1] == 1 - drawn[0]
    assert PassReward(env).set_i(0) is None
    with pytest.raises(ValueError, match="2 environments, from 0; there is none of index 2"):
        env.set_i(2)


class Backwards(BaseSchedule):
    """A schedule of a user's own."""

    def __call__(self):
        self.i = (self.i - 1) % self.n
        return self.i


def test_a_schedule_of_ones_own_is_followed_by_either_kind_of_environment():
    tasks = ScheduleAttr(ngym.make(ID), Backwards(3), [{"coh": coh} for coh in (0, 6.4, 51.2)])
    tasks.reset(seed=0)
    assert [tasks.trial["coh"], *(tasks.new_trial()["coh"] for _ in range(3))] == [
        51.2,
        6.4,
        0,
        51.2,
    ]
    envs = [ngym.make("GoNogo-v0", timing={"delay": 100}), ngym.make("GoNogo-v0")]
    env = ScheduleEnvs(envs, Backwards(2))
    env.reset(seed=0)
    lengths = []
    for _ in range(15 + 11):
        lengths.append(len(env.ob))
        env.step(0)
    assert lengths == [15] * 15 + [11] * 11
    with pytest.raises(ValueError, match="env_input is for environments of make"):
        ScheduleEnvs(envs, Backwards(2), env_input=True)


def test_schedules_return_the_next_index():
    follow = {
        SequentialSchedule(3): [0, 1, 2, 0, 1, 2, 0],
        SequentialBlockSchedule(3, [2, 3, 1]): [0, 0, 1, 1, 1, 2, 0],
    }
    for schedule, expected in follow.items():
        assert [schedule() for _ in range(7)] == expected
        assert (schedule.i, schedule.total_count) == (0, 7)
        schedule.reset()
        assert [schedule() for _ in range(7)] == expected
    drawn = RandomSchedule(3)
    drawn.seed(0)
    indices = [drawn() for _ in range(300)]
    assert np.all(np.diff(indices))
    assert np.bincount(indices).min() > 80  # 100 expected: fails once in 10**6 seeds
    drawn.seed(0)
    drawn.reset()
    assert [drawn() for _ in range(300)] == indices
    blocks = RandomBlockSchedule(3, [2, 3, 4])
    blocks.seed(0)
    indices = np.array([blocks() for _ in range(100)])
    ends = np.flatnonzero(np.diff(indices)) + 1
    lengths = {(indices[begin], end - begin) for begin, end in itertools.pairwise(ends)}
    assert lengths == {(0, 2), (1, 3), (2, 4)}


def test_wrong_wrapping_is_explained(env):
    with pytest.raises(ValueError, match=r"PassReward wraps an environment of make\(\)"):
        PassReward(gymnasium.make("CartPole-v1"))
    with pytest.raises(ValueError, match="has 2 lengths"):
        RandomBlockSchedule(2, [3])
    assert RandomSchedule(1).n == 1


def test_a_wrapped_environment_has_the_params_of_the_one_inside(env):
    default = env.task.default_params
    env.reset(options={"params": default.replace(trials_per_episode=7)})
    assert int(PassReward(env).params.trials_per_episode) == 7
    env.reset(options={"params": default})


def test_the_record_of_trials_takes_a_made_environment(env, tmp_path):
    recorded = jgn.Monitor(env, tmp_path)
    recorded.reset()
    for _ in range(50):
        recorded.step(0)
    recorded.write()
    assert jgn.Monitor.load(tmp_path).performance.tolist() == [0, 0]
