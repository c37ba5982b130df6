"""The program: its commands, its errors, and its exit status."""

import contextlib
import os
import sys
from collections.abc import Sequence

from jaxgym_neuro.cli import authoring, benchmarks, completion, pictures, tasks, training
from jaxgym_neuro.cli.arguments import PROGRAM, Commands, Parser
from jaxgym_neuro.support.extras import MissingExtraError
from jaxgym_neuro.support.version import VERSION

_WRONG, _STOPPED, _NO_READER = 2, 130, 141  # the last two as a shell has it for signals 2 and 13


def parser() -> Parser:
    """Return the parser of the command line, with those of its commands."""
    made = Parser(
        prog=PROGRAM,
        description="Cognitive-neuroscience tasks as pure JAX functions.",
        examples=("list --paradigm memory", "show GoNogo-v0", "plot GoNogo-v0 -o go_nogo.png"),
    )
    made.add_argument("--version", action="version", version=f"{PROGRAM} {VERSION}")
    commands = Commands(made)
    for group in (tasks, pictures, authoring, training, benchmarks, completion):
        group.add_to(commands)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit status: 0; 1 where a check has failed; 2 for what was asked wrongly, which is said
        in a line; 130 and 141 where it was stopped, or its reader has gone.
    """
    try:
        arguments = parser().parse_args(argv)
        status = arguments.run(arguments) or 0
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return _NO_READER
    except KeyboardInterrupt:
        return _STOPPED
    except (ValueError, OSError, MissingExtraError) as error:
        words = getattr(error, "short", "") or str(error)
        sys.stderr.write(f"{PROGRAM}: {' '.join(words.split())}\n")
        return _WRONG
    return status


def _forget_output() -> None:
    """Let Python flush what is left to where nobody reads."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
