"""How much memory a task's state takes, before there is one."""

import dataclasses
from typing import Any

import jax

from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support.memory import as_text, bytes_of

_OBSERVATIONS = ("ob", "rows")  # what trials call them, of a task and of several in one


@dataclasses.dataclass(frozen=True)
class StateBytes:
    """Bytes of the state of one environment, by what they are for.

    Attributes:
        ob: observations of the trial, or what they are made of.
        gt: its ground truth.
        rest: its conditions, periods and length.
        others: the clocks, and what the task, its wrappers and their schedules carry.
    """

    ob: int
    gt: int
    rest: int
    others: int

    @property
    def trial(self) -> int:
        """Those of the trial, which are written when it is drawn."""
        return self.ob + self.gt + self.rest

    @property
    def total(self) -> int:
        """All of them."""
        return sum(dataclasses.astuple(self))

    def __str__(self):
        parts = ", ".join(f"{name} {size:,}" for name, size in dataclasses.asdict(self).items())
        return f"{self.total:,} bytes ({parts}); 2^20 environments take {as_text(self.total << 20)}"


def state_bytes(env: Any, params: Any = None, **kwargs: Any) -> StateBytes:
    """Return the bytes that the state of one environment takes; nothing is computed.

    N environments take N times as much. A step writes into the arrays that it is given where they
    are donated, as those of a ``lax.scan`` are; else there are two states for a moment.

    Args:
        env: a task, its id, or another gymnax environment, of which all is ``others``.
        params: default are the task's.
        **kwargs: the task's constructor arguments, where ``env`` is an id.

    Raises:
        ValueError: for an unknown id or argument, or params that do not suit the task.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> jgn.state_bytes("PerceptualDecisionMaking-v0").ob  # 22 steps of 3 channels
        264
        >>> jgn.state_bytes("PerceptualDecisionMaking-v0", dt=20).ob
        1320
    """
    task, params = resolve(env, params, **kwargs)
    key = jax.eval_shape(lambda: jax.random.key(0))
    _, state = jax.eval_shape(task.reset, key, params)
    trial = getattr(state, "trial", None)
    if trial is None:
        return StateBytes(0, 0, 0, bytes_of(state))
    ob = sum(bytes_of(vars(trial)[name]) for name in _OBSERVATIONS if name in vars(trial))
    gt, of_trial = bytes_of(trial.gt), bytes_of(trial)
    return StateBytes(ob, gt, of_trial - ob - gt, bytes_of(state) - of_trial)
