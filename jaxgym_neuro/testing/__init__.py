"""What every task promises, as checks that an author can run: ``check_task("MyTask-v0")``.

Each promise is one small function that says in its first line what is promised. What the checks
need (trials, runs, single steps) is compiled once per task, and only if a check asks for it.
"""

from jaxgym_neuro.testing.check import check_task, promises
from jaxgym_neuro.testing.demands import ConformanceError
from jaxgym_neuro.testing.report import Fault, Report

__all__ = ["ConformanceError", "Fault", "Report", "check_task", "promises"]
