"""Completion of commands, options and ids by the Tab key: ``completion``."""

import argparse
import sys

from jaxgym_neuro import registry
from jaxgym_neuro.cli.arguments import FILE, FOLDER, ID, Commands, Parser
from jaxgym_neuro.cli.tasks import tags
from jaxgym_neuro.support.extras import needed_by

_SHELLS = ("bash", "zsh", "tcsh")


def add_to(commands: Commands) -> None:
    """Add the command."""
    completion = commands.add(
        "completion", _completion, "write what makes a shell complete commands, options and ids",
        ("bash", "zsh"),
        details="Needs the extra 'cli'. Put the output where the shell reads completions: "
        'for bash, eval "$(jaxgym-neuro completion bash)" in ~/.bashrc.',
    )  # fmt: skip
    completion.add_argument("shell", choices=_SHELLS, help=", ".join(_SHELLS), metavar="SHELL")


def _completion(arguments: argparse.Namespace) -> None:
    with needed_by("completion"):
        import shtab
    from jaxgym_neuro.cli.program import parser  # which has this command

    made = parser()
    _complete(made, shtab)
    sys.stdout.write(f"{shtab.complete(made, shell=arguments.shell)}\n")


def _complete(parser: Parser, shtab: object) -> None:
    """Say of each argument what completes it."""
    by_file = {FILE: getattr(shtab, "FILE", None), FOLDER: getattr(shtab, "DIRECTORY", None)}
    for action in parser.arguments:
        if action.metavar == ID:
            action.choices = registry.registered_tasks()
        elif by_file.get(str(action.metavar)):
            vars(action)["complete"] = by_file[str(action.metavar)]
        elif action.dest == "paradigm":
            action.choices = registry.paradigms()
        elif action.dest == "tag":
            action.choices = list(tags())
    for command in parser.commands.values():
        _complete(command, shtab)
