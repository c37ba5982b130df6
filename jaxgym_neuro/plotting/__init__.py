"""Pictures and animations of what a subject sees, does and earns.

Figures are made without pyplot: nothing global changes, no display is needed, and a figure that
is dropped is gone.
"""

from jaxgym_neuro.plotting.animate import animate
from jaxgym_neuro.plotting.animation import Animation
from jaxgym_neuro.plotting.by_condition import plot_by_condition
from jaxgym_neuro.plotting.plot_env import plot_env

__all__ = ["Animation", "animate", "plot_by_condition", "plot_env"]
