"""The promises, in the order in which they are checked."""

from collections.abc import Callable

from jaxgym_neuro.testing.subject import Subject

PROMISES: dict[str, Callable[[Subject], None]] = {}


def promise(check):
    """Add a check; the first line of its docstring says what is promised."""
    PROMISES[check.__name__.removeprefix("_")] = check
    return check


def sentence(check):
    """Return what a check says is promised."""
    return check.__doc__.split("\n")[0].rstrip(".")
