"""Tasks written as NeuroGym's classes, and all that NeuroGym's users do with them."""

import copy
import pickle
import types

import gymnasium
import matplotlib
import numpy as np
import pytest
from class_tasks import TASKS, Motion, Sign, SignByName, SignInPeriods
from gymnasium.utils.env_checker import check_env
from matplotlib import pyplot

import jaxgym_neuro.neurogym as ngym
from jaxgym_neuro import timing
from jaxgym_neuro.neurogym.core import InvalidOperationError, TrialEnv, TrialWrapper
from jaxgym_neuro.neurogym.utils.ngym_random import TruncExp, trunc_exp

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


def steps(env, action, count):
    return [env.step(action) for _ in range(count)]


class Empty(TrialEnv):
    """A task of which a test writes the rest."""

    def __init__(self, dt=100, shape=(2,), **kwargs):
        super().__init__(dt=dt, **kwargs)
        self.observation_space = ngym.spaces.Box(
            -9, 9, shape=shape, dtype=np.float32, name={"a": 0, "ends": [0, shape[0] - 1]}
        )
        self.action_space = ngym.spaces.Discrete(2)
        self.timing = {"one": 300, "two": 200}

    def _new_trial(self, **kwargs):
        self.add_period(["one", "two"])
        return dict(kwargs)

    def _step(self, action):
        return self.ob_now, 0.0, False, False, {}


# ---------------------------------------------------------------------- trials


def test_trials_are_neurogyms_number_for_number():
    """Ground truth, coherence, shape, sum of observations and of ground truth, ms, decision."""
    durations = {
        "fixation": ("choice", [100, 300]),
        "stimulus": ("uniform", (300, 900)),
        "delay": [0, 200, 400],
    }
    env = Motion(timing=durations, dim_ring=4)
    env.seed(7)
    drawn = []
    for _ in range(4):
        trial = env.new_trial()
        of_arrays = (env.ob.shape, round(float(env.ob.sum()), 3), int(env.gt.sum()))
        drawn.append((trial["ground_truth"], trial["coh"], *of_arrays, env.tmax))
    assert drawn == [  # what 2.3.1 draws with this seed
        (3, 51.2, (8, 5), 15.049, 4, 800),
        (1, 0.0, (10, 5), 16.191, 2, 1000),
        (3, 25.6, (9, 5), 18.135, 4, 900),
        (2, 25.6, (16, 5), 29.924, 3, 1600),
    ]


def test_a_trial_has_its_arrays_periods_and_conditions():
    env = Motion()
    trial = env.new_trial(coh=51.2, ground_truth=1)
    assert trial is env.trial
    assert (trial["coh"], trial["ground_truth"]) == (51.2, 1)
    assert (env.ob.shape, env.ob.dtype) == ((22, 3), np.float32)
    assert (env.gt.tolist(), env.gt.dtype) == ([0] * 21 + [2], np.int64)
    assert env.ob[:21, 0].tolist() == [1] * 21
    assert env.start_t == {"fixation": 0, "stimulus": 100, "delay": 2100, "decision": 2100}
    assert env.end_ind == {"fixation": 1, "stimulus": 21, "delay": 21, "decision": 22}
    assert (env.tmax, env.t, env.t_ind, env.num_tr) == (2200, 0, 0, 1)
    assert env.view_ob("stimulus").shape == (20, 3)
    assert env.view_groundtruth("decision").tolist() == [2]


def test_observations_are_added_set_and_made_noisy_by_period_and_channel():
    env = Empty(shape=(3,))
    env.new_trial()
    env.add_ob(1)
    env.add_ob(2, period="two")
    env.add_ob([1, 2, 3], period=["one"])
    env.add_ob(np.array([10, 20]), where="ends")  # channels that do not follow each other
    env.set_ob(7, period="two", where="a")
    env.set_ob(lambda ob: ob + 5, period="two", where=[1])
    env.add_ob(lambda ob: 10 * ob, period="one", where=1)
    assert env.ob.tolist() == [[12, 33, 24]] * 3 + [[7, 5, 23]] * 2
    env.rng = np.random.RandomState(0)
    env.add_randn(1, 2, period="one", where=slice(0, 2))
    expected = 1 + 2 * np.random.RandomState(0).randn(3, 2)
    np.testing.assert_allclose(env.ob[:3, :2] - [12, 33], expected, rtol=1e-5)
    assert env.ob[:3, 2].tolist() == [24] * 3


def test_what_the_trial_does_not_have_is_met_with_the_closest():
    env = Empty()
    env.new_trial()
    with pytest.raises(ValueError, match="unknown channel 'en'; did you mean 'ends'"):
        env.add_ob(1, where="en")
    with pytest.raises(ValueError, match="unknown period of this trial 'on'; did you mean 'one'"):
        env.add_ob(1, period="on")
    with pytest.raises(InvalidOperationError, match="period 'two' is added too late"):
        env.add_period("two")
    with pytest.raises(ValueError, match="unknown period 'tow'; did you mean 'two'"):
        env.in_period("tow")
    with pytest.raises(ValueError, match="unknown action 'go'"):
        env.set_groundtruth(1, where="go")
    with pytest.raises(ValueError, match="unknown reset option 'condition'"):
        env.reset(options={"condition": {}})
    with pytest.raises(gymnasium.error.ResetNeeded):
        Empty().step(0)
    env.reset()
    env.timing["one"] = ("unifrom", (1, 2))
    with pytest.raises(ValueError, match="did you mean 'uniform'"):
        env.new_trial()
    with pytest.raises(NotImplementedError, match="_new_trial"):
        TrialEnv().new_trial()


def test_periods_are_placed_by_time_by_each_other_and_side_by_side():
    class Placed(Empty):
        def _new_trial(self):
            self.add_period("one", after=100)
            self.add_period("cue", duration=50, before="one")  # less than a step is a step
            self.add_period("two", after="one")
            self.add_period("all", duration=600)
            return {}

    env = Placed()
    env.new_trial()
    assert env.start_ind == {"one": 1, "cue": 0, "two": 4, "all": 0}
    assert env.end_ind == {"one": 4, "cue": 1, "two": 6, "all": 6}
    assert (env.in_period("cue"), env.in_period("all"), env.in_period("one")) == (True, True, False)
    assert env.in_period("one", t=399)
    assert not env.in_period("one", t=400)
    assert env.tmax == 600


def test_a_period_that_the_trial_does_not_have_holds_no_step():
    class Sometimes(Empty):
        def _new_trial(self, extra=False):
            self.add_period(["one", "extra"] if extra else ["one"])
            return {}

    env = Sometimes()
    env.timing["extra"] = 100
    env.new_trial(extra=True)
    assert env.in_period("extra", t=300)
    env.new_trial()
    assert not env.in_period("extra", t=300)
    assert "extra" not in env.start_ind


@pytest.mark.parametrize(
    ("spec", "low", "high"),
    [
        (250, 200, 200),
        (50, 100, 100),
        (0, 0, 0),
        (np.float32(300), 300, 300),
        (("constant", 300), 300, 300),
        (("until", 800), 800, 800),
        ([100, 300], 100, 300),
        (("choice", [100, 300]), 100, 300),
        (("uniform", (100, 500)), 100, 400),
        (("truncated_exponential", [200, 100, 400]), 100, 300),
        (timing.TruncatedExponential(200, 100, 400), 100, 300),
        (timing.Uniform(100, 500), 100, 400),
        (TruncExp(200, 100, 400), 100, 300),
        (lambda: 350, 300, 300),
    ],
)
def test_durations_of_every_form_are_whole_steps(spec, low, high):
    env = Empty()
    env.seed(0)
    env.timing["one"] = spec
    drawn = {env.sample_time("one") for _ in range(60)}
    assert (min(drawn), max(drawn)) == (low, high)
    assert all(ms % 100 == 0 for ms in drawn)


def test_until_counts_from_the_trial_under_way():
    env = Empty()
    env.timing["two"] = ("until", 700)
    for _ in range(2):
        env.new_trial()
        assert env.end_t["two"] == 700
    env.timing["two"] = ("until", 200)
    with pytest.raises(ValueError, match="ends at 200 ms, but the periods before it end at 300"):
        env.new_trial()


def test_exponential_durations_keep_their_bounds_and_mean():
    rng = np.random.RandomState(0)
    drawn = np.array([trunc_exp(rng, 600, 300, 3000) for _ in range(4000)])
    expected = timing.TruncatedExponential(600, 300, 3000).true_mean()
    assert drawn.min() >= 300
    assert drawn.max() < 3000
    assert abs(drawn.mean() - expected) < 4.5 * drawn.std() / 4000**0.5  # fails once in 10**5 seeds
    assert trunc_exp(rng, 1, 9000, 9001) >= 9000  # where rejection would hardly end
    assert trunc_exp(rng, 5, 7, 7) == 7


# ---------------------------------------------------------------------- steps


def test_reset_shows_the_first_observation_and_takes_no_step():
    env = Motion()
    ob, info = env.reset(seed=3)
    np.testing.assert_array_equal(ob, env.ob[0])
    assert (env.t_ind, env.num_tr, info) == (0, 1, {})
    for index in range(1, 22):
        ob, reward, terminated, truncated, info = env.step(0)
        np.testing.assert_array_equal(ob, env.ob[index])
        assert (reward, terminated, truncated) == (0, False, False)
        assert (info["new_trial"], info["gt"], env.t) == (False, 0, 100 * index)


def test_what_a_trial_ends_with_is_its_own():
    env = Motion()
    env.reset(seed=3)
    trial, first = env.trial, env.ob
    steps(env, 0, 21)
    ob, reward, _, _, info = env.step(env.gt_now)
    assert (reward, info["performance"], info["new_trial"]) == (1, 1, True)
    assert info["trial"] is trial
    assert env.trial is not trial
    assert env.ob is not first
    np.testing.assert_array_equal(ob, env.ob[0])
    assert (env.t_ind, env.num_tr, env.performance) == (0, 2, 0)


def test_a_trial_without_answer_ends_with_its_last_step():
    env = Empty(r_tmax=-1)
    env.reset()
    ends = [info["new_trial"] for *_, info in steps(env, 0, 10)]
    assert ends == [False, False, False, False, True] * 2
    assert [reward for _, reward, *_ in steps(env, 0, 5)] == [0, 0, 0, 0, -1]


def test_a_clock_with_fractions_counts_whole_steps():
    env = Empty(dt=8.3)
    env.timing = {"one": 30 * 8.3, "two": 6 * 8.3}
    env.reset()
    assert len(env.view_ob()) == 36
    inside = [env.in_period("one")]
    ends = []
    for _ in range(36):
        ends.append(env.step(0)[4]["new_trial"])
        inside.append(env.in_period("one"))
    assert ends == [False] * 35 + [True]
    assert inside[:36] == [True] * 30 + [False] * 6


def test_performance_that_new_trial_sets_stays():
    """As in tasks where it is right to wait."""

    class Wait(Empty):
        def _new_trial(self):
            self.add_period("one")
            self.performance = 1
            return {}

    env = Wait()
    env.reset()
    scores = [info.get("performance") for *_, info in steps(env, 0, 6)]
    assert scores == [None, None, 1] * 2


def test_a_step_adds_to_observations_to_come():
    class Feedback(Empty):
        def _step(self, action):
            if action and self.in_period("one"):
                self.add_ob(5, period="two", where="a")
            return self.ob_now, 0.0, False, False, {}

    env = Feedback()
    env.reset()
    shown = [env.step(int(t == 0))[0][0] for t in range(4)]
    assert shown == [0, 0, 5, 5]
    assert env.ob_now.tolist() == env.ob[env.t_ind].tolist()


def test_observations_given_away_are_copies():
    env = Motion()
    ob, _ = env.reset(seed=0)
    before = env.ob.copy()
    ob += 1
    env.step(0)[0][:] = 7
    np.testing.assert_array_equal(env.ob, before)


def test_post_step_changes_the_first_observation_and_every_other():
    class Seen(Empty):
        def post_step(self, ob, reward, terminated, truncated, info):
            ob[1] = self.t_ind
            return ob, reward, terminated, truncated, info

    env = Seen()
    shown = [env.reset()[0][1], *(ob[1] for ob, *_ in steps(env, 0, 6))]
    assert shown == [0, 1, 2, 3, 4, 0, 1]


def test_a_task_of_one_step_that_shows_in_step_can_be_solved():
    env = Sign()
    ob, _ = env.reset(seed=0)
    for _ in range(20):
        ob, reward, _, _, info = env.step(int(ob[0] > 0))
        assert (reward, info["new_trial"]) == (1, True)
    assert env.num_tr == 21


def test_a_task_that_shows_in_step_has_all_steps_of_its_first_trial():
    env = SignInPeriods()
    ob, _ = env.reset(seed=0)
    assert ob == env.trial["stimulus"]
    assert (env.t_ind, env.num_tr) == (0, 1)
    ends = [info["new_trial"] for *_, info in steps(env, 0, 10)]
    assert ends == [False] * 9 + [True]


def test_all_draws_follow_the_seed():
    durations = {"stimulus": TruncExp(600, 300, 3000), "delay": TruncExp(600, 300, 3000)}

    def see(env):
        return np.concatenate([env.new_trial() and env.ob for _ in range(4)])

    env = Motion(timing=durations)
    env.seed(4)
    runs = [see(env), env.action_space.sample()]
    env.seed(4)
    again = [see(env), env.action_space.sample()]
    env.reset(seed=4)
    reset = env.ob
    copied = copy.deepcopy(env)
    np.testing.assert_array_equal(runs[0], again[0])
    np.testing.assert_array_equal(runs[0][: len(reset)], reset)
    np.testing.assert_array_equal(see(env), see(copied))
    assert runs[1] == again[1]
    lengths = [env.new_trial() and (env.sample_time("stimulus"), env.end_t["delay"])]
    assert env.timing["stimulus"].rng.randint(2**30) != env.timing["delay"].rng.randint(2**30)
    assert lengths


def test_lengths_of_trials_have_their_statistics_and_nothing_changes():
    env = Motion(timing={"stimulus": ("uniform", (300, 900))})
    env.reset(seed=0)
    before = env.rng.get_state()[1].copy(), env.trial
    stats = env.trial_length_stats(200)
    assert set(stats) == {"mean", "std", "percentile_95", "max"}
    assert 7 < stats["mean"] < 8.5
    assert stats["max"] == 10
    assert (env.rng.get_state()[1] == before[0]).all()
    assert env.trial is before[1]


# ---------------------------------------------------------------------- what else takes them


@pytest.mark.parametrize("task", TASKS)
def test_every_task_of_the_tutorials_kinds_is_a_gymnasium_environment(task):
    env = task()
    assert isinstance(env, gymnasium.Env)
    assert isinstance(env.unwrapped, ngym.TrialEnv)
    vector = gymnasium.vector.SyncVectorEnv([task, task])
    ob, _ = vector.reset(seed=0)
    assert ob.shape == (2, *env.observation_space.shape)
    for _ in range(25):
        vector.step(vector.action_space.sample())
    truths = np.array([[env.new_trial()["ground_truth"] for _ in range(20)] for env in vector.envs])
    assert not np.array_equal(*truths)
    restored = pickle.loads(pickle.dumps(vector.envs[0]))
    restored.step(0)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # infinite bounds, and a metadata without fps
def test_gymnasiums_checker_has_no_complaints():
    check_env(Motion(), skip_render_check=True)
    check_env(ngym.wrappers.PassReward(SignByName()), skip_render_check=True)


def test_a_dataset_is_laid_of_their_trials():
    data = ngym.Dataset(Motion(), batch_size=3, seq_len=50, seed=1)
    inputs, target = data()
    assert (inputs.shape, inputs.dtype) == ((50, 3, 3), np.float32)
    assert (target.shape, target.dtype) == ((50, 3), np.int64)
    after, _ = data()
    stream = np.concatenate([inputs, after])
    cue = np.resize([1] * 21 + [0], 100)
    np.testing.assert_array_equal(stream[:, :, 0], np.repeat(cue[:, None], 3, 1))
    assert not np.array_equal(inputs[:, 0], inputs[:, 1])
    again = ngym.Dataset(Motion(), batch_size=3, seq_len=50, seed=1)
    np.testing.assert_array_equal(again()[0], inputs)
    rows = ngym.Dataset(Motion(), batch_size=3, seq_len=50, max_batch=2, batch_first=True, seed=1)
    shapes = [(x.shape, y.shape) for x, y in rows]
    assert shapes == [((3, 50, 3), (3, 50))] * 2
    with pytest.raises(ValueError, match="SignInPeriods has no observations or no ground truth"):
        ngym.Dataset(SignInPeriods())()


def test_a_blank_trial_has_a_ground_truth_of_0():
    class Blanks(Empty):
        def _new_trial(self):
            self.add_period("one")
            self.add_ob(1)
            if self.num_tr % 3 == 2:
                self.set_groundtruth(1)
            return {}

        def _step(self, action):
            return self.ob_now, float(action == self.gt_now), False, False, {}

    _, target = ngym.Dataset(Blanks(), seq_len=18)()
    assert sorted(target[:, 0].tolist()) == [0] * 12 + [1] * 6
    env = Blanks()
    env.reset()
    assert [reward for _, reward, *_ in steps(env, 0, 9)] == [1] * 6 + [0] * 3


def test_a_dataset_takes_conditions_for_the_batch():
    data = ngym.Dataset(Motion(sigma=0), seq_len=44)
    inputs, _ = data(coh=0)
    assert set(np.unique(inputs[:, :, 1:])) == {0, 0.5}
    data.env.new_trial()
    assert data.env.ob.shape == (22, 3)
    data._cache()
    assert data()[0].shape == (44, 1, 3)


@pytest.mark.parametrize("task", TASKS)
def test_plots_show_them(task):
    channels = [f"channel {i}" for i in range(task().observation_space.shape[0])]
    figure = ngym.utils.plot_env(task(), num_trials=3, ob_traces=channels)
    assert figure.get_suptitle() == task.__name__
    assert [ax.get_ylabel() for ax in figure.axes] == [
        "observation",
        "action",
        "reward",
        "performance",
    ]
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert ("ground truth" in labels) == (task in (SignByName, Motion))


def test_a_class_is_registered_and_made_by_its_id(monkeypatch):
    monkeypatch.setitem(gymnasium.registry, "ClassMotion-v0", None)
    monkeypatch.delitem(gymnasium.registry, "ClassMotion-v0")
    for _ in range(2):
        ngym.register("ClassMotion-v0", entry_point=Motion)
    env = ngym.make("ClassMotion-v0", sigma=0.5)
    assert isinstance(env, Motion)
    assert env.spec.id == "ClassMotion-v0"
    assert env.sigma == 0.05
    assert isinstance(gymnasium.make("ClassMotion-v0").unwrapped, Motion)
    assert ngym.Dataset("ClassMotion-v0", {"dt": 50}, seq_len=5)()[0].shape == (5, 1, 3)
    for error in (ValueError, TypeError):
        with pytest.raises(error, match=r"unknown argument of ClassMotion-v0 'sigm'; .*'sigma'"):
            ngym.make("ClassMotion-v0", sigm=1)
        with pytest.raises(error, match="unknown argument of GoNogo-v0 'sigm'"):
            ngym.make("GoNogo-v0", sigm=1)


# ---------------------------------------------------------------------- wrappers of one's own


class Only(TrialWrapper):
    """All trials have one coherence."""

    def __init__(self, env, coh):
        super().__init__(env)
        self.coh = coh

    def new_trial(self, **kwargs):
        kwargs["coh"] = self.coh
        return self.env.new_trial(**kwargs)


@pytest.mark.parametrize("make", [Motion, lambda: ngym.make("PerceptualDecisionMaking-v0")])
def test_a_trial_wrapper_draws_all_trials(make):
    env = Only(make(), 51.2)
    assert env.task is env.unwrapped
    ob, _ = env.reset(seed=0)
    np.testing.assert_array_equal(ob, env.ob[0])
    cohs, count = {env.trial["coh"]}, env.num_tr
    assert count == 1
    for _ in range(3):
        for _ in range(21):
            env.step(0)
        ob, _, _, _, info = env.step(0)
        cohs |= {info["trial"]["coh"], env.trial["coh"], env.new_trial()["coh"]}
    assert cohs == {51.2}
    assert env.num_tr == 7
    inputs, target = ngym.Dataset(env, batch_size=2, seq_len=44)()
    assert (inputs.shape, target.shape) == ((44, 2, 3), (44, 2))
    assert len(ngym.utils.plot_env(env, num_trials=2).axes) == 5
    with pytest.raises(TypeError, match="wraps a TrialEnv"):
        Only(gymnasium.make("CartPole-v1"), 3)


def test_a_wrapper_shows_the_attributes_of_what_is_in_it():
    env = Only(gymnasium.wrappers.TimeLimit(Only(Motion(), 0), 100), 51.2)
    env.new_trial()
    assert env.trial["coh"] == 0
    assert env.choices.tolist() == [0, 1]
    assert env.timing["stimulus"] == 2000
    assert not hasattr(env, "nonsense")
    assert copy.deepcopy(env).new_trial()["coh"] == 0


# ---------------------------------------------------------------------- NeuroGym's wrappers


def test_rewards_and_actions_are_shown():
    env = ngym.wrappers.PassAction(ngym.wrappers.PassReward(Motion()))
    ob, _ = env.reset(seed=0)
    assert (ob.shape, ob.dtype, ob[3:].tolist()) == ((5,), np.float32, [0, 0])
    assert env.observation_space.shape == (5,)
    np.testing.assert_allclose(env.step(2)[0][3:], [-0.1, 2])
    assert env.step(1)[0][3:].tolist() == [0, 1]
    assert ngym.Dataset(env, seq_len=30)()[0].shape == (30, 1, 5)
    assert len(ngym.utils.plot_env(env, num_trials=1, ob_traces=list("abcde")).axes) == 4


def test_noise_is_in_the_observations_of_the_trial():
    quiet, noisy = Motion(sigma=0), ngym.wrappers.Noise(Motion(sigma=0), 0.5)
    quiet.reset(seed=0)
    ob, _ = noisy.reset(seed=0)
    np.testing.assert_array_equal(ob, noisy.ob[0])
    assert 0.3 < (noisy.ob - quiet.ob)[:, 0].std() < 0.7
    seen = ngym.wrappers.Noise(SignInPeriods(), 0.5)
    ob, _ = seen.reset(seed=0)
    assert ob != seen.trial["stimulus"]
    assert seen.reset(seed=0)[0] == ob
    assert 0.3 < np.std([seen.step(0)[0] for _ in range(60)]) < 0.9


def test_answers_while_the_stimulus_is_on_end_the_trial():
    env = ngym.wrappers.ReactionTime(Motion(), urgency=-0.5)
    env.reset(seed=0)
    assert (env.tmax, len(env.ob)) == (2100, 21)
    assert env.start_ind["decision"] == env.start_ind["stimulus"] + 1
    answer = 1 + env.trial["ground_truth"]
    assert env.gt.tolist() == [0, 0] + [answer] * 19
    steps(env, 0, 3)
    _, reward, _, _, info = env.step(answer)
    assert (reward, info["new_trial"], info["tr_dur"], info["performance"]) == (0.5, True, 4, 1)
    ends = [info.get("tr_dur") for *_, info in steps(env, 0, 21)]
    assert ends == [None] * 20 + [21]
    whole = ngym.wrappers.ReactionTime(Motion(), end_on_stimulus=False)
    whole.reset()
    assert whole.tmax == 2200
    with pytest.raises(ValueError, match="periods 'stimulus' and 'decision'"):
        ngym.wrappers.ReactionTime(SignInPeriods()).reset()


def test_blocks_have_a_side():
    env = ngym.wrappers.SideBias(Motion(), [[1.0, 0.0], [0.0, 1.0]], block_dur=5)
    env.reset(seed=0)
    sides = [env.trial["ground_truth"], *(env.new_trial()["ground_truth"] for _ in range(19))]
    assert [sides[i : i + 5] for i in range(0, 20, 5)] == [[s] * 5 for s in sides[::5]]
    assert abs(np.diff(sides[::5])).tolist() == [1, 1, 1]
    assert env.trial["probs"].tolist() in [[1, 0], [0, 1]]
    env.reset(seed=0)
    assert env.trial["ground_truth"] == sides[0]
    often = ngym.wrappers.SideBias(Motion(), [[0.9, 0.1], [0.1, 0.9]], block_dur=0.2)
    often.seed(0)
    drawn = [often.new_trial() for _ in range(400)]
    rows = np.array([trial["probs"][0] for trial in drawn])
    assert 50 < (np.diff(rows) != 0).sum() < 110  # 80 expected: fails once in 10**4 seeds
    likely = np.array([trial["probs"][trial["ground_truth"]] for trial in drawn]) == 0.9
    assert 330 < likely.sum() < 385  # 360 expected, likewise
    pair = ngym.wrappers.SideBias(Motion(), [[1.0, 0.0], [0.0, 1.0]], block_dur=(2, 3))
    pair.seed(1)
    changes = np.flatnonzero(np.diff([pair.new_trial()["ground_truth"] for _ in range(60)]))
    assert set(np.diff(changes)) == {2, 3}
    for wrong in (0, 1.5, (3, 2)):
        with pytest.raises(ValueError, match=r"not|is at most"):
            ngym.wrappers.SideBias(Motion(), [[1.0, 0.0]], block_dur=wrong)
    with pytest.raises(AttributeError, match="SideBias needs a task with the attribute choices"):
        ngym.wrappers.SideBias(SignByName(), [[1.0, 0.0]])


def test_ground_truths_follow_probabilities_and_the_trial_before():
    fixed = ngym.wrappers.RandomGroundTruth(Motion(), p=[0.0, 1.0])
    assert [fixed.new_trial(coh=0)["ground_truth"] for _ in range(5)] == [1] * 5
    assert fixed.trial["coh"] == 0
    assert fixed.new_trial(p=[1.0, 0.0])["ground_truth"] == 0
    turns = ngym.wrappers.TrialHistoryV2(Motion(), probs=np.array([[0.0, 1.0], [1.0, 0.0]]))
    turns.reset(seed=0)
    drawn = [turns.new_trial()["ground_truth"] for _ in range(6)]
    assert set(np.abs(np.diff(drawn))) == {1}


def test_conditions_and_environments_take_turns():
    schedule = ngym.utils.SequentialBlockSchedule(2, [2, 1])
    env = ngym.wrappers.ScheduleAttr(Motion(), schedule, [{"coh": 0}, {"coh": 51.2}])
    env.reset(seed=0)
    cohs = [env.trial["coh"], *(env.new_trial()["coh"] for _ in range(5))]
    assert cohs == [0, 0, 51.2] * 2
    envs = [Motion(timing={"stimulus": 200}), Motion(timing={"stimulus": 500})]
    several = ngym.wrappers.ScheduleEnvs(envs, ngym.utils.SequentialSchedule(2), env_input=True)
    ob, _ = several.reset(seed=0)
    assert several.observation_space.shape == ob.shape == (5,)
    assert several.observation_space.name["task_cue"] == [3, 4]
    shown, ends = [ob[3:].tolist()], []
    for _ in range(4 + 7 + 4):
        ob, _, _, _, info = several.step(0)
        shown.append(ob[3:].tolist())
        ends.append(info["new_trial"])
    assert shown == [[1, 0]] * 4 + [[0, 1]] * 7 + [[1, 0]] * 4 + [[0, 1]]
    assert np.flatnonzero(ends).tolist() == [3, 10, 14]
    several.set_i(1)
    several.new_trial()
    assert (several.i_env, len(several.ob)) == (1, 7)
    assert ngym.Dataset(several, batch_size=2, seq_len=22)()[0].shape == (22, 2, 5)
    with pytest.raises(ValueError, match="as many channels and actions as each other"):
        ngym.wrappers.MultiEnvs([Motion(), Motion(dim_ring=3)], env_input=True)
    with pytest.raises(ValueError, match="another function that returns the next index"):
        ngym.wrappers.ScheduleEnvs(envs, 3)


def test_nested_environments_take_turns_and_one_is_chosen():
    inner = [Motion(timing={"stimulus": 100 * i}) for i in (1, 2)]
    inner = ngym.wrappers.ScheduleEnvs(inner, ngym.utils.SequentialSchedule(2))
    env = ngym.wrappers.MultiEnvs([inner, Motion(timing={"stimulus": 900})], env_input=True)
    env.reset(seed=0)
    lengths = []
    for i in (0, 0, 1, 1, 0):
        env.set_i(i)
        env.new_trial()
        lengths.append(len(env.ob))
        assert env.ob.shape[1] == 5
        assert env.ob[0, 3:].tolist() == [i == 0, i == 1]
    assert lengths == [4, 3, 11, 11, 4]
    env.reset(seed=0)
    for _ in range(30):
        assert env.step(0)[0].shape == (5,)


def test_the_small_tools_of_tasks():
    tools = ngym.utils.tasktools
    assert tools.to_map("a", "b") == tools.to_map(["a", "b"]) == {"a": 0, "b": 1}
    times, indices = tools.get_periods_idx(100, {"one": (0, 200), "two": (200, 300), "tmax": 300})
    assert times.tolist() == [0, 100, 200, 300]
    assert {name: where.tolist() for name, where in indices.items()} == {"one": [0, 1], "two": [2]}
    forms = {"uniform": (2, 5), "choice": [5, 2], "truncated_exponential": (3, 2, 5)}
    assert {tools.minmax_number(name, args) for name, args in forms.items()} == {(2, 5)}
    assert tools.minmax_number("constant", 3) == (3, 3)
    with pytest.raises(ValueError, match="did you mean 'uniform'"):
        tools.minmax_number("unifrom", (1, 2))
    np.testing.assert_allclose(
        tools.circular_dist(np.array([0.5, -0.5, 6, 13])), [0.5, 0.5, 2 * np.pi - 6, 13 - 4 * np.pi]
    )
    assert (tools.divide(1, 2), tools.divide(1, 0), tools.divide(np.nan, 1)) == (0.5, 0, 0)
    counts = types.SimpleNamespace(n_trials=4, n_decision=2, n_correct=1)
    assert tools.correct_2AFC(counts) == (0.5, 0.5)
    assert tools.compute_perf(0.5, 1.0, 1, True) == (0.75, 2)
    assert tools.compute_perf(0.5, 1.0, 1, False) == (0.5, 1)
