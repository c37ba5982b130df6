"""No module touches what another module keeps to itself, read from the syntax trees."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "jaxgym_neuro"
MODULES = sorted(PACKAGE.rglob("*.py"))
OF_NAMED_TUPLES = {"_replace", "_asdict", "_fields", "_make"}  # public, whatever their names


def is_private(name):
    is_special = name.startswith("__") and name.endswith("__")
    return name.startswith("_") and not is_special and name not in OF_NAMED_TUPLES


def is_own(node):
    """Whether it is the object itself, its class, or what its class inherits."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def names_of(tree):
    """Names that a module gives: to functions, classes, variables, fields and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and is_own(node.value)
        ):
            yield node.attr


def foreign_private_names(text):
    """Private names of other modules that a module uses: ``env._draw``, ``import _helper``."""
    tree = ast.parse(text)
    own = set(names_of(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            is_foreign = not is_own(node.value) and node.attr not in own
            yield from [ast.unparse(node)] * is_foreign
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jaxgym_neuro"):
            yield from (alias.name for alias in node.names if is_private(alias.name))


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
)
def test_a_module_uses_no_private_name_of_another(path):
    assert list(foreign_private_names(path.read_text())) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("env._draw(key)", ["env._draw"]),
        ("self.env._spaces[0]", ["self.env._spaces"]),
        ("self._spaces, cls._cache, super()._draw()", []),
        ("env._is_open = True", ["env._is_open"]),
        ("class A:\n    _size: int\n\ndef size(a):\n    return a._size", []),
        ("def use(a):\n    return a._made\n\nclass A:\n    def __init__(self):\n"
         "        self._made = 1", []),
        ("keys._replace(carry=None), env.__dict__", []),
        ("from jaxgym_neuro.core.renewal import _renew_rows, renew", ["_renew_rows"]),
    ],
)  # fmt: skip
def test_a_private_name_of_another_module_would_be_seen(text, found):
    assert list(foreign_private_names(text)) == found
