"""Break the library one line at a time, and see that its tests notice.

``python tests/mutation/run.py`` copies the tree, applies each of `MUTATIONS` alone, runs the tests
that ought to catch it, and says which mutations were killed and which survived. Give words to run
only the mutations that hold one of them: ``python tests/mutation/run.py timing.py wrappers/``. It
exits with 1 if one survived. An hour on two cores, so it is run by hand or at night.
"""

import collections
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from mutations import MUTATIONS, Mutation

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = "jaxgym_neuro"
TIMEOUT_S = 900
# As the Makefile's TEST_FLAGS: small programs, compiled once and run for milliseconds.
XLA_FLAGS = (
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false "
    "--xla_llvm_disable_expensive_passes=true --xla_cpu_parallel_codegen_split_count=1"
)


def mutated(source: str, mutation: Mutation) -> str:
    """Return the source of a file with one line of it replaced.

    Raises:
        ValueError: if the line is not there, or more than once.
    """
    count = source.count(mutation.old)
    if count != 1:
        raise ValueError(
            f"{mutation.file} has {count} times, and not once: {mutation.old!r}; mend the mutation"
        )
    return source.replace(mutation.old, mutation.new)


def copy_of_the_tree(folder: pathlib.Path) -> pathlib.Path:
    """Copy what the tests need: the package, the tests, the pages, and the settings."""
    ignored = shutil.ignore_patterns("__pycache__", "*.png", "recordings")
    for name in (PACKAGE, "tests", "docs", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run_tests(tree: pathlib.Path, tests: tuple[str, ...]) -> tuple[str, str]:
    """Run tests in a process of their own; return how they ended, and which failed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": XLA_FLAGS,
    }
    try:
        ended = subprocess.run(
            [*command, *(f"tests/{test}" for test in tests)],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return "timeout", ""
    lines = (ended.stdout or ended.stderr).strip().splitlines() or [""]
    said = next((line for line in lines if line.startswith(("FAILED", "ERROR"))), lines[-1])
    # 2: an import fails. Anything else, such as 4, is about the call: a test that is gone.
    outcomes = {0: "survived", 1: "killed", 2: "killed"}
    return outcomes.get(ended.returncode, "broken"), said


def main(words: list[str], *, check_first: bool = True) -> int:
    """Run the mutations that hold one of the words, all without any; return the exit status.

    First the tests run unbroken (``check_first``): one that fails anyway would seem to catch all.
    """
    chosen = [m for m in MUTATIONS if not words or any(w in f"{m.file} {m.new}" for w in words)]
    if not chosen:
        print(f"no mutation holds one of {words}")
        return 1
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of_the_tree(pathlib.Path(folder))
        tests = tuple(dict.fromkeys(test for mutation in chosen for test in mutation.tests))
        outcome, said = run_tests(tree, tests) if check_first else ("survived", "")
        if outcome != "survived":
            print(f"the tests do not pass as the tree is: {outcome} ({said})")
            return 1
        for number, mutation in enumerate(chosen, 1):
            path = tree / PACKAGE / mutation.file
            source, begin = path.read_text(), time.perf_counter()
            path.write_text(mutated(source, mutation))
            outcome, said = run_tests(tree, mutation.tests)
            path.write_text(source)
            counts[outcome] += 1
            seconds = time.perf_counter() - begin
            print(
                f"{number}/{len(chosen)} {outcome:8} {seconds:4.0f} s  {mutation.file}: "
                f"{mutation.new.strip()!r}" + (f"  ({said})" if outcome != "killed" else ""),
                flush=True,
            )
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return 1 if counts["survived"] or counts["broken"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
