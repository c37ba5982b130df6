"""A number is a number: of Python, of NumPy or of JAX, wherever an argument takes one."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import schedules, timing, wrappers

FORMS = {"array": np.array, "scalar": lambda x: np.array(x)[()], "jax": jnp.asarray}
PDM = jgn.make("PerceptualDecisionMaking-v0")[0]


def numbers_of(id):
    """Arguments of a task that have a number by default."""
    parameters = inspect.signature(jgn.registry.factory_of(id)).parameters.values()
    return {p.name: p.default for p in parameters if isinstance(p.default, int | float | bool)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", IDS)
def test_every_number_of_a_constructor_may_be_an_array_without_dimensions(id, form):
    given = {name: FORMS[form](value) for name, value in numbers_of(id).items()}
    env, again = jgn.make(id, **given)[0], jgn.make(id)[0]
    assert (env.T, env.abort, env.sizes) == (again.T, again.abort, again.sizes)
    assert (env.dt, type(env.dt)) == (pytest.approx(again.dt), float)
    jax.tree.map(np.testing.assert_allclose, env.numbers, again.numbers)


@pytest.mark.parametrize("form", FORMS)
def test_so_may_durations_and_rewards(form):
    make = FORMS[form]
    for spec, plain in (
        (make(300), 300),
        ([make(300), make(500)], [300, 500]),
        (("uniform", (make(300), make(500))), ("uniform", (300, 500))),
        (
            ("truncated_exponential", [make(300), 200, 500]),
            timing.TruncatedExponential(300, 200, 500),
        ),
    ):
        assert str(timing.parse("delay", spec)) == str(timing.parse("delay", plain))
        env = jgn.make("GoNogo-v0", timing={"stimulus": spec}, rewards={"abort": make(-0.5)})[0]
        assert env == jgn.make("GoNogo-v0", timing={"stimulus": plain}, rewards={"abort": -0.5})[0]


@pytest.mark.parametrize("form", FORMS)
def test_so_may_numbers_of_wrappers_and_schedules(form):
    make = FORMS[form]
    assert wrappers.Noise(PDM, make(0.5)) == wrappers.Noise(PDM, 0.5)
    assert wrappers.TimeOut(PDM, make(300)) == wrappers.TimeOut(PDM, 300)
    assert wrappers.CatchTrials(PDM, make(0.5)) == wrappers.CatchTrials(PDM, 0.5)
    assert wrappers.PassAction(PDM, make(True)) == wrappers.PassAction(PDM, True)
    for block_dur, plain in ((make(10), 10), (make(0.5), 0.5), ((make(2), make(5)), (2, 5))):
        probs = [[0.8, 0.2], [0.2, 0.8]]
        bias = wrappers.SideBias(PDM, probs, block_dur)
        assert bias == wrappers.SideBias(PDM, probs, plain)
    assert schedules.Random(make(3)) == schedules.Random(3)
    assert schedules.SequentialBlock([make(3), make(4)]) == schedules.SequentialBlock([3, 4])
    assert schedules.Curriculum(make(3), make(0.5), make(5)) == schedules.Curriculum(3, 0.5, 5)


def test_bounds_of_params_are_compared_whatever_holds_them():
    env, params = jgn.make("HierarchicalReasoning-v0")
    for form in FORMS.values():
        with pytest.raises(ValueError, match=r"min_block is at most max_block \(20\), not 30"):
            env.validate(params.replace(min_block=form(30)))
