"""Names of tasks: make one by its id, list them by tag, read what one is about.

Whatever takes "a task" (`Dataset`, `rollout`, `plot_env`, the adapters) takes an id or an
environment; `resolve` is the one place that turns either into an environment and its params.
"""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium

from jaxgym_neuro.core.describe import Table, own_differences, tables_of
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.tables import Difference, Paper
from jaxgym_neuro.support.pytrees import tell_flax
from jaxgym_neuro.support.validation import check_argument, check_name, unknown_name

_BUILT_IN = {
    "AngleReproduction-v0": "motor.angle_reproduction:AngleReproduction",
    "AnnubesEnv-v0": "perceptual.annubes_env:AnnubesEnv",
    "AntiReach-v0": "inhibition.anti_reach:AntiReach",
    "Bandit-v0": "value.bandit:Bandit",
    "CVLearning-v0": "perceptual.cv_learning:CVLearning",
    "ChangingEnvironment-v0": "context.changing_environment:ChangingEnvironment",
    "ContextDecisionMaking-v0": "context.context_decision_making:ContextDecisionMaking",
    "ContextSwitch-v0": "context.context_switch:ContextSwitch",
    "DawTwoStep-v0": "value.daw_two_step:DawTwoStep",
    "DelayComparison-v0": "memory.delay_comparison:DelayComparison",
    "DelayMatchCategory-v0": "memory.delay_match_category:DelayMatchCategory",
    "DelayMatchSample-v0": "memory.delay_match_sample:DelayMatchSample",
    "DelayMatchSampleDistractor1D-v0": (
        "memory.delay_match_sample_distractor_1d:DelayMatchSampleDistractor1D"
    ),
    "DelayPairedAssociation-v0": "memory.delay_paired_association:DelayPairedAssociation",
    "Detection-v0": "perceptual.detection:Detection",
    "DualDelayMatchSample-v0": "memory.dual_delay_match_sample:DualDelayMatchSample",
    "EconomicDecisionMaking-v0": "value.economic_decision_making:EconomicDecisionMaking",
    "GoNogo-v0": "inhibition.go_nogo:GoNogo",
    "HierarchicalReasoning-v0": "context.hierarchical_reasoning:HierarchicalReasoning",
    "IntervalDiscrimination-v0": "timing.interval_discrimination:IntervalDiscrimination",
    "LeverPress-v0": "value.lever_press:LeverPress",
    "LeverPressWithPoke-v0": "value.lever_press_with_poke:LeverPressWithPoke",
    "LeverPressWithPokeRest-v0": "value.lever_press_with_poke_rest:LeverPressWithPokeRest",
    "MatchingPenny-v0": "value.matching_penny:MatchingPenny",
    "MemoryRecall-v0": "memory.memory_recall:MemoryRecall",
    "MotorTiming-v0": "timing.motor_timing:MotorTiming",
    "MultiSensoryIntegration-v0": "perceptual.multi_sensory_integration:MultiSensoryIntegration",
    "Null-v0": "utility.null:Null",
    "OneTwoThreeGo-v0": "timing.one_two_three_go:OneTwoThreeGo",
    "PerceptualDecisionMaking-v0": "perceptual.perceptual_decision_making:PerceptualDecisionMaking",
    "PerceptualDecisionMakingDelayResponse-v0": (
        "perceptual.perceptual_decision_making_delay_response:PerceptualDecisionMakingDelayResponse"
    ),
    "PostDecisionWager-v0": "value.post_decision_wager:PostDecisionWager",
    "ProbabilisticReasoning-v0": "value.probabilistic_reasoning:ProbabilisticReasoning",
    "PulseDecisionMaking-v0": "perceptual.pulse_decision_making:PulseDecisionMaking",
    "RandomDotMotion-v0": "perceptual.random_dot_motion:RandomDotMotion",
    "Reaching1D-v0": "motor.reaching_1d:Reaching1D",
    "Reaching1DWithSelfDistraction-v0": (
        "motor.reaching_1d_with_self_distraction:Reaching1DWithSelfDistraction"
    ),
    "ReachingDelayResponse-v0": "motor.reaching_delay_response:ReachingDelayResponse",
    "ReadySetGo-v0": "timing.ready_set_go:ReadySetGo",
    "SpatialSuppressMotion-v0": "perceptual.spatial_suppress_motion:SpatialSuppressMotion",
    "SpatialSuppressMotionPixels-v0": (
        "perceptual.spatial_suppress_motion_pixels:SpatialSuppressMotionPixels"
    ),
    "ToneDetection-v0": "perceptual.tone_detection:ToneDetection",
    "VisualSearch-v0": "perceptual.visual_search:VisualSearch",
}
# Where ids are, which are too many to list in an error, and what has none.
LISTED = (
    "jaxgym_neuro.registered_tasks(), or python -m jaxgym_neuro list, has all ids; a task of one's "
    "own is given as an environment, on the command line as FILE.py:CLASS"
)
_ID = re.compile(r"[\w:.-]+-v\d+", re.ASCII)  # what Gymnasium takes after the namespace
_COLLECTIONS = {
    "perceptualdecisionmaking.ibl20-v0": "ibl20:IBL20",
    "perceptualdecisionmaking.roitman02-v0": "roitman02:Roitman02",
    "priors.priors_v0-v0": "priors.priors_v0:PriorsV0",
}


@dataclasses.dataclass(frozen=True)
class TaskInfo:
    """What a task is about; prints as a page.

    Attributes:
        id: its id.
        description: its first sentence.
        paper: where it comes from, or None.
        paper_name: title of the paper.
        paper_link: its DOI or address.
        tags: what it is listed under.
        tables: periods, channels, actions, rewards, conditions and params, in words.
        differences: its deviations from NeuroGym, without those of every task.
        documentation: what ``help()`` shows.
    """

    id: str
    description: str
    paper: Paper | None
    paper_name: str | None
    paper_link: str | None
    tags: tuple[str, ...]
    tables: tuple[Table, ...]
    differences: Mapping[str, Difference]
    documentation: str

    def __str__(self):
        tags = ", ".join(self.tags) or "none"
        return f"{self.id}\n{'=' * len(self.id)}\ntags: {tags}\n\n{self.documentation}"

    __repr__ = __str__


@dataclasses.dataclass(frozen=True)
class _Entry:
    factory: Callable[..., Any] | str
    tags: tuple[str, ...] = ()

    def load(self) -> Callable[..., Any]:
        """Import the task's module only when the task is wanted."""
        if not isinstance(self.factory, str):
            return self.factory
        module, name = self.factory.split(":")
        return getattr(importlib.import_module(module), name)

    def all_tags(self) -> set[str]:
        return {*self.tags, *_metadata(self.load()).get("tags", ())}


# What an environment of gymnax's interface has, one in gymnax's wrappers too.
_INTERFACE = ("reset", "step", "default_params", "action_space", "observation_space")
_entries: dict[str, _Entry] = {}
_listeners: list[Callable[[str], None]] = []


def resolve(
    task: Any, params: Any = None, *, made_of_trials: bool = False, **kwargs: Any
) -> tuple[Any, Any]:
    """Turn an id or an environment, and params or None, into an environment and its params.

    Args:
        task: a registered id; or a task, or another gymnax environment.
        params: default are the environment's.
        made_of_trials: whether only a task made of trials will do, a `TrialEnv`.
        **kwargs: the task's constructor arguments, where ``task`` is an id.

    Returns:
        The environment, and params that suit it.

    Raises:
        ValueError: for an unknown id or argument, with the closest match; for what is neither an
            id nor an environment, or not made of trials where it has to be; for constructor
            arguments beside an environment; for params that do not suit the task.
    """
    tell_flax()
    env = as_env(task, made_of_trials=made_of_trials, **kwargs)
    params = env.default_params if params is None else params
    if hasattr(env, "validate"):
        env.validate(params)
    return env, params


def as_env(task: Any, *, made_of_trials: bool = False, **kwargs: Any) -> Any:
    """Turn an id or an environment into an environment, as `resolve` does; params are not checked.

    Raises:
        ValueError: as `resolve`, but for params.
    """
    if isinstance(task, str):
        env = _construct(task, kwargs)
    elif isinstance(task, type) or not all(hasattr(task, name) for name in _INTERFACE):
        raise ValueError(
            "a task is a registered id or an environment, such as the first value of "
            f"jaxgym_neuro.make(id), not {task!r}"
        )
    elif kwargs:
        raise ValueError(
            f"constructor arguments ({', '.join(kwargs)}) go with a task's id; {task.name} is "
            "constructed already"
        )
    else:
        env = task
    if made_of_trials and not isinstance(env, TrialEnv):
        raise ValueError(
            "this needs a task made of trials (a TrialEnv, such as the first value of "
            f"jaxgym_neuro.make(id)), not {task!r}"
        )
    return env


def register(id: str, factory: Callable[..., Any], tags: tuple[str, ...] = ()) -> None:
    """Add a task under a new id, here and in Gymnasium (as ``jaxgym_neuro/<id>``).

    In gymnax too, under ``id``, once ``jaxgym_neuro.gymnax`` has been imported.

    Args:
        id: name with a version, such as ``"MyTask-v0"``.
        factory: callable that returns a `TrialEnv` or another gymnax environment.
        tags: tags beside those in the factory's ``metadata``.

    Raises:
        ValueError: if the id is taken, or none that Gymnasium takes; then nothing is registered.
    """
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ValueError(
            "a task's id is a name of letters, digits and _ : . - that ends in a version, as in "
            f"'MyTask-v0', not {id!r}"
        )
    if id in _entries:
        raise ValueError(f"{id!r} is already registered; choose another id or version")
    if not callable(factory):
        raise ValueError(f"factory is a callable that returns the task, not {factory!r}")
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError(f"tags are a list of words, not {tags!r}")
    _add(id, _Entry(factory, tuple(tags)))


def tell_ids(listener: Callable[[str], None]) -> None:
    """Call a function with every registered id, now and when another one is registered."""
    for id in _entries:
        listener(id)
    _listeners.append(listener)


def factory_of(id: str) -> Callable[..., Any]:
    """Return what makes a registered task: its class, for all that come with the library.

    Raises:
        ValueError: for an unknown id, with the closest match.
    """
    return _entry(id).load()


def registered_tasks(tag: str | None = None) -> list[str]:
    """List ids, all or those with a tag; an unknown tag is a ValueError."""
    if tag is None:
        return sorted(_entries)
    check_name("tag", tag, all_tags())
    return sorted(id for id, entry in _entries.items() if tag in entry.all_tags())


def ids_of(collection: str) -> list[str]:
    """List the ids of a collection in its order: ``"yang19"``; an unknown one is a ValueError."""
    check_name("collection", collection, {id.split(".")[0] for id in _entries if "." in id})
    return [id for id in _entries if id.startswith(f"{collection}.")]


def paradigm_of(id: str) -> str:
    """Return what a task is listed under: ``"memory"``, or ``"yang19"`` for tasks of a collection.

    It is the folder of the task's module; ``"collections"`` for a study of one task, and
    ``"registered"`` for what was not registered by the library.
    """
    factory = factory_of(id)
    package, *parts = factory.__module__.split(".")
    if package != __name__.partition(".")[0] or len(parts) < 2:
        return "registered"
    is_listed = parts[0] == "tasks" or hasattr(factory, "FAMILY")
    return parts[1] if is_listed else parts[0]


def paradigms() -> list[str]:
    """List the paradigms of all tasks."""
    return sorted(set(map(paradigm_of, _entries)))


def all_tags() -> list[str]:
    """List the tags of all tasks."""
    return sorted(set().union(*(entry.all_tags() for entry in _entries.values())))


def task_info(id: str) -> TaskInfo:
    """Return what a task is about: description, paper, tags and the whole documentation."""
    if not isinstance(id, str):
        raise ValueError(f"task_info takes an id, 'GoNogo-v0' say; print(env) shows a task, {id!r}")
    entry = _entry(id)
    factory = entry.load()
    metadata = _metadata(factory)
    task = factory if isinstance(factory, type) and issubclass(factory, TrialEnv) else None
    documentation = inspect.getdoc(factory) or ""
    return TaskInfo(
        id=id,
        paper=getattr(factory, "PAPER", None),
        description=documentation.split("\n\n")[0].replace("\n", " "),
        paper_name=metadata.get("paper_name"),
        paper_link=metadata.get("paper_link"),
        tags=tuple(sorted(entry.all_tags())),
        tables=() if task is None else tuple(tables_of(task)),
        differences={} if task is None else own_differences(task),
        documentation=documentation,
    )


def _construct(id: str, kwargs: Mapping[str, Any]) -> Any:
    """Call the constructor of a registered task, with the arguments of a preset if one is named."""
    factory, kwargs, wrappers = _entry(id).load(), dict(kwargs), ()
    name = kwargs.pop("preset", None)
    if name is not None:
        presets = getattr(factory, "PRESETS", {})
        check_name(f"preset of {id}", name, presets)
        kwargs, wrappers = _changed(presets[name].arguments, kwargs), presets[name].wrappers
    env = _called(id, factory, kwargs)
    for wrapper, arguments in wrappers:
        env = getattr(importlib.import_module("jaxgym_neuro.wrappers"), wrapper)(env, **arguments)
    return env


def _changed(arguments: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with what is given instead; of dicts, such as ``timing``, entry by entry."""
    changed = dict(arguments)
    for name, value in given.items():
        old: Any = changed.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        changed[name] = dict(old) | dict(value) if both else value
    return changed


def _called(id: str, factory: Callable[..., Any], kwargs: Mapping[str, Any]) -> Any:
    parameters = inspect.signature(factory).parameters.values()
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        for name in kwargs:
            check_argument(id, name, [parameter.name for parameter in parameters])
    return factory(**kwargs)


def _metadata(factory: Any) -> Mapping[str, Any]:
    return getattr(factory, "metadata", {})


def _entry(id: str) -> _Entry:
    if id not in _entries:
        collection, dot, _ = str(id).partition(".")
        if dot and _ID.fullmatch(str(id)):
            ids_of(collection)
        raise unknown_name("task", id, _entries, LISTED)
    return _entries[id]


def _add(id: str, entry: _Entry) -> None:
    _entries[id] = entry
    gymnasium.register(
        id=f"jaxgym_neuro/{id}",
        entry_point="jaxgym_neuro.adapters.gymnasium_env:GymnasiumEnv",
        vector_entry_point="jaxgym_neuro.adapters.vector_env:TaskVectorEnv",
        # The environment itself rejects wrong actions, and steps before a reset.
        disable_env_checker=True,
        order_enforce=False,
        kwargs={"task": id},
    )
    for listener in _listeners:
        listener(id)


# Collections whose tasks are lines of a table: their names, in NeuroGym's order or the authors'.
_REACH = ("go", "rtgo", "dlygo", "anti", "rtanti", "dlyanti")
_DECISION = ("dm1", "dm2", "ctxdm1", "ctxdm2", "multidm")
_DELAYED = ("dlydm1", "dlydm2", "ctxdlydm1", "ctxdlydm2", "multidlydm")
_MATCH = ("dms", "dnms", "dmc", "dnmc")
_YANG19 = (*_REACH, *_DECISION, *_DELAYED, *_MATCH)
_INTEGRATED = [f"{x}int{y}" for x in ("dlygo", "dlyanti", *_DELAYED, *_MATCH) for y in "rl"]
_REACHES = [f"{x}{y}" for y in ("Pro", "Anti") for x in ("Delay", "React", "Memory")]
_INTEGRATIONS = [f"{x}Modality{m}" for x in ("Integration", "ContextInt") for m in (1, 2)]
_MATCHES = ("ReactMatch2Sample", "ReactNonMatch2Sample", "ReactCategoryPro", "ReactCategoryAnti")
_FAMILIES = {
    "yang19": _YANG19,
    "driscoll24": (*_REACHES, *_INTEGRATIONS, "IntegrationMultimodal", *_MATCHES),
    "modcog": (
        *_YANG19,
        *_INTEGRATED,
        *(f"{x}seq{y}" for x in (*_YANG19, *_INTEGRATED) for y in "rl"),
    ),
}
_COLLECTIONS |= {
    f"{collection}.{name}-v0": f"{collection}.tasks:{name}"
    for collection, names in _FAMILIES.items()
    for name in names
}


for _id, _factory in _BUILT_IN.items():
    _add(_id, _Entry(f"jaxgym_neuro.tasks.{_factory}"))
for _id, _factory in _COLLECTIONS.items():
    _add(_id, _Entry(f"jaxgym_neuro.collections.{_factory}"))
