"""The reference: a directive for names of a module, and a check that no public name is left out.

Below the directive stand names of its module, one a line; with ``:with-module:`` the module's
own docstring comes first::

    ```{names} jaxgym_neuro.schedules
    :with-module:

    Sequential
    Random
    ```

It makes a table of their summaries and after it the entry of each. The check compares what is
documented with the public names of the packages in ``public_packages``. Tables that the docstring
of a task has are shown as they are laid out there.
"""

import importlib
import inspect
import pydoc
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective


class Names(SphinxDirective):
    """A table of summaries of names, and the entry of each."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"with-module": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Write the table, and have autodoc write the entries."""
        [module] = self.arguments
        names = [line.strip() for line in self.content if line.strip()]
        intro = [f".. automodule:: {module}", "   :no-members:", ""]
        table = [".. list-table::", "   :class: names", "   :widths: auto", ""]
        table += [line for name in names for line in _row(module, name)]
        start = intro if "with-module" in self.options else []
        entries = [_entry(module, name) for name in names]
        return self.parse_text_to_nodes(
            "\n".join(["```{eval-rst}", *start, *table, "", *entries, "```"])
        )


def _row(module: str, name: str) -> list[str]:
    """Return a row of the table: a link, and the first sentence of the docstring."""
    value = getattr(importlib.import_module(module), name)
    summary = (inspect.getdoc(value) or "").partition("\n\n")[0] if _has_docstring(value) else ""
    link = f"   * - :py:obj:`{name} <{module}.{name}>`"
    return [link, f"     - {' '.join(summary.split())}"]


def _entry(module: str, name: str) -> str:
    """Return the directive of autodoc for a name."""
    value = getattr(importlib.import_module(module), name)
    if inspect.ismodule(value):
        return f".. automodule:: {module}.{name}\n   :no-members:\n"
    if inspect.isclass(value):
        return f".. autoclass:: {module}.{name}"
    kind = "function" if callable(value) and hasattr(value, "__name__") else "data"
    return f".. auto{kind}:: {module}.{name}"


def show_tables_as_they_are(
    app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """Make literal blocks of the indented tables of a docstring, below a title with a colon."""
    for at in range(len(lines) - 2):
        title, blank, first = lines[at : at + 3]
        is_text = title.endswith(":") and not title.endswith("::") and not title.startswith(" ")
        if is_text and not blank and first.startswith("    ") and not first.startswith("    -"):
            lines[at] = f"{title}:"


def public_names(module: ModuleType) -> list[str]:
    """Return the names in a module's ``__all__``, or else those that it defines."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


def faults(packages: list[str], documented: set[str]) -> Iterator[str]:
    """Yield in words each public name without a docstring or an entry in the reference.

    Args:
        packages: names of modules.
        documented: full names of what the reference has, by any path that leads to it.
    """
    own_names = {_own_name(_located(name)) for name in documented}
    for package in packages:
        module = importlib.import_module(package)
        for name in public_names(module):
            value = getattr(module, name)
            if _has_docstring(value) and not (value.__doc__ or "").strip():
                yield f"{package}.{name} has no docstring"
            if f"{package}.{name}" not in documented and _own_name(value) not in own_names:
                yield f"{package}.{name} is not in the reference (docs/reference)"


def _has_docstring(value: Any) -> bool:
    return inspect.ismodule(value) or inspect.isclass(value) or inspect.isroutine(value)


def _own_name(value: Any) -> str:
    """Return the full name of a value where it is defined; that of a constant is its place."""
    if inspect.ismodule(value):
        return value.__name__
    name = getattr(value, "__qualname__", None)
    return f"{value.__module__}.{name}" if name else f"at {id(value)}"


def _located(name: str) -> Any:
    try:
        return pydoc.locate(name)
    except pydoc.ErrorDuringImport:  # of an optional package that is not installed
        return None


def check_reference(app: Sphinx, exception: Exception | None) -> None:
    """Fail a build whose reference leaves out a public name.

    Raises:
        ExtensionError: with a line for each fault.
    """
    if exception is not None:
        return
    documented = set(app.env.domains.python_domain.objects)
    documented |= set(app.env.domains.python_domain.modules)
    found = list(faults(app.config.public_packages, documented))
    if found:
        raise ExtensionError("the reference is incomplete:\n  " + "\n  ".join(found))


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive and the check."""
    app.add_directive("names", Names)
    app.add_config_value("public_packages", [], "")
    app.connect("autodoc-process-docstring", show_tables_as_they_are, priority=400)
    app.connect("build-finished", check_reference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
