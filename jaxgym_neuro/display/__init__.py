"""What a person reads of a task: in a terminal, by Rich, and in a notebook, as HTML."""

from jaxgym_neuro.display.facts import Facts, facts_of
from jaxgym_neuro.display.show import Page, show

__all__ = ["Facts", "Page", "facts_of", "show"]
