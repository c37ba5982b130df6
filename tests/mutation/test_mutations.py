"""Every mutation still finds its line, and its tests; `run.py` runs them, by hand or at night."""

import ast
import pathlib
import re

import pytest
from mutations import MUTATIONS, Mutation
from run import PACKAGE, ROOT, mutated

TESTS = pathlib.Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.file}: {m.new.strip()[:40]}")
def test_every_mutation_changes_one_line_into_python_and_names_tests_that_exist(mutation):
    source = (ROOT / PACKAGE / mutation.file).read_text()
    changed = mutated(source, mutation)
    assert changed != source
    ast.parse(changed)
    for test in mutation.tests:
        path, _, name = test.partition("::")
        assert (TESTS / path).exists()
        assert re.search(rf"(def|class) {name}\b" if name else "", (TESTS / path).read_text())


def test_a_line_that_is_gone_or_is_there_twice_is_an_error():
    for old, count in (("c", 0), ("a", 2)):
        with pytest.raises(ValueError, match=f"has {count} times, and not once: {old!r}"):
            mutated("a b a", Mutation("file.py", old, "d", ()))
