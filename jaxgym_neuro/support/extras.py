"""Packages that are installed with an extra, and what is said where one is missing."""

from types import TracebackType

# By what is imported: the extra of pyproject.toml that installs it.
EXTRAS = {
    "flax": "train",
    "optax": "train",
    "orbax": "train",
    "pandas": "frames",
    "pyarrow": "frames",
    "psignifit": "analysis",
    "scipy": "analysis",
    "sklearn": "analysis",
    "stable_baselines3": "sb3",
    "shtab": "cli",
}


def how_to_install(extra: str) -> str:
    """Return the commands that install an extra, as part of a sentence."""
    return f"pip install 'jaxgym-neuro[{extra}]', or, in a clone, pip install '.[{extra}]'"


class MissingExtraError(ModuleNotFoundError):
    """A package is missing that an extra installs."""


class needed_by:  # noqa: N801 (reads as a word of a sentence)
    """Where packages of extras are imported; one that is missing is told with how to install it.

    ``with needed_by("a frame of trials"): import pandas``

    Args:
        what: needs them.
    """

    def __init__(self, what: str):
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Say what is missing."""
        if not isinstance(error, ModuleNotFoundError) or isinstance(error, MissingExtraError):
            return
        module = str(error.name).partition(".")[0]
        extra = EXTRAS.get(module)
        if extra is None:
            return
        raise MissingExtraError(
            f"{self._what} needs the extra {extra!r} ({module} is missing): "
            f"{how_to_install(extra)}",
            name=error.name,
        ) from error
