"""Rules of the code base, read from the syntax trees."""

import ast
import re
from pathlib import Path

import pytest

from jaxgym_neuro.registry import _BUILT_IN

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jaxgym_neuro"
# From the bottom: a module imports from layers below its own, and from its own.
LAYERS = (
    {"support"},
    {"random"},
    {"timing", "spaces", "stimuli", "pictures"},
    {"core"},
    {"schedules"},
    {"tasks"},
    {"registry", "policies", "sizes"},
    {"multitask"},
    {"wrappers"},
    {"collections"},
    {"data", "recording"},
    {"adapters", "ideal", "plotting", "testing"},
    {"analysis", "display"},
    {"references"},
    {"neurogym", "gymnax", "making", "bench", "training"},
    {"replications"},
    {"cli"},
    {"__main__", "__init__"},
)
MODULES = sorted(PACKAGE.rglob("*.py"))
MAY_PRINT = {"cli", "__main__"}


def name_of(path):
    """Module path inside the package: ("tasks", "perceptual", "detection")."""
    return path.relative_to(PACKAGE).with_suffix("").parts


def layer_of(part):
    found = [rank for rank, layer in enumerate(LAYERS) if part in layer]
    assert found, f"jaxgym_neuro.{part} has no layer; add it to LAYERS"
    return found[0]


def imports_of(path):
    """Dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(path):
    """What a module imports from this package, as parts; the top level's names count as it."""
    for name in imports_of(path):
        top, *parts = name.split(".")
        if top == "jaxgym_neuro":
            is_module = parts and any(parts[0] in layer for layer in LAYERS)
            yield tuple(parts) if is_module else ("__init__",)


def module_ids(path):
    return ".".join(name_of(path))


@pytest.mark.parametrize("path", MODULES, ids=module_ids)
def test_imports_point_downward(path):
    own = layer_of(name_of(path)[0])
    upward = [parts for parts in own_imports(path) if layer_of(parts[0]) > own]
    assert upward == []


def test_tasks_do_not_import_one_another():
    """A base that several tasks share lies in a module without a registered task of its own."""
    tasks = {("tasks", *target.split(":")[0].split(".")) for target in _BUILT_IN.values()}
    assert tasks
    found = [
        (module_ids(path), ".".join(parts))
        for path in MODULES
        for parts in own_imports(path)
        if name_of(path)[0] == "tasks"
        for imported in [parts, parts[:-1]]
        if imported in tasks and imported != name_of(path)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("gymnasium", {"adapters", "neurogym", "recording", "registry"}),
        ("matplotlib", {"plotting", "analysis"}),
        ("psignifit", {"analysis"}),
        ("scipy", {"analysis"}),
        ("sklearn", {"analysis"}),
        ("gymnax", {"gymnax", "bench"}),
        ("flax", {"training"}),
        ("optax", {"training"}),
        ("orbax", {"training"}),
        ("rich", {"cli", "display", "training"}),
        ("seaborn", set()),
        ("neurogym", set()),
    ],
)
def test_library_is_imported_only_where_it_belongs(library, allowed):
    found = {
        module_ids(path)
        for path in MODULES
        for name in imports_of(path)
        if name.split(".")[0] == library and name_of(path)[0] not in allowed
    }
    assert found == set()


def run_at_import(node):
    """Nodes that are evaluated when the module is imported: not the bodies of functions."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        children = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    elif isinstance(node, ast.Lambda):
        children = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    else:
        children = ast.iter_child_nodes(node)
    for child in children:
        yield from run_at_import(child)


def is_jax_numpy_call(node):
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called.startswith(("jnp.", "jax.numpy.", "jax.random.", "lax.", "jax.lax."))


@pytest.mark.parametrize("path", MODULES, ids=module_ids)
def test_nothing_is_computed_with_jax_at_import(path):
    tree = ast.parse(path.read_text())
    assert [ast.unparse(n) for n in run_at_import(tree) if is_jax_numpy_call(n)] == []


@pytest.mark.parametrize("path", MODULES, ids=module_ids)
def test_only_the_command_line_prints(path):
    if name_of(path)[0] not in MAY_PRINT:
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert [n.lineno for n in calls if ast.unparse(n.func) == "print"] == []


@pytest.mark.parametrize("path", MODULES, ids=module_ids)
def test_no_program_is_made_of_text_that_the_library_writes(path):
    """A debugger cannot stop in such a program; what is worked out at run time is a list of
    operations, or functions that are put together."""
    makers = {"exec", "eval", "compile", "builtins.exec", "builtins.eval", "types.FunctionType"}
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    assert [(n.lineno, ast.unparse(n.func)) for n in calls if ast.unparse(n.func) in makers] == []


def test_nothing_is_marked_as_unfinished():
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    suffixes = {".py", ".md", ".toml", ".yml", ".yaml", ".sh", ".cfg"}
    folders = ("jaxgym_neuro", "tests", "examples", "docs", ".ci")
    files = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in suffixes]
    files += [p for p in ROOT.iterdir() if p.suffix in suffixes or p.name == "Makefile"]
    assert len(files) > 20
    assert [str(p.relative_to(ROOT)) for p in files if mark.search(p.read_text())] == []
