"""What is remembered beyond a call, read from the syntax trees: nothing that keeps tasks alive."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "jaxgym_neuro"
# Keyed by numbers, names and classes, of which a program has few.
KEEP_NO_TASK = {
    "adapters/vector_env.py: _mask_name",
    "collections/priors/n_alternatives.py: factor",  # of a number
    "core/params.py: _joined",
    "core/params.py: declared",
    "multitask/packing.py: _read_where",
    "collections/modcog/transformations.py: in_sequence",  # of a class, for few families
    "collections/modcog/transformations.py: integrated",
    "plotting/labels.py: width_of",
    "random.py: _draw_row",
    "random.py: _draw_where",
    "support/xla.py: program",  # of a function, for all tasks
}
# Emptied by jax.clear_caches(), and bounded.
KEPT_WITH_JAX = {
    "adapters/stepping/analysis.py: _plan",
    "adapters/stepping/many_compiled.py: _step_rows",
    "support/caches.py: program",  # of each function under jit_for_few
    "training/learning.py: programs",
}
# Where jax.jit keeps a program for every task: the methods that users call, how streams begin, and
# checks.
STATIC = {
    "data/streams.py",
    "support/xla.py",
    "testing/task_under_test.py",
    "testing/transformations.py",
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


def test_programs_of_adapters_and_data_are_kept_for_a_few_tasks():
    files = {str(path.relative_to(PACKAGE)): path.read_text() for path in PACKAGE.rglob("*.py")}
    assert {name for name, text in files.items() if "static_arg" in text} == STATIC
