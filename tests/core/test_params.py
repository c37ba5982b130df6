"""Params: each number is declared once, and what it may be is held wherever it is given."""

import copy
import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgym_neuro import (
    NoisyParams,
    TrialEnv,
    TrialParams,
    flag,
    integer,
    number,
    probability,
    pytree,
    spaces,
)
from jaxgym_neuro.core.params import (
    Leaf,
    Number,
    as_leaf,
    check_param,
    declared,
    joined,
    shown,
)


@pytree
class Params(TrialParams):
    """Numbers of a task."""

    sigma: Leaf = number(1.0, "input noise", at_least=0)
    step: Leaf = number(0.1, "of the hand", unit="rad", above=0, at_most=math.pi)
    share: Leaf = number(0.5, "of the trials", at_least=0, at_most=1)
    p_go: Leaf = probability(0.5, "of a go trial")
    p_arms: Leaf = probability((0.5, 0.9), "of each arm to pay", shape=("n",))
    height: Leaf = number(0.0, "of the floor", at_most=0.1)
    offset: Leaf = number(0.0, "of the target")
    cohs: Leaf = number((6.4, 51.2), "coherences", unit="percent", shape=("n",), at_least=0)
    pairs: Leaf = number(((1.0, 2.0), (3.0, 4.0)), "pairs", shape=("n", 2))
    probs: Leaf = number((0.25, 0.75), "of the sides", shape=("n",), sums_to_1=True)
    count: Leaf = integer(3, "pulses", at_least=1, at_most=9)
    limits: Leaf = integer((1, 2), "most in a row", shape=("n",), at_least=1)
    is_told: Leaf = flag(False, "whether the rule is told")
    gain: jax.Array = 1.0
    order: jax.Array = 2
    is_easy: jax.Array = True
    weights: jax.Array = (1.0, 2.0, 3.0)


class Task(TrialEnv):
    """Has all kinds of numbers, and gives them to nobody."""

    PARAMS = Params
    TIMING = {"all": 200}
    REWARDS = {"correct": 1.0}

    def __init__(self, **numbers):
        super().__init__(
            dt=100,
            numbers=numbers,
            observation_space=spaces.Box(0, 1, (1,)),
            action_space=spaces.Discrete(2),
        )

    def build_trial(self, builder, conditions, params):
        return builder.add_period("all")


ENV = Task()
PARAMS = ENV.default_params

# field: a value that it may not have, and what the error says
REFUSED = {
    "below its bound": ("sigma", -1.0, "sigma is a finite number of at least 0, not -1.0"),
    "at a bound that is excluded": (
        "step",
        0,
        r"step \(rad\) is a finite number above 0 and at mo",
    ),
    "above its bound": ("share", 1.5, "share is .* of at least 0 and at most 1, not 1.5"),
    "a probability below 0": ("p_go", -0.1, "p_go is .* of at least 0 and at most 1, not -0.1"),
    "a probability above 1": ("p_go", 1.5, "p_go is .* of at least 0 and at most 1, not 1.5"),
    "one of several probabilities above 1": ("p_arms", (0.5, 2), "each of p_arms is .* not 2"),
    "above its only bound": ("height", 1.0, "height is a finite number of at most 0.1, not 1.0"),
    "not a number": ("offset", math.nan, "offset is a finite number, not nan"),
    "infinite": ("sigma", math.inf, "sigma is a finite number of at least 0, not inf"),
    "beyond float32": ("offset", -1e39, r"offset is (a finite number|too large for float32)"),
    "of bool": ("sigma", True, "sigma is a finite number of at least 0, not True"),
    "a string": ("sigma", "low", "sigma is a finite number of at least 0, not 'low'"),
    "a list for a number": ("sigma", [1.0], r"sigma is a finite number of at least 0, not"),
    "complex": ("offset", 1j, "offset is a finite number, not 1j"),
    "a dict for a number": ("offset", {"x": None}, "offset"),
    "one of several below its bound": ("cohs", [6.4, -1], r"each of cohs \(percent\) is .* not -1"),
    "one of several not a number": ("cohs", [6.4, math.nan], "each of cohs .* not nan"),
    "one of several a bool": ("cohs", (6.4, True), "each of cohs .* not True"),
    "one of several a string": ("cohs", (6.4, "high"), "each of cohs .* not 'high'"),
    "no numbers at all": ("cohs", [], "cohs"),
    "a number for several": ("cohs", 6.4, r"cohs \(percent\) has the shape \(.,\), not \(\)"),
    "a list too deep": ("cohs", [[6.4, 1.0]], r"cohs .* has the shape \(.,\), not \(1, 2\)"),
    "a ragged list": ("pairs", [[1.0, 2.0], [3.0]], r"pairs has the shape \(., 2\), not"),
    "pairs of three": ("pairs", np.ones((2, 3)), r"pairs has the shape \(., 2\), not \(2, 3\)"),
    "a sum that is not 1": ("probs", (0.25, 0.7), "probs are .* sum to 1"),
    "a negative probability": ("probs", (-0.25, 1.25), "probs are .* sum to 1"),
    "a fraction of a whole number": ("count", 2.7, "count is a whole number .* not 2.7"),
    "a whole number below its bound": (
        "count",
        0,
        "whole number of at least 1 and at most 9, not 0",
    ),
    "a whole number above its bound": ("count", 10, "at least 1 and at most 9, not 10"),
    "a whole number that is nan": ("count", math.nan, "count is a whole number .* not nan"),
    "a whole number of bool": ("count", True, "count is a whole number .* not True"),
    "a whole number beyond int32": (
        "limits",
        (1, 2**40),
        "limits is too large for int32: 10995116",
    ),
    "one of several fractions": ("limits", (1, 1.5), "each of limits is a whole number .* not 1"),
    "a number for a flag": ("is_told", 1, "is_told is True or False, not 1"),
    "a string for a flag": ("is_told", "yes", "is_told is True or False, not 'yes'"),
    "bare: a string": ("gain", "high", "gain is a finite number, not 'high'"),
    "bare: not a number": ("gain", math.nan, "gain is a finite number, not nan"),
    "bare: a fraction": ("order", 2.5, "order is a whole number, not 2.5"),
    "bare: no flag": ("is_easy", 0, "is_easy is True or False, not 0"),
    "bare: a number for several": ("weights", 1.0, r"weights has the shape \(.,\), not \(\)"),
}

ALLOWED = {
    "at its bound": ("sigma", 0),
    "at its greatest bound, which float32 exceeds": ("step", math.pi),
    "at a bound that float32 exceeds": ("height", 0.1),
    "a NumPy number": ("sigma", np.float64(2.0)),
    "a float32": ("height", np.float32(0.1)),
    "an array of JAX": ("cohs", jnp.array([1.0, 2.0])),
    "a list": ("cohs", [1, 2]),
    "probabilities that sum to 1": ("probs", [0, 1]),
    "a probability of 1": ("p_go", 1),
    "probabilities that sum to anything": ("p_arms", (1, 1)),
    "a whole number of NumPy": ("count", np.int64(9)),
    "a flag": ("is_told", True),
    "a flag of NumPy": ("is_told", np.bool_(True)),
    "bare: a whole number for a number": ("gain", -3),
    "bare: others": ("weights", (0, -1, 2.5)),
}


class TestWhatANumberMayBe:
    @pytest.mark.parametrize("case", REFUSED)
    def test_a_constructor_refuses_it(self, case):
        name, value, message = REFUSED[case]
        with pytest.raises(ValueError, match=message):
            Task(**{name: value})

    @pytest.mark.parametrize("case", REFUSED)
    def test_validate_refuses_it(self, case):
        name, value, message = REFUSED[case]
        params = PARAMS.replace(**{name: value})
        with pytest.raises(ValueError, match=message):
            ENV.validate(params)

    @pytest.mark.parametrize("case", ALLOWED)
    def test_it_is_kept_as_it_was_given(self, case):
        name, value = ALLOWED[case]
        for params in (Task(**{name: value}).default_params, PARAMS.replace(**{name: value})):
            ENV.validate(params)
            leaf = getattr(params, name)
            assert (leaf.dtype, leaf.shape) == (getattr(PARAMS, name).dtype, np.shape(value))
            np.testing.assert_array_equal(leaf, np.asarray(value, leaf.dtype))

    def test_a_length_may_be_told_at_construction_and_then_stays(self):
        env = Task(cohs=(1, 2, 3))
        env.validate(env.default_params.replace(cohs=(4, 5, 6)))
        with pytest.raises(ValueError, match=r"cohs \(percent\) has the shape \(3,\), not \(2,\)"):
            env.validate(env.default_params.replace(cohs=(4, 5)))

    def test_what_tasks_share_is_checked_as_well(self):
        for changes, message in [
            (
                {"trials_per_episode": 2.7},
                "trials_per_episode is a whole number of at least 0, not",
            ),
            ({"max_steps_in_episode": -1}, "max_steps_in_episode is a whole number of at least 0"),
            ({"r_tmax": math.nan}, "r_tmax is a finite number, not nan"),
            ({"abort": 1}, "abort is True or False, not 1"),
            (
                {"rewards": {"correct": math.inf}},
                r"rewards\['correct'\] is a finite number, not inf",
            ),
            ({"rewards": {"corect": 1.0}}, "unknown reward 'corect'; did you mean 'correct'"),
        ]:
            with pytest.raises(ValueError, match=message):
                ENV.validate(PARAMS.replace(**changes))

    def test_the_default_of_every_field_is_allowed(self):
        ENV.validate(PARAMS)
        for name, entry in declared(Params).items():
            entry.checked(name, getattr(Params(), name))


class TestCheckParam:
    def test_it_returns_numbers_of_python(self):
        assert check_param(Params, "cohs", np.float32([1, 2])) == (1.0, 2.0)
        assert check_param(Params, "pairs", [[1, 2]]) == ((1.0, 2.0),)
        count = check_param(Params, "count", np.int32(4))
        assert (count, type(count)) == (4, int)
        assert check_param(Params, "is_told", np.True_) is True
        assert type(check_param(Params, "sigma", 2)) is float

    def test_numbers_of_a_constructor_are_hashable_and_equal_by_value(self):
        assert Task(cohs=[1, 2]) == Task(cohs=(1.0, 2.0)) == Task(cohs=np.array([1, 2]))
        assert hash(Task(cohs=[1, 2])) == hash(Task(cohs=(1.0, 2.0)))
        assert Task(cohs=(1, 3)) != Task(cohs=(1, 2))


class TestDicts:
    ENTRY = Number("intensities", shape=("n",), at_least=0)
    LIKE = {"a": np.float32([0.5]), "v": np.float32([0.5, 1.0])}

    def test_each_entry_is_checked_and_named(self):
        checked = self.ENTRY.checked("levels", {"a": [1], "v": [2, 3]}, like=self.LIKE)
        assert checked == {"a": (1.0,), "v": (2.0, 3.0)}
        with pytest.raises(ValueError, match=r"each of levels\['v'\] is .* at least 0, not -3"):
            self.ENTRY.checked("levels", {"a": [1], "v": [2, -3]})
        with pytest.raises(ValueError, match=r"levels\['v'\] has the shape \(2,\), not \(1,\)"):
            self.ENTRY.checked("levels", {"a": [1], "v": [2]}, like=self.LIKE)

    def test_entries_are_those_that_are_known(self):
        with pytest.raises(ValueError, match="unknown entry of levels 'vv'; did you mean 'v'"):
            self.ENTRY.checked("levels", {"a": [1], "v": [1, 2], "vv": [2]}, like=self.LIKE)
        with pytest.raises(ValueError, match="levels is a dict with a, v, not "):
            self.ENTRY.checked("levels", {"a": [1]}, like=self.LIKE)

    def test_a_dict_stays_one_and_nothing_else_becomes_one(self):
        with pytest.raises(ValueError, match="levels is a dict with a, v, not 1"):
            self.ENTRY.checked("levels", 1.0, like=self.LIKE)
        with pytest.raises(ValueError, match="gain is a number, not a dict"):
            ENV.validate(PARAMS.replace(gain={"a": 1.0}))
        with pytest.raises(ValueError, match="cohs is an array, not a dict"):
            ENV.validate(PARAMS.replace(cohs={"a": (1.0, 2.0)}))

    def test_leaves_of_a_dict_get_the_dtype(self):
        leaf = as_leaf({"a": 1, "v": [2, 3]}, np.float32)
        assert {name: (x.dtype, x.shape) for name, x in leaf.items()} == {
            "a": (np.float32, ()),
            "v": (np.float32, (2,)),
        }


class TestLeaves:
    def test_numbers_of_the_host_get_the_dtype_of_their_field(self):
        dtypes = {name: getattr(PARAMS, name).dtype for name in declared(Params)}
        assert dtypes == {name: entry.dtype for name, entry in declared(Params).items()}
        assert {str(dtype) for dtype in dtypes.values()} == {"float32", "int32", "bool"}

    def test_what_does_not_fit_stays_what_it_is(self):
        assert as_leaf(2.7, np.int32) == 2.7
        assert as_leaf(2**40, np.int32) == 2**40
        assert np.isnan(as_leaf(math.nan, np.int32))
        assert as_leaf(True, np.float32).dtype == bool
        assert as_leaf(1, np.bool_).dtype.kind == "i"
        assert as_leaf("x", np.float32) == "x"
        assert as_leaf([1.0, True], np.float32) == [1.0, True]
        assert as_leaf([[1.0], [1.0, 2.0]], np.float32) == [[1.0], [1.0, 2.0]]

    def test_a_whole_number_may_be_written_as_a_float(self):
        leaf = as_leaf(3.0, np.int32)
        assert (leaf, leaf.dtype) == (3, np.int32)

    def test_arrays_of_jax_are_left_alone(self):
        array = jnp.float32(2)
        assert as_leaf(array, np.int32) is array


class TestReplace:
    def test_an_unknown_field_is_named_with_the_closest(self):
        with pytest.raises(ValueError, match="unknown param 'sigm'; did you mean 'sigma'"):
            PARAMS.replace(sigm=1.0)
        with pytest.raises(ValueError, match=r"unknown param 'zzz'\. Known: abort, cohs, count"):
            PARAMS.replace(zzz=1.0)

    def test_the_others_stay_and_so_does_the_structure(self):
        changed = PARAMS.replace(sigma=2, count=5)
        assert (changed.sigma, changed.count, changed.share) == (2, 5, 0.5)
        assert jax.tree.structure(changed) == jax.tree.structure(PARAMS)
        assert (PARAMS.sigma, PARAMS.count) == (1, 3)

    def test_traced_values_are_swept_under_jit_and_vmap(self):
        @jax.jit
        def totals(sigmas, count):
            def total(sigma):
                params = PARAMS.replace(sigma=sigma, cohs=jnp.stack([sigma, sigma]), count=count)
                return params.sigma + params.cohs.sum() + params.count

            return jax.vmap(total)(sigmas)

        np.testing.assert_array_equal(totals(jnp.arange(3.0), 2), [2, 5, 8])

    def test_params_pass_through_jit_with_their_class(self):
        changed = jax.jit(lambda params: params.replace(sigma=params.sigma * 2))(PARAMS)
        assert type(changed) is Params
        assert changed.sigma == 2

    def test_a_gradient_by_a_number_is_taken(self):
        gradient = jax.grad(lambda sigma: PARAMS.replace(sigma=sigma).sigma ** 2)(3.0)
        assert gradient == 6


class TestDeclared:
    def test_bare_numbers_are_declared_by_their_default(self):
        entries = declared(Params)
        assert [entries[name].dtype for name in ("gain", "order", "is_easy", "weights")] == [
            np.float32,
            np.int32,
            np.bool_,
            np.float32,
        ]
        assert entries["weights"].shape == ("n",)
        assert entries["gain"].meaning == ""

    def test_a_subclass_keeps_what_its_base_declares(self):
        @pytree
        class Sub(NoisyParams):
            sigma: Leaf = number(2.0, "louder noise", at_least=1)
            gain: Leaf = number(1.0, "a gain")

        assert declared(Sub)["sigma"].at_least == 1
        assert declared(NoisyParams)["sigma"].at_least == 0
        assert set(declared(Sub)) == set(declared(NoisyParams)) | {"gain"}
        assert (Sub.sigma, Sub().sigma) == (2.0, 2)


@pytree
class UrgencyParams(TrialParams):
    """Numbers of a wrapper."""

    urgency: Leaf = number(0.5, "added to every step", at_least=0)


@pytree
class HistoryParams(TrialParams):
    """Numbers of another wrapper."""

    probs: Leaf = number((0.5, 0.5), "of the next trial", shape=("n",), sums_to_1=True)


class TestJoined:
    BOTH = joined(NoisyParams, UrgencyParams)
    ALL = joined(BOTH, HistoryParams)

    def test_it_is_the_same_class_for_the_same_two(self):
        assert joined(NoisyParams, UrgencyParams) is self.BOTH
        assert joined(joined(NoisyParams, UrgencyParams), HistoryParams) is self.ALL
        assert joined(NoisyParams, HistoryParams) is not self.BOTH

    def test_it_has_the_fields_of_both_and_their_declarations(self):
        assert set(declared(self.ALL)) == {*declared(NoisyParams), "urgency", "probs"}
        assert declared(self.ALL)["urgency"] is declared(UrgencyParams)["urgency"]
        assert issubclass(self.ALL, NoisyParams)
        params = self.ALL(sigma=2, urgency=1)
        assert (params.sigma, params.urgency, params.urgency.dtype) == (2, 1, np.float32)
        assert params.replace(probs=(0, 1)).probs.dtype == np.float32

    @pytest.mark.parametrize("copied", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy])
    @pytest.mark.parametrize("cls", [BOTH, ALL])
    def test_copies_are_of_the_same_class(self, cls, copied):
        params = cls(sigma=2, urgency=1)
        other = copied(params)
        assert type(other) is cls
        assert jax.tree.structure(other) == jax.tree.structure(params)
        assert jax.tree.all(jax.tree.map(np.array_equal, other, params))

    def test_equal_classes_share_compiled_code(self):
        traces = []

        @jax.jit
        def total(params):
            traces.append(1)
            return params.sigma + params.urgency

        assert total(self.BOTH()) == 1.5
        assert total(joined(NoisyParams, UrgencyParams)(urgency=1.0)) == 2
        assert len(traces) == 1


class TestInWords:
    def test_params_print_a_line_for_each_number_with_unit_and_meaning(self):
        lines = str(PARAMS).splitlines()
        assert lines[0] == "Params of test_params:"
        assert "    timing                all 200 ms" in lines
        assert "    rewards               correct 1" in lines
        assert "    step                  0.1 rad: of the hand" in lines
        assert "    cohs                  [6.4, 51.2] percent: coherences" in lines
        assert "    pairs                 [[1, 2], [3, 4]]: pairs" in lines
        assert "    gain                  1" in lines
        assert len(lines) == 1 + len(vars(PARAMS))

    def test_params_print_while_they_are_traced(self):
        texts = []
        jax.jit(lambda params: texts.append(str(params)))(PARAMS)
        assert texts[0].count("\n") == str(PARAMS).count("\n")

    def test_a_large_array_is_only_told(self):
        assert shown(np.zeros((4, 5), np.float32)) == "float32[4, 5]"
        assert shown({"a": np.float32([1, 2.5]), "v": 3}) == "a [1, 2.5], v 3"

    def test_what_is_allowed_is_said(self):
        words = {name: entry.allowed for name, entry in declared(Params).items()}
        assert words["sigma"] == "a finite number of at least 0"
        assert words["step"] == "a finite number above 0 and at most 3.14159"
        assert words["height"] == "a finite number of at most 0.1"
        assert words["offset"] == "a finite number"
        assert words["count"] == "a whole number of at least 1 and at most 9"
        assert words["is_told"] == "True or False"
