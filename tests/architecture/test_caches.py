"""What is remembered beyond a call, read from the syntax trees: nothing that keeps tasks alive."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "jaxgym_neuro"
# Keyed by numbers, names and classes, of which a program has few.
KEEP_NO_TASK = {
    "adapters/stepping/tables.py: draw_tables",  # by the name of a backend
    "adapters/vector_env.py: _mask_name",
    "core/params.py: _joined",
    "core/params.py: declared",
    "multitask/packing.py: _read_where",
    "random.py: _draw_row",
}
# Emptied by jax.clear_caches(), and bounded.
KEPT_WITH_JAX = {
    "adapters/stepping/analysis.py: _plan",
    "adapters/stepping/many_compiled.py: _step_rows",
}


def decorated(names):
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for decorator in getattr(node, "decorator_list", ()):
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if ast.unparse(called).rpartition(".")[2] in names:
                    found.add(f"{path.relative_to(PACKAGE)}: {node.name}")
    return found


def test_caches_keep_no_task_alive():
    assert decorated({"cache", "lru_cache"}) == KEEP_NO_TASK
    assert decorated({"kept_with_jax"}) == KEPT_WITH_JAX
