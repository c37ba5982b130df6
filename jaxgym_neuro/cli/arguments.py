"""Parsers whose errors are one line, whose help has examples, and whose arguments can be listed."""

import argparse
import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from jaxgym_neuro.support.validation import unknown_name

PROGRAM = "jaxgym-neuro"
ID = "ID"  # how help names what is completed with the ids of tasks
FILE, FOLDER = "FILE", "DIR"
_CHOICE = re.compile(r"argument (.+?): invalid choice: '?(.*?)'? \(choose from (.*)\)", re.DOTALL)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help whose examples stand as they are written, beside wide names of options."""

    def __init__(self, prog: str, **options: Any):
        super().__init__(prog, max_help_position=28, **options)


class Parser(argparse.ArgumentParser):
    """An argument parser that says in one line what is wrong, and ends with status 2.

    Attributes:
        examples: lines of arguments that it takes, shown by ``--help``.
        arguments: what was added to it, in order.
        commands: parsers of its commands, by name.
    """

    def __init__(self, *, examples: Sequence[str] = (), **options: Any):
        self.examples = tuple(examples)
        self.arguments: list[argparse.Action] = []
        self.commands: dict[str, Parser] = {}
        super().__init__(formatter_class=_Help, allow_abbrev=False, **options)
        if examples:
            lines = "\n".join(f"  {self.prog} {line}".rstrip() for line in examples)
            self.epilog = f"examples:\n{lines}"

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Add an argument, and list it."""
        action = super().add_argument(*names, **options)
        self.arguments.append(action)
        return action

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        choice = _CHOICE.match(message)
        if choice:
            name, given, known = choice.groups()
            names = [one.strip(" '\"") for one in known.split(",")]
            kind = name.lower() if name.isupper() else name  # COMMAND, SHELL
            message = unknown_name(kind, given, names).short
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class Commands:
    """The commands of a program, or of one of its commands."""

    def __init__(self, parser: Parser):
        self._parser = parser
        self._added: Any = parser.add_subparsers(
            required=True, dest="command", metavar="COMMAND", parser_class=Parser
        )

    def add(
        self,
        name: str,
        run: Callable[[argparse.Namespace], int | None] | None,
        words: str,
        examples: Sequence[str] = (),
        details: str = "",
        aliases: Sequence[str] = (),
    ) -> Parser:
        """Add a command.

        Args:
            name: of the command.
            run: what does it; returns the exit status, None for 0.
            words: what it does, in a line.
            examples: its arguments, such as ``"GoNogo-v0 --json"``.
            details: further sentences of its help.
            aliases: other names.
        """
        description = f"{words[0].upper()}{words[1:]}.{' ' * bool(details)}{details}"
        added: Parser = self._added.add_parser(
            name, help=words, description=description, examples=examples, aliases=aliases
        )
        added.set_defaults(run=run)
        self._parser.commands[name] = added
        return added


def add_json(parser: Parser) -> None:
    """Add the option of what a program may read."""
    parser.add_argument("--json", action="store_true", help="write JSON")


def add_settings(parser: Parser, *names: str, words: str) -> None:
    """Add an option that takes ``name=value``, or an object in JSON, as often as it is given."""
    parser.add_argument(
        *names, action=_Merge, type=_settings, default={}, metavar="NAME=VALUE", help=words
    )


class _Merge(argparse.Action):
    """Puts the settings of several options together."""

    def __call__(
        self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        merged = merge(getattr(namespace, self.dest), values)
        setattr(namespace, self.dest, merged)


def merge(settings: Mapping[str, Any], further: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with further ones; of dicts in both, entry by entry."""
    merged = dict(settings)
    for name, value in further.items():
        old: Any = merged.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[name] = {**old, **value} if both else value
    return merged


def _settings(text: str) -> dict[str, Any]:
    """Read ``name=value``, ``name.entry=value`` or an object in JSON."""
    if text.lstrip().startswith("{"):
        return json_object(text)
    name, equals, written = text.partition("=")
    if not (equals and name):
        raise argparse.ArgumentTypeError(f"a setting is name=value, not {text!r}")
    value: Any = _value(written)
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


def json_object(text: str) -> dict[str, Any]:
    """Read an object in JSON; anything else is an error of the argument."""
    try:
        read = json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON: {error}") from None
    if not isinstance(read, dict):
        raise argparse.ArgumentTypeError(f"an object in JSON is expected, not {text!r}")
    return read


def _value(written: str) -> Any:
    """Read a value as JSON; what is none is a word."""
    try:
        return json.loads(written)
    except json.JSONDecodeError:
        return {"True": True, "False": False, "None": None}.get(written, written)


def lines_of(parser: Parser) -> list[list[str]]:
    """Return the examples of a parser and of its commands, as arguments of the program."""
    mine = parser.prog.removeprefix(PROGRAM).split()
    own = [[*mine, *shlex.split(example)] for example in parser.examples]
    return own + [line for one in parser.commands.values() for line in lines_of(one)]
