"""Dataset: the stream is a function of the key, however it is cut, drawn, saved or asked for."""

import itertools
import json

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.core.kinds import ByKind
from jaxgym_neuro.core.trial import TrialBuilder
from jaxgym_neuro.data.streams import Stream

KEY = 7
LONG, SHORT = ("uniform", (200, 700)), 100


class Numbered(jgn.TrialEnv):
    """A task whose trials vary in length, say which number they have, and carry it on."""

    TIMING = {"fixation": 100, "stimulus": LONG, "decision": 200}

    def __init__(self, dt=100, timing=None):
        super().__init__(
            dt=dt,
            timing=timing,
            observation_space=jgn.spaces.unbounded({"fixation": 0, "number": 1, "noise": 2}),
            action_space=jgn.spaces.Discrete(1000),
        )

    def init_carry(self, key, params):
        return {"number": 1 + jgn.random.integer(key, 400)}

    def sample_conditions(self, key, params, carry):
        number = carry["number"] + 1 + jgn.random.integer(key, 3)
        return {"number": number}, {"number": number}

    def build_trial(self, builder, conditions, params):
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(conditions["number"], where="number")
            .add_randn(0, 1, where="noise")
            .set_groundtruth(conditions["number"], period="decision")
        )

    def respond(self, state, action, params):
        return jgn.Response(reward=jnp.float32(0))


def numbered(**changes):
    arguments = {"batch_size": 3, "seq_len": 20, "key": KEY, "batches_per_draw": 4}
    arguments |= {"loss_periods": "decision", **changes}
    return jgn.Dataset(Numbered(), **arguments)


def joined(batches, axis=0):
    return jax.tree.map(lambda *parts: np.concatenate(parts, axis), *batches)


def assert_equal(actual, expected):
    jax.tree.map(np.testing.assert_array_equal, actual, expected)


@pytest.fixture(scope="module")
def by_hand():
    """The first 80 steps of each row, from trials drawn one at a time, and their numbers."""
    env, rows = Numbered(), []
    params = env.default_params

    @jax.jit
    def draw(key, carry):
        key_conditions, key_build = jax.random.split(key)
        conditions, carry = env.sample_conditions(key_conditions, params, carry)
        builder = TrialBuilder.begin(env.layout, key_build, params.timing, conditions)
        return env.build_trial(builder, conditions, params).build(), carry

    for key in jax.random.split(jax.random.key(KEY), 3):
        key_carry, key_trials = jax.random.split(key)
        carry, steps = env.init_carry(key_carry, params), []
        for i in range(40):
            trial, carry = draw(jax.random.fold_in(key_trials, i), carry)
            for t in range(int(trial.length)):
                is_decision = trial.start[2] <= t < trial.end[2]
                number = trial.conditions["number"]
                steps.append((trial.ob[t], trial.gt[t], is_decision, np.int32(t), number))
        rows.append([np.stack(column[:80]) for column in zip(*steps, strict=True)])
    inputs, targets, mask, t, number = (np.stack(x, 1) for x in zip(*rows, strict=True))
    return jgn.Batch(inputs=inputs, targets=targets, mask=mask, t=t, conditions={"number": number})


@pytest.fixture(scope="module")
def drawn():
    """The same 80 steps from a dataset, in batches of 20, with the position after each."""
    dataset = numbered()
    batches, positions = [], [dataset.position]
    for _ in range(8):
        batches.append(dataset.next())
        positions.append(json.loads(json.dumps(dataset.position)))
    return batches, positions


def test_rows_are_trials_back_to_back_and_none_is_cut_off_unseen(by_hand, drawn):
    batch = joined(drawn[0][:4])
    np.testing.assert_allclose(batch.inputs, by_hand.inputs, rtol=1e-6, atol=1e-6)
    assert_equal(batch.replace(inputs=0), by_hand.replace(inputs=0))
    lengths = np.diff(np.flatnonzero(batch.t[:, 0] == 0))
    assert len(set(lengths.tolist())) > 1, "the trials of this test vary in length"


def test_a_stream_cut_into_other_batches_is_the_same_stream(drawn):
    dataset = numbered(loss_periods=("decision",))
    state, parts = dataset.init_stream(jax.random.key(KEY)), []
    for seq_len in (33, 127):
        part, state = dataset.next_batch(state, seq_len)
        parts.append(part)
    assert_equal(joined(parts), joined(drawn[0]))


def test_a_stretch_of_many_more_trials_than_expected_is_filled():
    dataset = numbered(seq_len=160)
    short = dataset.params.with_timing(stimulus=SHORT)  # 4 steps a trial, where 7 are expected
    batch, state = dataset.next_batch(dataset.init_stream(jax.random.key(1)), params=short)
    assert dataset._stream.chunk_size(3, 160) < 40
    np.testing.assert_array_equal(batch.t, np.tile(np.arange(4), 40)[:, None] + np.zeros(3, int))
    numbers = batch.conditions["number"][::4]
    np.testing.assert_array_equal(batch.inputs[:, :, 1], np.repeat(numbers, 4, axis=0))
    assert np.all((np.diff(numbers, axis=0) >= 1) & (np.diff(numbers, axis=0) <= 3))
    np.testing.assert_array_equal(state.index, [40, 40, 40])
    np.testing.assert_array_equal(state.offset, [0, 0, 0])
    np.testing.assert_array_equal(state.carry["number"], numbers[-1])


def test_a_stretch_that_ends_with_a_chunk_ends_where_its_last_trial_does():
    dataset = numbered(seq_len=20)
    short = dataset.params.with_timing(stimulus=SHORT)
    chunks = {steps: dataset._stream.chunk_size(3, steps) for steps in range(40, 400, 4)}
    steps = next(steps for steps, chunk in chunks.items() if steps % (4 * chunk) == 0)
    _, state = dataset.next_batch(dataset.init_stream(jax.random.key(1)), steps, params=short)
    np.testing.assert_array_equal(4 * state.index + state.offset, [steps] * 3)


def test_a_loss_counts_the_steps_of_each_of_several_periods():
    env = Numbered()
    trials = jax.vmap(env.new_trial)(jax.random.split(jax.random.key(0), 8))
    mask = Stream(env, True, False, ("fixation", "decision"), (7, 1)).loss_mask(trials)
    expected = np.arange(env.T) < trials.end[:, :1]
    expected |= (np.arange(env.T) >= trials.start[:, 2:]) & (np.arange(env.T) < trials.end[:, 2:])
    np.testing.assert_array_equal(mask, expected)


def test_a_trial_that_new_params_make_shorter_than_what_was_seen_of_it_is_over():
    dataset = numbered(seq_len=8)
    row = np.arange(3)
    _, state = dataset.next_batch(dataset.init_stream(jax.random.key(4)))
    is_over = np.asarray(state.offset) >= 4
    assert set(is_over.tolist()) == {True, False}
    batch, _ = dataset.next_batch(state, params=dataset.params.with_timing(stimulus=SHORT))
    begin = np.where(is_over, 0, state.offset)
    np.testing.assert_array_equal(batch.t, (np.arange(8)[:, None] + begin) % 4)
    unchanged, _ = dataset.next_batch(state)
    of_next = np.asarray(unchanged.conditions["number"])[np.argmax(unchanged.t == 0, axis=0), row]
    expected = np.where(is_over, of_next, unchanged.conditions["number"][0])
    np.testing.assert_array_equal(batch.conditions["number"][0], expected)


def test_trials_one_by_one_are_those_of_the_stream_and_empty_after_their_end(drawn):
    dataset = numbered(packed=False, seq_len=None, batches_per_draw=5)
    longest = dataset.env.T
    assert dataset.seq_len == longest == 10
    stream = joined(drawn[0])
    lengths = set()
    begins = [np.flatnonzero(stream.t[:, row] == 0) for row in range(3)]
    for i in range(8):
        batch = dataset.next()
        assert batch.inputs.shape == (longest, 3, 3)
        for row in range(3):
            begin, end = begins[row][i : i + 2]
            length = end - begin
            lengths.add(length)
            of_row, expected = (
                jax.tree.map(lambda x, cut=(steps, row): x[cut], whole.replace(conditions=None))
                for whole, steps in ((batch, slice(None)), (stream, slice(begin, end)))
            )
            np.testing.assert_allclose(of_row.inputs[:length], expected.inputs, 1e-6, 1e-6)
            assert_equal(of_row.targets[:length], expected.targets)
            assert_equal(of_row.mask[:length], expected.mask)
            assert_equal(of_row.t[:length], expected.t)
            assert not np.any(of_row.inputs[length:])
            assert not np.any(of_row.targets[length:])
            assert not np.any(of_row.mask[length:])
            assert np.all(of_row.t[length:] == -1)
            number = stream.conditions["number"][begin, row]
            assert batch.conditions["number"][row] == number
    assert min(lengths) < longest


def test_a_row_of_one_trial_may_be_longer_than_the_longest():
    longer = numbered(packed=False, seq_len=15).sample_batch(jax.random.key(0))
    exact = numbered(packed=False, seq_len=None).sample_batch(jax.random.key(0))
    assert not np.any(longer.mask[10:])
    assert np.all(longer.t[10:] == -1)
    np.testing.assert_array_equal(longer.inputs[:10], exact.inputs)


@pytest.mark.parametrize("packed", [True, False])
def test_batch_first_swaps_the_first_two_axes(packed):
    seq_len = 20 if packed else None
    steps_first, rows_first = (
        numbered(packed=packed, seq_len=seq_len, batch_first=first).sample_batch(jax.random.key(3))
        for first in (False, True)
    )
    assert rows_first.inputs.shape == (3, 20 if packed else 10, 3)
    if not packed:
        assert_equal(rows_first.conditions, steps_first.conditions)
        rows_first, steps_first = (x.replace(conditions=None) for x in (rows_first, steps_first))
    assert_equal(jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), rows_first), steps_first)


# ------------------------------------------------------------------------------ save and resume


def test_a_saved_position_goes_on_with_what_would_have_come(drawn):
    batches, positions = drawn
    dataset = numbered(key=99)
    dataset.next()
    for after in (0, 3, 4, 5):  # at the start, within and at the end of what was drawn at once
        dataset.restore(positions[after])
        assert dataset.position == positions[after]
        for expected in batches[after : after + 3]:
            assert_equal(dataset.next(), expected)


def test_a_position_holds_for_other_lengths_and_draws(drawn):
    batches, positions = drawn
    dataset = numbered(seq_len=40, batches_per_draw=1)
    dataset.restore(positions[3])
    assert_equal(dataset.next(), joined(batches[3:5]))
    assert dataset.position == positions[5]


def test_a_pass_that_was_saved_midway_ends_where_it_would_have():
    dataset = numbered(max_batch=3)
    iterator = iter(dataset)
    next(iterator)
    saved = dataset.position
    other = numbered(max_batch=3, key=1)
    other.restore(saved)
    assert len(list(other)) == 2


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (lambda: {"env": Numbered(dt=50)}, "dt is 50.0 here and 100.0 there"),
        (lambda: {"env": Numbered(timing={"decision": 300})}, "timing.decision is .*300.* here"),
        (
            lambda: {"env": jgn.make("GoNogo-v0")[0]},
            "task is '.*GoNogo' here and .*Numbered' there",
        ),
        (lambda: {"env": jgn.wrappers.Noise(Numbered(), 0.1)}, "task is .*Noise' here"),
        (lambda: {"batch_size": 4}, "batch_size is 4 here and 3 there"),
        (
            lambda: {"params": Numbered().default_params.with_timing(stimulus=SHORT)},
            r"params.timing\['stimulus'\]",
        ),
        (
            lambda: {"params": Numbered().default_params.replace(r_tmax=1)},
            "params.r_tmax is 1.0 here and 0.0 there",
        ),
    ],
)
def test_a_position_says_what_differs_in_another_dataset(drawn, other, told):
    changes = {"env": Numbered(), "batch_size": 3, **other()}
    dataset = jgn.Dataset(changes.pop("env"), **changes)
    with pytest.raises(ValueError, match=f"that of another dataset: .*{told}"):
        dataset.restore(drawn[1][3])


def test_a_position_of_another_version_is_refused(drawn):
    position = drawn[1][3]
    of = {**position["dataset"], "version": "0.0.1"}
    with pytest.raises(ValueError, match=rf"version is '{jgn.__version__}' here and '0.0.1' there"):
        numbered().restore({**position, "dataset": of})


def test_a_position_beyond_its_trials_is_refused_as_are_numbers_that_cannot_be(drawn):
    position = drawn[1][3]
    dataset = numbered()
    dataset.restore(position)
    begun = dataset.next()
    lengths = position["offset"] + np.argmax(np.asarray(begun.t) == 0, axis=0)
    for changes, message in (
        ({"offset": [*position["offset"][:2], int(lengths[2])]}, "lies beyond its trials"),
        ({"offset": [10_000] * 3}, "lies beyond its trials"),
        ({"offset": [-1, 0, 0]}, "offset of a position is"),
        ({"offset": [0.5, 0, 0]}, "offset of a position is"),
        ({"index": [0]}, r"index of a position is an array \(3,\)"),
        ({"index": [2**31, 0, 0]}, "index of a position is"),
        ({"index": [[0], [0, 1], [0]]}, "index of a position is"),
        ({"key": position["key"][:2]}, r"key of a position is an array \(3, 2\)"),
        ({"key_impl": "rgb"}, "a kind of JAX's keys, not 'rgb'"),
        ({"key_impl": "rbg"}, r"key of a position is an array \(3, 4\)"),
        ({"carry": []}, "carry is a list of 1"),
        ({"carry": ["abc"]}, "carry of a position is"),
        ({"num_iterated": -1}, "num_iterated is .*at least 0"),
        ({"dataset": "Numbered"}, "it is a dict here and 'Numbered' there"),
    ):
        with pytest.raises(ValueError, match=message):
            dataset.restore({**position, **changes})
    for wrong in ({"index": [0]}, 3):
        with pytest.raises(ValueError, match="a position is a dict with dataset, key_impl"):
            dataset.restore(wrong)
    assert dataset.position == drawn[1][4]  # what was refused has changed nothing
    with pytest.raises(ValueError, match="amid trials"):
        numbered(packed=False, seq_len=None).restore(position)


# --------------------------------------------------------------------------------- every call path


def test_a_key_gives_the_same_data_on_every_path(drawn):
    first = drawn[0][0]
    dataset = numbered()
    assert_equal(dataset(), (first.inputs, first.targets))
    assert_equal(next(iter(dataset)), (drawn[0][1].inputs, drawn[0][1].targets))
    assert_equal(dataset.next(), drawn[0][2])  # midway, and now with masks and conditions
    assert_equal(dataset(), (drawn[0][3].inputs, drawn[0][3].targets))
    dataset.seed(jax.random.key(KEY))
    assert_equal(dataset.next(), first)

    on_device = numbered(output="jax")
    for expected in drawn[0][:5]:
        batch = on_device.next()
        assert isinstance(batch.inputs, jax.Array)
        assert_equal(np.from_dlpack(batch.inputs), expected.inputs)
        assert_equal(batch, expected)

    pure = jax.jit(lambda key: on_device.sample_batch(key).inputs.sum((0, 2)))(jax.random.key(KEY))
    np.testing.assert_allclose(pure, first.inputs.sum((0, 2)), rtol=1e-5)


def test_other_keys_rows_and_batches_are_other_data(drawn):
    first, second = drawn[0][:2]
    other = numbered(key=KEY + 1).sample_batch(jax.random.key(KEY + 1))
    noise = [*np.moveaxis(first.inputs[:, :, 2], 1, 0), second.inputs[:, 0, 2]]
    noise += [other.inputs[:, row, 2] for row in range(3)]
    together = np.concatenate(noise)
    assert len(np.unique(together)) == len(together) == 7 * 20


def test_batches_of_several_keys_are_drawn_by_vmap(drawn):
    dataset = numbered()
    keys = jnp.stack([jax.random.key(KEY), jax.random.key(KEY + 1)])
    both = jax.jit(jax.vmap(dataset.sample_batch))(keys)
    np.testing.assert_allclose(both.inputs[0], drawn[0][0].inputs, rtol=1e-6, atol=1e-6)
    assert_equal(both.t[0], drawn[0][0].t)
    assert np.any(both.inputs[0] != both.inputs[1])


def test_params_can_be_swept_through_the_pure_functions():
    dataset = numbered(packed=False, seq_len=None)

    @jax.vmap
    def longest_trial(ms):
        params = dataset.params.replace(
            timing={**dataset.params.timing, "fixation": jgn.timing.Constant(ms)}
        )
        return jnp.max(dataset.sample_batch(jax.random.key(0), params).t)

    fewest, most = jax.jit(longest_trial)(jnp.asarray([0.0, 100.0], jnp.float32))
    assert most - fewest == 1


def test_numpy_batches_are_ones_own():
    dataset, untouched = (numbered() for _ in range(2))
    for _ in range(5):
        for array, expected in zip(dataset(), untouched(), strict=True):
            np.testing.assert_array_equal(array, expected)
            assert array.flags.writeable
            assert array.flags.c_contiguous
            assert array.base is None
            array[:] = -1


def test_shapes_and_dtypes_are_those_of_the_spaces(drawn):
    batch = drawn[0][0]
    found = jax.tree.map(lambda x: (x.shape, x.dtype.name), batch)
    assert found == jgn.Batch(
        inputs=((20, 3, 3), "float32"),
        targets=((20, 3), "int32"),
        mask=((20, 3), "bool"),
        t=((20, 3), "int32"),
        conditions={"number": ((20, 3), "int32")},
    )


@pytest.mark.parametrize(
    "id", ["Reaching1D-v0", "DawTwoStep-v0", "Bandit-v0", "HierarchicalReasoning-v0"]
)
def test_tasks_that_close_the_loop_or_carry_on_give_their_ground_truth(id):
    dataset = jgn.Dataset(id, batch_size=2, seq_len=9)
    shapes = jax.eval_shape(dataset.sample_batch, jax.random.key(0))
    env = dataset.env
    assert shapes.inputs.shape == (9, 2, *env.observation_space().shape)
    assert shapes.targets.shape == (9, 2, *env.ground_truth_space.shape)
    assert shapes.targets.dtype == env.ground_truth_space.dtype


def test_several_tasks_in_one_give_the_trials_of_each():
    fast, slow = Numbered(), Numbered(timing={"decision": 300})
    tasks = jgn.wrappers.MultiTask([fast, slow])
    dataset = jgn.Dataset(tasks, batch_size=4, seq_len=90, loss_periods="decision")
    batch, _ = dataset.next_batch(dataset.init_stream(jax.random.key(0)))
    task, t = batch.conditions["task"], batch.t
    np.testing.assert_array_equal(batch.inputs[..., -2:], np.eye(2, dtype=np.float32)[task])
    for row in range(4):
        begins = np.flatnonzero(t[:, row] == 0)
        for begin, end in itertools.pairwise(begins):
            of_trial = slice(begin, end)
            assert np.sum(batch.mask[of_trial, row]) == 2 + task[begin, row]
            assert len(set(np.asarray(batch.inputs[of_trial, row, 1]).tolist())) == 1
    assert set(np.unique(task)) == {0, 1}


# -------------------------------------------------------------------------------------- iteration


def test_the_trials_of_several_tasks_are_sorted_once_and_drawn_task_by_task(monkeypatch):
    """In small portions each of which has few trials of a task, most of what is drawn is waste."""
    sorted_at_once = []

    def fill(self, inputs, row, target, kept):
        sorted_at_once.append(len(row))
        return plain(self, inputs, row, target, kept)

    plain = ByKind.fill
    monkeypatch.setattr(ByKind, "fill", fill)
    env = jgn.wrappers.MultiTask(["GoNogo-v0", "yang19.go-v0"], pad=True)
    dataset = jgn.Dataset(env, batch_size=32, seq_len=200, batches_per_draw=1)
    state = jax.eval_shape(dataset.init_stream, jax.random.key(0))
    sorted_at_once.clear()
    jax.eval_shape(dataset.next_batch, state)
    stream = dataset._stream
    assert set(sorted_at_once) == {32 * stream.chunk_size(32, 200)}


def test_a_loop_ends_after_max_batch_and_the_next_goes_on(drawn):
    dataset = numbered(max_batch=2)
    seen = [*dataset, *dataset]
    assert len(seen) == 4
    for (inputs, targets), expected in zip(seen, drawn[0], strict=False):
        assert_equal((inputs, targets), (expected.inputs, expected.targets))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"id_or_env": "GoNoGo-v0"}, "unknown task 'GoNoGo-v0'; did you mean 'GoNogo-v0'"),
        ({"id_or_env": gymnax.make("CartPole-v1")[0]}, "a task made of trials"),
        ({"id_or_env": 3}, "a registered id or an environment"),
        ({"env_kwargs": {"dtt": 3}}, "did you mean 'dt'"),
        ({"id_or_env": Numbered(), "env_kwargs": {"dt": 50}}, "dt. go with a task.s id"),
        ({"batch_size": 0}, "batch_size is a whole number of at least 1, not 0"),
        ({"seq_len": 0}, "seq_len is a whole number of at least 1, not 0"),
        ({"seq_len": 10.0}, "seq_len is a whole number"),
        ({"packed": False, "seq_len": 3}, "seq_len is at least T"),
        ({"max_batch": 0}, "max_batch is a whole number of at least 1, not 0"),
        ({"batches_per_draw": 0}, "batches_per_draw is a whole number of at least 1, not 0"),
        ({"output": "torch"}, "unknown output 'torch'.* Known: jax, numpy"),
        ({"key": 0.5}, "a seed or a typed key"),
        ({"key": True}, "a seed or a typed key"),
        ({"loss_periods": "descision"}, "unknown period 'descision'; did you mean 'decision'"),
        (
            {"id_or_env": "PerceptualDecisionMaking-v0", "params": jgn.TrialParams()},
            "params of PerceptualDecisionMaking are made by its default_params",
        ),
    ],
)
def test_bad_arguments_are_told_what_is_allowed(arguments, message):
    with pytest.raises(ValueError, match=message):
        jgn.Dataset(**{"id_or_env": "GoNogo-v0", **arguments})


def test_a_batch_length_that_does_not_fit_is_refused_by_the_pure_function_too():
    dataset = numbered()
    state = dataset.init_stream(jax.random.key(0))
    with pytest.raises(ValueError, match="seq_len is a whole number of at least 1, not 0"):
        dataset.next_batch(state, 0)
