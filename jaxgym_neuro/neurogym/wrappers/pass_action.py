"""PassAction: the last action as a channel."""

from typing import Any

from jaxgym_neuro import wrappers
from jaxgym_neuro.neurogym.wrappers.pass_reward import WithLast


class PassAction(WithLast):
    """Show the last action, a number, in a last channel, ``action``, 0 after a reset.

    Args:
        env: an environment of `make`, or of a `TrialEnv`.

    Raises:
        ValueError: for any other, or observations that are no row of channels.
    """

    pure = wrappers.PassAction
    channel = "action"

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take a step."""
        ob, reward, terminated, truncated, info = self.env.step(action)
        return self._with(ob, action), reward, terminated, truncated, info
