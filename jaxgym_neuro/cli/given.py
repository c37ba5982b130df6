"""The task that is named on the command line: an id, or a class of one's own."""

import argparse
import dataclasses
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaxgym_neuro import registry
from jaxgym_neuro.cli.arguments import ID, Parser, add_settings
from jaxgym_neuro.support.validation import check_argument, check_name

TASK = "of a task, or MODULE:CLASS (or FILE.py:CLASS) of one's own"
# Of the files of these no line is of one's own code: what has none, Python and this package.
_OF_OTHERS = ("<", sysconfig.get_path("stdlib"), str(Path(__file__).parents[1]))


@dataclasses.dataclass(frozen=True)
class Given:
    """A task as it was asked for.

    Attributes:
        task: its id, or an environment where a class was named.
        arguments: of its constructor, where it is an id.
        env: the environment.
        params: its params.
    """

    task: Any
    arguments: dict[str, Any]
    env: Any
    params: Any


def add_task(parser: Parser) -> None:
    """Add the arguments that name a task."""
    parser.add_argument("id", metavar=ID, help=TASK)
    parser.add_argument("--preset", metavar="NAME", help="one of the task's")
    words = "argument or param of the task (dt=20, timing.delay=500), as often as needed"
    add_settings(parser, "--set", words=words)


def task_of(arguments: argparse.Namespace) -> Given:
    """Make the task that the arguments name.

    Raises:
        ValueError: for an unknown id, class, preset or setting, or a bad value.
    """
    is_class = names_class(arguments.id)
    factory = load_class(arguments.id) if is_class else registry.factory_of(arguments.id)
    taken = inspect.signature(factory).parameters
    given = dict(arguments.set)
    kwargs = {name: given.pop(name) for name in list(given) if name in taken}
    task, made_by = named(arguments.id, kwargs, arguments.preset, factory)
    env, params = registry.resolve(task, **made_by)
    for name in given:
        check_name(f"setting of {arguments.id}", name, {*taken, *_fields(params)})
    if given:
        params = params.replace(**given)
        env, params = registry.resolve(env, params)
    return Given(task, made_by, env, params)


def named(
    text: str,
    arguments: Mapping[str, Any] | None = None,
    preset: str | None = None,
    factory: Any = None,
) -> tuple[Any, dict[str, Any]]:
    """Return what a word names, for `registry.resolve`: an id and its arguments, or an environment.

    Args:
        text: an id, ``MODULE:CLASS`` or ``FILE.py:CLASS``.
        arguments: of the constructor.
        preset: of a registered task.
        factory: the class, where it has been loaded.

    Raises:
        ValueError: for an unknown id or class, and for a class that cannot be made.
    """
    kwargs = dict(arguments or {})
    if not names_class(text):
        registry.factory_of(text)
        return text, kwargs if preset is None else {"preset": preset, **kwargs}
    if preset is not None:
        raise ValueError("--preset is of a registered task; give a class its arguments")
    return _constructed(text, load_class(text) if factory is None else factory, kwargs), {}


def whole_name(text: str) -> str:
    """Return the name of a task by which it is found from any folder: of a file, its whole path."""
    where, colon, name = text.rpartition(":")
    is_file = names_class(text) and where.endswith(".py")
    return f"{Path(where).resolve()}{colon}{name}" if is_file else text


def short_name(text: str) -> str:
    """Return the id of a task, or the name of a class alone."""
    return text.rpartition(":")[2] if names_class(text) else text


def _constructed(name: str, factory: Any, kwargs: dict[str, Any]) -> Any:
    taken = inspect.signature(factory).parameters
    if not any(one.kind is one.VAR_KEYWORD for one in taken.values()):
        for given in kwargs:
            check_argument(name, given, taken)
    try:
        return factory(**kwargs)
    except Exception as error:  # whatever a constructor of one's own raises
        raise ValueError(f"{name} cannot be made: {told(error)}") from error


def _fields(params: Any) -> list[str]:
    is_known = dataclasses.is_dataclass(params) and hasattr(params, "replace")
    return [field.name for field in dataclasses.fields(params)] if is_known else []


def names_class(text: str) -> bool:
    """Whether ``MODULE:CLASS`` is named, or a file, and no id, which may have a colon, too."""
    return (":" in text or text.endswith(".py")) and text not in registry.registered_tasks()


def load_class(text: str) -> Any:
    """Return the class that ``MODULE:CLASS`` or ``FILE.py:CLASS`` names.

    Raises:
        ValueError: if there is none, or its module cannot be imported.
    """
    where, _, name = (text, "", "") if text.endswith(".py") else text.rpartition(":")
    if where.endswith(".py") and not Path(where).is_file():
        raise ValueError(f"there is no file {where}")
    try:
        module = _from_file(Path(where)) if where.endswith(".py") else _imported(where)
    except Exception as error:  # whatever a module of one's own raises
        raise ValueError(f"{where} cannot be imported: {told(error)}") from error
    classes = {one: value for one, value in vars(module).items() if isinstance(value, type)}
    if not name:
        name = _last_task(classes, module.__name__) or "Class"
        raise ValueError(f"a task in a file is FILE.py:CLASS: write {where}:{name}")
    if not callable(getattr(module, name, None)):
        check_name(f"class in {where}", name, classes)
    return getattr(module, name)


def _last_task(classes: Mapping[str, type], module: str) -> str | None:
    """Return the name of the last task of a module's own."""
    own = [one for one, value in classes.items() if value.__module__ == module]
    return next((one for one in reversed(own) if hasattr(classes[one], "step")), None)


def told(error: BaseException) -> str:
    """Write an error in a line, with the line of one's own code at which it was raised."""
    line = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_OF_OTHERS)]
    if isinstance(error, SyntaxError) or not own:
        return line
    return f"{line} ({Path(own[-1].filename).name}, line {own[-1].lineno})"


def _imported(name: str) -> Any:
    _add_to_path(Path.cwd())
    return importlib.import_module(name)


def _add_to_path(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _from_file(path: Path) -> Any:
    spec: Any = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    _add_to_path(path.resolve().parent)  # as Python does with a script's
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
