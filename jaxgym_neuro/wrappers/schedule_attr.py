"""ScheduleAttr: conditions of the trials by a schedule, or by the subject's progress."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams
from jaxgym_neuro.core.tables import Condition, Difference
from jaxgym_neuro.schedules import Schedule
from jaxgym_neuro.stimuli import pick
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import is_dict
from jaxgym_neuro.wrappers.base import TrialWrapper, check_env


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    # A dict from condition to its values, an array with one row for each index of the schedule; a
    # row that no entry of ``attr_list`` sets is not used.
    schedule_attr: Leaf = None


class ScheduleAttr(TrialWrapper):
    """Fix conditions of each trial as a schedule says; the others are drawn as before.

    The condition ``schedule_index`` tells what the schedule said (to fix it in ``new_trial``
    changes the record only). The schedule learns the performance in each trial when it ends, so
    that a `jaxgym_neuro.schedules.Curriculum` advances with it, inside jit. It begins anew with
    each episode.

    Params: ``schedule_attr``, a dict from condition to its values, an array with one row for each
    index (a row that no entry of ``attr_list`` sets is not used).

    Args:
        env: the task.
        schedule: one of `jaxgym_neuro.schedules`.
        attr_list: for each index of the schedule a dict from condition to value; the keys may
            differ.

    Raises:
        ValueError: for an ``attr_list`` of another length than the schedule's ``n``, an unknown
            condition, or a value of another shape.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> env, _ = jgn.make("PerceptualDecisionMaking-v0")
        >>> stages = [{"coh": 51.2}, {"coh": 25.6}, {}]
        >>> curriculum = jgn.schedules.Curriculum(n=3, threshold=0.8)
        >>> jgn.wrappers.ScheduleAttr(env, curriculum, stages).name
        'ScheduleAttr(PerceptualDecisionMaking)'
    """

    PARAMS = Params
    CONDITIONS = {
        "schedule_index": Condition("what the schedule said", "int32", at_least=0, below="stages")
    }
    DIFFERENCES = {
        "conditions": Difference(
            "`ScheduleAttr` fixes conditions, and its schedule learns the performance",
            "2.3.1 passes any argument of `new_trial`, such as the probabilities of another "
            "wrapper, for which `SideBias` is there",
            (
                "test_scheduled_conditions_are_set_and_the_others_drawn_as_before",
                "test_a_curriculum_advances_with_performance_inside_jit",
            ),
        )
    }

    def __init__(self, env: TrialEnv, schedule: Schedule, attr_list: Sequence[Mapping[str, Any]]):
        check_env("ScheduleAttr", env)
        if not isinstance(schedule, Schedule):
            raise ValueError(
                "schedule is one of jaxgym_neuro.schedules, such as "
                f"RandomBlock(block_lens=[90, 90]), not {schedule!r}"
            )
        is_list = isinstance(attr_list, Sequence) and all(
            isinstance(entry, Mapping) for entry in attr_list
        )
        if not is_list or len(attr_list) != schedule.n:
            raise ValueError(
                f"attr_list is a list of {schedule.n} dicts from condition to value, one for each "
                f"index of the schedule, not {attr_list!r}"
            )
        self.schedule = schedule
        self.is_set = {
            name: tuple(name in entry for entry in attr_list)
            for name in dict.fromkeys(name for entry in attr_list for name in entry)
        }
        checked = [env.check_conditions(entry) for entry in attr_list]
        tables = {}
        for name in self.is_set:
            if name in env.kind_conditions:
                raise ValueError(
                    f"the condition {name!r} says which task a trial is of, and is settled before "
                    f"other conditions; give the schedule to MultiTask"
                )
            like = env.conditions[name]
            tables[name] = np.stack(
                [entry.get(name, np.zeros(like.shape, like.dtype)) for entry in checked]
            )
        super().__init__(env, numbers={"schedule_attr": tables}, sizes={"stages": schedule.n})

    def validate(self, params):
        """Check concrete params: of the rows that are used, every value is one of the condition."""
        super().validate(params)
        given = params.schedule_attr
        if not is_dict(given) or set(given) != set(self.is_set):
            raise ValueError(
                f"schedule_attr is a dict with {', '.join(self.is_set) or 'nothing'}, not {given!r}"
            )
        for name, is_set in self.is_set.items():
            if np.shape(given[name])[:1] != (len(is_set),):
                raise ValueError(
                    f"schedule_attr[{name!r}] has a row for each of {len(is_set)} indices of the "
                    f"schedule, not {given[name]!r}"
                )
            for row, is_used in zip(given[name], is_set, strict=True):
                if is_used:
                    self.env.check_conditions({name: row})

    def init_memory(self, key, params):
        """Begin the schedule."""
        return self.schedule.init(key)

    def change_conditions(self, key, conditions, params, own):
        """Set what the schedule says."""
        index, own = self.schedule.next(key, own)
        changed = {"schedule_index": index}
        for name, is_set in self.is_set.items():
            value = jnp.asarray(params.schedule_attr[name]).at[index].get(mode="clip")
            value = value.astype(conditions[name].dtype)
            changed[name] = jnp.where(pick(np.asarray(is_set), index), value, conditions[name])
        return {**conditions, **changed}, own

    def change_response(self, state, action, params, response):
        """Tell the schedule how the trial went."""
        own = state.carry.own
        told = self.schedule.record(own, response.performance)
        ends = self.conclude(state, response, params).ends
        own = jax.tree.map(lambda new, old: jnp.where(ends, new, old), told, own)
        return response, own
