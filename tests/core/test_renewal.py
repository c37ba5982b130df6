"""Batch-aware renewal: it draws what a select would draw, in place, and lets a gradient through."""

import functools
import itertools
import os
import re
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgym_neuro import random
from jaxgym_neuro.core.kinds import ByKind, OneKind
from jaxgym_neuro.core.renewal import draw_where, renew, renew_by_select
from jaxgym_neuro.core.rows import nth_set_bit, put, rank_due_rows, write_over
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking

SIZES = (1, 7, 33, 64, 257, 1000)
BATCHED = {"none": (None, None), "outer": (0, None), "inner": (None, 0), "both": (0, 0)}


def draw(inputs, old):
    """Draw what is exact in float32, so that no fusion can round it otherwise."""
    key, shift = inputs
    array, count, _ = old
    key_bits, key_unit = random.split(key)
    bits = jnp.floor(random.uniform(key_bits, (4, 3)) * jnp.float32(1024)) + shift
    return bits, count + jnp.int32(1), array[-1] + random.uniform(key_unit)


def renewed_with(renew_rows):
    def one(due, key, shift, array, count):
        old = array, count, jnp.full((3,), -1.0, jnp.float32)
        return renew_rows(OneKind(draw), due, (key, shift), old, (array[0], count))

    return one


@functools.cache
def batch_of(renew_rows, size):
    return jax.jit(jax.vmap(renewed_with(renew_rows), axis_size=size))


def arguments(shape, *, seed=0):
    """Arguments of ``renewed_with`` with the batch ``shape``, apart from ``due``."""
    generator = np.random.default_rng(seed)
    return {
        "key": jax.random.split(jax.random.key(seed), shape) if shape else jax.random.key(seed),
        "shift": generator.integers(0, 50, shape).astype(np.float32),
        "array": generator.integers(0, 9, (*shape, 4, 3)).astype(np.float32),
        "count": generator.integers(0, 9, shape).astype(np.int32),
    }


VERSIONS = (renew, renew_by_select)


def choose(inputs, old):
    """Choose the kind that stands in the inputs; the rest is for the draw."""
    kind, key, shift = inputs
    array, count, _ = old
    key_unit, key_draw = random.split(key)
    return kind, (key_draw, count, array[-1] + shift + random.uniform(key_unit))


def draw_of_kind(kind):
    def draw_one(inputs, choice):
        *_, shift = inputs
        key, count, unit = choice
        bits = jnp.floor(random.uniform(key, (4, 3)) * jnp.float32(1024)) + shift
        return bits + jnp.float32(10_000 * kind), count + jnp.int32(kind + 1), unit

    return draw_one


@functools.cache
def by_kind(renew_rows, depth, swept):
    """Renewal by three kinds of draw, in a nest of ``depth`` batches."""
    draw_by_kind = ByKind(choose, [draw_of_kind(kind) for kind in range(3)])

    def one(due, kind, key, shift, array, count):
        old = array, count, jnp.full((3,), -1.0, jnp.float32)
        return renew_rows(draw_by_kind, due, (kind, key, shift), old, array[0])

    for _ in range(depth):
        one = jax.vmap(one, in_axes=(0, 0, 0, 0 if swept else None, 0, 0))
    return jax.jit(one)


def due_rows(size, fraction):
    count = {"none": 0, "one": 1, "half": size // 2, "all": size}[fraction]
    due = np.zeros(size, np.bool_)
    due[np.random.default_rng(size).permutation(size)[:count]] = True
    return due


def assert_identical(actual, expected):
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


class TestEqualsSelect:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("fraction", ["none", "one", "half", "all"])
    def test_in_a_batch_of_any_size_and_any_fraction_due(self, size, fraction):
        due = due_rows(size, fraction)
        actual = batch_of(renew, size)(due, **arguments((size,)))
        assert_identical(actual, batch_of(renew_by_select, size)(due, **arguments((size,))))
        _, count, _ = actual
        np.testing.assert_array_equal(count, arguments((size,))["count"] + due)

    @pytest.mark.parametrize("due", [False, True])
    def test_without_a_batch(self, due):
        results = [
            jax.jit(renewed_with(version))(np.bool_(due), **arguments(()))
            for version in (renew, renew_by_select)
        ]
        assert_identical(*results)

    @pytest.mark.parametrize(
        ("due", "key", "shift", "old"),
        [
            ("both", "both", "none", "both"),
            ("both", "both", "outer", "both"),
            ("both", "both", "inner", "both"),
            ("both", "both", "both", "both"),
            ("both", "both", "outer", "inner"),
            ("both", "both", "both", "none"),
            ("inner", "both", "outer", "outer"),
            ("outer", "inner", "outer", "inner"),
            ("none", "both", "inner", "both"),
            ("both", "none", "none", "none"),
        ],
    )
    def test_in_a_batch_of_batches_whichever_arguments_are_batched(self, due, key, shift, old):
        sizes = (3, 33)
        axes = [BATCHED[name] for name in (due, key, shift, old, old)]
        shapes = [
            tuple(n for n, axis in zip(sizes, one, strict=True) if axis is not None) for one in axes
        ]
        outer, inner = ([one[level] for one in axes] for level in (0, 1))

        def results(version):
            rows = jax.vmap(renewed_with(version), in_axes=inner, axis_size=sizes[1])
            batch = jax.jit(jax.vmap(rows, in_axes=outer, axis_size=sizes[0]))
            names = ("key", "shift", "array", "count")
            values = [arguments(shape)[name] for name, shape in zip(names, shapes[1:], strict=True)]
            is_due = np.random.default_rng(1).random(shapes[0]) < 0.4
            return batch(is_due, *values)

        assert_identical(results(renew), results(renew_by_select))

    def test_in_a_threefold_nest_with_the_swept_argument_outermost(self):
        shape = (2, 3, 5)
        is_due = np.random.default_rng(2).random(shape) < 0.5

        def results(version):
            one = renewed_with(version)
            one = jax.vmap(one, in_axes=(0, 0, None, 0, 0))
            one = jax.vmap(one, in_axes=(0, 0, None, 0, 0))
            values = arguments(shape)
            swept = np.arange(2, dtype=np.float32)
            return jax.jit(jax.vmap(one))(
                is_due, values["key"], swept, values["array"], values["count"]
            )

        assert_identical(results(renew), results(renew_by_select))

    @pytest.mark.parametrize(
        ("batch", "swept"),
        [((), False), ((257,), False), ((3, 33), False), ((3, 33), True)],
        ids=str,
    )
    @pytest.mark.parametrize("fraction", [0.0, 0.4, 1.0])
    def test_with_several_kinds_of_trial(self, batch, swept, fraction):
        generator = np.random.default_rng(6)
        due, kind = generator.random(batch) < fraction, generator.integers(0, 3, batch, np.int32)
        values = arguments(batch)
        if not swept:
            values["shift"] = np.float32(7)
        results = [
            by_kind(version, len(batch), swept)(due, kind, *values.values()) for version in VERSIONS
        ]
        assert_identical(*results)
        _, count, _ = results[0]
        np.testing.assert_array_equal(count - values["count"], due * (kind + 1))

    @pytest.mark.parametrize("lengths", [(0, 9, 70, 200), (1, 9, 30)])  # long and short arrays
    def test_where_kinds_use_less_or_more_of_an_array_the_rest_stays_as_it_was(self, lengths):
        size, room = 300, max(lengths) + 10

        def draw_of_length(length):
            def draw_one(inputs, choice):
                return 1 + jnp.floor(random.uniform(choice, (length,)) * 1024), jnp.int32(length)

            return draw_one

        draw = ByKind(
            choose=lambda inputs, old: inputs,
            draws=[draw_of_length(length) for length in lengths],
            widen=lambda new: (jnp.pad(new[0], (0, room - len(new[0]))), new[1]),
        )

        def results(version):
            def one(due, kind, key, array, used):
                return version(draw, due, (kind, key), (array, used), array[0])

            def turn(old, given):
                new = jax.vmap(one)(*given, *old)
                return new, new

            generator = np.random.default_rng(8)
            due = generator.random((6, size)) < 0.6
            kind = generator.integers(0, len(lengths), (6, size), np.int32)
            keys = jax.random.split(jax.random.key(8), (6, size))
            old = jnp.zeros((size, room), jnp.float32), jnp.zeros(size, jnp.int32)
            return jax.jit(lambda *given: jax.lax.scan(turn, old, given))(due, kind, keys)

        actual = results(renew)
        assert_identical(actual, results(renew_by_select))
        array, used = actual[0]
        num_written = np.sum(np.asarray(array) != 0, axis=1)
        for row, num_used, written in zip(np.asarray(array), used, num_written, strict=True):
            assert np.all(row[:written] != 0)
            assert num_used <= written <= max(lengths)
        assert np.any(num_written > used)
        assert set(np.asarray(used)) == set(lengths)

    def test_in_a_scan_over_many_turns(self):
        size = 40

        def results(version):
            @jax.jit
            def scan(keys, array, count):
                def turn(carry, step):
                    keys, array, count = carry
                    both = jax.vmap(random.split)(keys)
                    due = (step + jax.lax.iota(jnp.int32, size)) % jnp.int32(7) == 0
                    array, count, last = jax.vmap(
                        renewed_with(version), in_axes=(0, 0, None, 0, 0)
                    )(due, both[:, 0], jnp.float32(2), array, count)
                    return (both[:, 1], array, count), last

                steps = jnp.arange(30, dtype=jnp.int32)
                (_, array, count), last = jax.lax.scan(turn, (keys, array, count), steps)
                return array, count, last

            values = arguments((size,))
            return scan(values["key"], values["array"], np.zeros(size, np.int32))

        actual = results(renew)
        assert_identical(actual, results(renew_by_select))
        assert np.all(np.asarray(actual[1]) >= 4)

    def test_sharded_over_two_devices(self):
        script = """
            import functools, jax, numpy as np
            from jax.sharding import PartitionSpec as P
            import test_renewal as t

            assert len(jax.devices()) == 2
            mesh = jax.make_mesh((2,), ("rows",), axis_types=(jax.sharding.AxisType.Auto,))
            due = np.random.default_rng(0).random(50) < 0.3

            def results(version):
                rows = jax.vmap(t.renewed_with(version))
                return jax.jit(
                    jax.shard_map(
                        rows, mesh=mesh, in_specs=P("rows"), out_specs=P("rows"), check_vma=False
                    )
                )(due, *t.arguments((50,)).values())

            t.assert_identical(results(t.renew), t.batch_of(t.renew_by_select, 50)(
                due, **t.arguments((50,))
            ))
            assert len(jax.tree.leaves(results(t.renew))[0].sharding.device_set) == 2
            print("equal on", len(jax.devices()))
        """
        environment = {
            **os.environ,
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path]),
        }
        run = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert run.stdout.strip() == "equal on 2"


# -------------------------------------------------------------------------------- a whole task


def make_env(by_select):
    env = PerceptualDecisionMaking(
        timing={"stimulus": 300, "delay": ("uniform", (0, 500))}, abort=True
    )
    return env.replaced(renew=renew_by_select) if by_select else env


def rollout(env, keys, params, weights, num_steps):
    """Follow a softmax policy for ``num_steps`` in each environment."""
    pairs = jax.vmap(random.split)(keys)
    ob, state = jax.vmap(env.reset, in_axes=(0, None))(pairs[:, 0], params)

    def one_step(carry, _):
        keys, ob, state = carry
        triple = jax.vmap(lambda key: random.split(key, 3))(keys)
        logits = ob @ weights
        action = jax.vmap(jax.random.categorical)(triple[:, 0], logits)
        log_p = jnp.take_along_axis(jax.nn.log_softmax(logits), action[:, None], axis=1)[:, 0]
        ob, state, reward, terminated, truncated, info = jax.vmap(
            env.step, in_axes=(0, 0, 0, None)
        )(triple[:, 1], state, action, params)
        out = {"ob": ob, "reward": reward, "done": (terminated, truncated), "info": info}
        return (triple[:, 2], ob, state), (out, log_p)

    (_, _, state), (out, log_p) = jax.lax.scan(one_step, (pairs[:, 1], ob, state), length=num_steps)
    return out, state, log_p


WEIGHTS = np.asarray([[0.5, -0.2, 0.1], [0.1, 0.9, 0.0], [0.0, 0.2, 0.3]], np.float32)


@functools.cache
def compiled_rollout(by_select, nested):
    env = make_env(by_select)
    run = functools.partial(rollout, env, num_steps=60)
    return env, jax.jit(jax.vmap(run, in_axes=(0, None, None)) if nested else run)


def both_rollouts(batch, **limits):
    results = []
    for by_select in (False, True):
        env, run = compiled_rollout(by_select, len(batch) == 2)
        params = env.default_params.replace(**limits)
        results.append(run(jax.random.split(jax.random.key(3), batch), params, WEIGHTS))
    return results


@pytest.mark.parametrize("batch", [(33,), (3, 9)], ids=["vmap", "vmap-of-vmap"])
@pytest.mark.parametrize(
    "limits", [{}, {"trials_per_episode": 3, "max_steps_in_episode": 17}], ids=["endless", "limits"]
)
def test_a_task_whose_trials_end_unsynchronised_runs_as_under_select(batch, limits):
    actual, expected = both_rollouts(batch, **limits)
    turns = np.asarray(actual[0]["info"]["new_trial"])
    assert 0 < turns.mean() < 0.9
    # Observations may differ in the last bit: sigma * noise + mean is one operation or two,
    # depending on how XLA fuses it.
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6), actual, expected
    )


@pytest.mark.parametrize("due", list(itertools.product([False, True], repeat=3)))
def test_what_is_rarely_due_is_drawn_where_one_of_a_batch_is(due):
    def draw(due, x):
        return draw_where(due, lambda x: x + 1, x, -x)

    due, x = np.array(due), np.arange(3, dtype=np.float32)
    np.testing.assert_array_equal(jax.vmap(draw)(due, x), np.where(due, x + 1, -x))


def test_policy_gradient_through_a_rollout_equals_that_under_select():
    gradients = []
    for by_select in (False, True):
        env = make_env(by_select)

        def loss(weights, keys, params, env=env):
            out, _, log_p = rollout(env, keys, params, weights, num_steps=50)
            return -jnp.mean(log_p * (out["reward"] + out["ob"][..., 1]))

        keys = jax.random.split(jax.random.key(4), 33)
        gradients.append(jax.jit(jax.grad(loss))(WEIGHTS, keys, env.default_params))
    assert np.abs(np.asarray(gradients[0])).max() > 1e-3
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-4, atol=1e-6)


def test_no_gradient_reaches_a_drawn_trial_through_a_step():
    env = make_env(by_select=False)

    def seen(sigma):
        params = env.default_params.replace(sigma=sigma)
        out, _, _ = rollout(env, jax.random.split(jax.random.key(5), 9), params, WEIGHTS, 20)
        return jnp.sum(out["ob"])

    assert jax.jit(jax.grad(seen))(jnp.float32(1)) == 0


@pytest.mark.parametrize("due", [(True, False, True), (False,) * 3, (True,) * 3])
def test_what_is_rarely_due_is_drawn_where_it_is_due_and_nowhere_else(due):
    """If one of a batch is due, all are drawn, and the old ones stay where none is."""
    due, inputs, old = jnp.asarray(due), jnp.arange(3.0), jnp.full(3, -1.0)
    drawn = jax.vmap(lambda *row: draw_where(row[0], lambda x: x * 10, *row[1:]))(due, inputs, old)
    np.testing.assert_array_equal(drawn, jnp.where(due, inputs * 10, old))
    for one in zip(due, inputs, old, drawn, strict=True):
        assert draw_where(one[0], lambda x: x * 10, *one[1:3]) == one[3]


def test_what_is_rarely_due_is_drawn_behind_a_condition():
    """A batch in which nothing is due does not pay for what nobody needs."""
    rows = jax.ShapeDtypeStruct((3,), jnp.bool_), jax.ShapeDtypeStruct((3,), jnp.float32)
    batch = jax.vmap(lambda due, x: draw_where(due, jnp.sin, x, x))
    (of_rows,) = (
        one.params["call"]
        for one in jax.make_jaxpr(batch)(*rows).eqns
        if one.primitive.name == "custom_vmap_call"
    )
    equations = {one.primitive.name: one for one in of_rows.eqns}
    assert "sin" not in equations
    branches = equations["cond"].params["branches"]
    assert ["sin" in str(branch) for branch in branches] == [False, True]


# ---------------------------------------------------------------------------------- in place


def copies_in_loops(compiled, shape):
    """Lines of the compiled program, outside its entry, that copy an array of this shape."""
    pattern = re.compile(r"= \S*\[" + ",".join(map(str, shape)) + r"\]\S* copy\(")
    lines, is_entry = [], False
    for line in compiled.as_text().splitlines():
        if line and not line[0].isspace():
            is_entry = line.startswith("ENTRY")
        elif not is_entry and pattern.search(line):
            lines.append(line.strip())
    return lines


@pytest.mark.parametrize("consumed", ["reward", "final_observation"])
def test_trial_arrays_are_renewed_in_place_inside_a_scan(consumed):
    size, dt = 64, 10
    env = PerceptualDecisionMaking(dt=dt, timing={"delay": ("uniform", (0, 500))})

    def run(keys):
        out, _, _ = rollout(env, keys, env.default_params, jnp.asarray(WEIGHTS), 100)
        return out["reward"] if consumed == "reward" else (out["ob"], out["info"])

    keys = jax.eval_shape(lambda: jax.random.split(jax.random.key(0), size))
    compiled = jax.jit(run).lower(keys).compile()
    ob, gt = (size, env.T, 3), (size, env.T)
    assert f"f32[{size},{env.T},3]" in compiled.as_text()
    assert copies_in_loops(compiled, ob) == []
    assert copies_in_loops(compiled, gt) == []


def test_a_copy_inside_a_loop_would_be_seen():
    def run(x):
        def step(x, _):
            y = x.at[0].set(x[1] + jnp.float32(1))
            return y, jnp.sum(jnp.sort(x, axis=0) * jnp.roll(y, 1, axis=0))

        return jax.lax.scan(step, x, length=5)

    compiled = jax.jit(run).lower(jax.ShapeDtypeStruct((64, 30), jnp.float32)).compile()
    assert copies_in_loops(compiled, (64, 30)) != []


# ------------------------------------------------------------------------------- bit ranks


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32 - 1))
def test_nth_set_bit_finds_every_bit(word):
    expected = [bit for bit in range(32) if word >> bit & 1]
    ranks = np.arange(32, dtype=np.int32)
    found = np.asarray(jax.jit(nth_set_bit)(np.full(32, word, np.uint32), ranks))
    np.testing.assert_array_equal(found[: len(expected)], expected)


@functools.cache
def rank_rows(size):
    def rank(due):
        row_of_rank, count = rank_due_rows(due)
        return row_of_rank(jnp.arange(size, dtype=jnp.int32)), count

    return jax.jit(rank)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from([1, 31, 32, 33, 95, 257]), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_ranks_of_due_rows_equal_nonzero(size, p, seed):
    due = np.random.default_rng(seed).random(size) < p
    rows, count = rank_rows(size)(due)
    assert count == due.sum()
    np.testing.assert_array_equal(np.asarray(rows)[: due.sum()], np.nonzero(due)[0])


@pytest.mark.parametrize("rows", [1, 7, 8, 64, 257, 16384])
@pytest.mark.parametrize("draw", [OneKind(draw), ByKind(choose, [draw_of_kind(0)])])
def test_chunks_never_exceed_the_batch_and_grow_with_it(draw, rows):
    chunk = draw.chunk_rows(rows)
    assert 1 <= chunk <= rows
    assert chunk >= rows // 32


def test_matrices_are_written_line_by_line_over_what_rows_begin_with():
    old = np.arange(5 * 14, dtype=np.float32).reshape(5, 14)
    new = -np.arange(1, 3 * 4 * 3 + 1, dtype=np.float32).reshape(3, 4, 3)
    rows = np.array([4, 0, 7], np.int32)  # the last is past the end
    expected = old.copy()
    expected[[4, 0], :12] = new[:2].reshape(2, 12)
    written = jax.jit(put)(jnp.asarray(old), rows, jnp.asarray(new))
    np.testing.assert_array_equal(written, expected)
    np.testing.assert_array_equal(write_over(jnp.asarray(old[0]), jnp.asarray(new[1])), expected[0])
    both = write_over(jnp.asarray(old[[4, 0]]), jnp.asarray(new[:2]), axis=1)
    np.testing.assert_array_equal(both, expected[[4, 0]])
