"""Ideal observers: the best that can be done with what is seen, and what shortcuts earn.

``observer(env, params)`` is a policy that sees only observations; ``performance(env, params)`` is
what it scores and earns, condition by condition. Both take ``rule=``, one of ``rules(env)``: the
best one, and shortcuts that an agent may find instead. `register` adds rules for a task.
"""

from jaxgym_neuro.ideal import (
    changing,
    context,
    game,
    history,
    memory,
    noisy,
    perceptual,
    shaped,
    studies,
    timing,
    told,
    value,
)
from jaxgym_neuro.ideal.cued import Cued, Seen
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import (
    Observer,
    OverTrials,
    Rule,
    has_rules,
    observer,
    performance,
    register,
    rules,
    tasks,
)
from jaxgym_neuro.ideal.studies import Bound, Bounds, bounds

__all__ = [
    "Bound",
    "Bounds",
    "Cued",
    "Observer",
    "OverTrials",
    "Performance",
    "Rule",
    "Seen",
    "bounds",
    "has_rules",
    "observer",
    "performance",
    "register",
    "rules",
    "tasks",
]

for _module in (
    perceptual,
    shaped,
    memory,
    timing,
    context,
    changing,
    value,
    told,
    game,
    studies,
    history,
    noisy,
):
    for _task, _rules in _module.RULES.items():
        register(_task, _rules)
