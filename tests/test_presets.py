"""Presets: arguments of a task under a name."""

import gymnasium
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import registry
from jaxgym_neuro.core.tables import Preset
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.wrappers import TimeOut


class WithPresets(PerceptualDecisionMaking):
    """A task with presets."""

    TAGS = ("perceptual",)
    PRESETS = {
        "hard": Preset({"sigma": 3.0, "timing": {"stimulus": 500, "delay": 100}}, "few are right"),
        "slow": Preset({}, "errors cost time", wrappers=(("TimeOut", {"ms": 700}),)),
    }


@pytest.fixture
def id(monkeypatch):
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    jgn.register("WithPresets-v0", WithPresets)
    yield "WithPresets-v0"
    del gymnasium.registry["jaxgym_neuro/WithPresets-v0"]


def test_a_preset_gives_the_arguments_and_further_ones_change_it(id):
    env, params = jgn.make(id, preset="hard")
    assert (float(params.sigma), env.T) == (3.0, 8)
    env, params = jgn.make(id, preset="hard", sigma=2, timing={"delay": 200})
    assert (float(params.sigma), env.T) == (2.0, 9)
    assert jgn.make(id)[0] != env


def test_a_preset_may_wrap_the_task(id):
    env, params = jgn.make(id, preset="slow", sigma=2)
    assert isinstance(env, TimeOut)
    assert (float(params.timeout), float(params.sigma)) == (700, 2)


def test_a_preset_is_taken_wherever_a_task_is_made_by_its_id(id):
    env = gymnasium.make(f"jaxgym_neuro/{id}", preset="hard")
    assert env.unwrapped.task == jgn.make(id, preset="hard")[0]
    assert "hard" in str(jgn.task_info(id))
    assert "few are right" in str(jgn.task_info(id))


def test_an_unknown_preset_is_refused_with_those_that_there_are(id):
    with pytest.raises(ValueError, match="did you mean 'hard'"):
        jgn.make(id, preset="hardd")
    with pytest.raises(ValueError, match="preset of GoNogo-v0"):
        jgn.make("GoNogo-v0", preset="nothing")


@pytest.mark.parametrize(
    ("id", "name"),
    [(id, name) for id in jgn.registered_tasks() for name in registry.factory_of(id).PRESETS],
)
def test_every_preset_of_every_task_can_be_made(id, name):
    env, params = jgn.make(id, preset=name)
    env.validate(params)
    preset = registry.factory_of(id).PRESETS[name]
    assert preset.words
    assert name != "paper" or preset.differs
