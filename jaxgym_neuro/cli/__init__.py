"""The command line: ``python -m jaxgym_neuro COMMAND``, or ``jaxgym-neuro COMMAND``."""

from jaxgym_neuro.cli.arguments import Parser
from jaxgym_neuro.cli.program import main, parser

__all__ = ["Parser", "main", "parser"]
