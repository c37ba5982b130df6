"""Draw the pictures of the tasks: two trials, a thumbnail, and an animation of one trial.

``python docs/make_task_pictures.py [ids] [--out DIR]`` draws those that are not there yet, or that
were drawn by other code: beside each id's files lies a digest of all that they depend on, which are
the modules that the task imports, directly or not, those that draw, and this one. For each id:

    <id>.png        two trials, as `plot_env` draws them
    <id>.thumb.png  one of them, 320 pixels wide
    <id>.gif        an animation of the trial; not of members of families, of which there are many

The subject follows the ground truth. With ``JGN_DOCS_PICTURES=0`` nothing is drawn, and pages have
no pictures; so it is with ``DOCS_FAST=1``.
"""

import argparse
import ast
import functools
import hashlib
import inspect
import io
import multiprocessing
import os
import pathlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from typing import Any

import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro.core.describe import declared_conditions
from jaxgym_neuro.registry import factory_of

DOCS = pathlib.Path(__file__).resolve().parent
PACKAGE = pathlib.Path(jgn.__file__).parent
OUT = DOCS / "_build" / "task_pictures"
KEYS = range(3, 27)  # tried until the trials show what the task has; see `telling`
WORKERS = 2
# What is compiled runs for milliseconds.
XLA_FLAGS = (
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false "
    "--xla_llvm_disable_expensive_passes=true --xla_cpu_parallel_codegen_split_count=1"
)
# Where the default task, or its first trials, would show little.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "AntiReach-v0": {"preset": "interleaved"},
    "CVLearning-v0": {"preset": "psychometric"},
}
_FEW_STEPS, _STEPS_SHOWN = 5, 10  # of tasks with trials of fewer steps, more trials are shown
_THUMB = 320  # pixels
_COLORS = 96


def make_all(out: pathlib.Path = OUT, ids: Sequence[str] | None = None) -> list[str]:
    """Draw the pictures that are missing or out of date; remove those of ids that are gone.

    Args:
        out: folder to write to.
        ids: of the tasks; None: all.

    Returns:
        The ids of which pictures were drawn.
    """
    out.mkdir(parents=True, exist_ok=True)
    if ids is None:
        remove_others(out, jgn.registered_tasks())
    digests = {id: digest_of(id) for id in ids or jgn.registered_tasks()}
    due = [id for id, digest in digests.items() if not _is_drawn(out, id, digest)]
    for id, files in _drawn(due):
        for name, data in files.items():
            (out / name).write_bytes(data)
        # Written last: what was interrupted is drawn again.
        (out / f".{id}.digest").write_text(digests[id])
    return due


def is_wanted() -> bool:
    """Whether the site is to have pictures."""
    is_off = os.environ.get("JGN_DOCS_PICTURES", "1") == "0"
    return not is_off and os.environ.get("DOCS_FAST", "") in ("", "0")


def files_of(id: str) -> list[str]:
    """Return the names of the pictures of a task."""
    is_member = hasattr(factory_of(id), "FAMILY")
    return [f"{id}.png", f"{id}.thumb.png", *[f"{id}.gif"] * (not is_member)]


def draw(id: str) -> dict[str, bytes]:
    """Draw the pictures of a task; return the bytes of each file by name."""
    # What draws is not imported by those who ask only whether something is to be drawn.
    from jaxgym_neuro import policies, random
    from jaxgym_neuro.plotting.animate import animate_record
    from jaxgym_neuro.plotting.plot_env import plot_record
    from jaxgym_neuro.plotting.record import run_trials
    from jaxgym_neuro.plotting.style import Style

    env, params = jgn.make(id, **ARGUMENTS.get(id, {}))
    per_trial = max(1, _STEPS_SHOWN // env.T) if env.T < _FEW_STEPS else 1
    actor = policies.actor("ground_truth", env, params)
    count = max(2, per_trial)
    records = (run_trials(actor, params, (), random.as_key(key), count, 0) for key in KEYS)
    record = telling(env, records)
    look = Style(name=id, acts="actions follow the ground truth")
    files = {f"{id}.png": _png(plot_record(record, env, params, look))}
    first = record.first(record.trials()[per_trial - 1][1])
    small = Style(name="", legend=False, is_small=True, fig_kwargs={"figsize": (3.2, 2.0)})
    files[f"{id}.thumb.png"] = _png(plot_record(first, env, params, small))
    if f"{id}.gif" in files_of(id):
        files[f"{id}.gif"] = animate_record(first, env, params, name=id).gif()
    return files


def telling(env: Any, records: Iterable[Any]) -> Any:
    """Return the first of the records that shows the kinds of trials a task has, or the best.

    In the first trial something is asked for, and the first two differ in each condition that is
    True or False, or has two values: go and no-go, pro and anti, match and non-match.
    """
    best, most = None, -1
    for record in records:
        (begin, end), (other, _), *_ = record.trials()
        kinds = [
            bool(values[begin] != values[other])
            for name, values in (record.conditions or {}).items()
            if np.ndim(values) == 1 and _has_two(env, name)
        ]
        points = [bool(np.any(record.gt[begin:end])), *kinds]
        if sum(points) > most:
            best, most = record, sum(points)
        if all(points):
            break
    return best


def _has_two(env: Any, name: str) -> bool:
    """Whether a condition, as its task or a wrapper around it declares it, is one of two."""
    entry = declared_conditions(env).get(name)
    return entry is not None and (entry.dtype == "bool" or len(entry.one_of) == 2)


def _png(figure: Any) -> bytes:
    """Return a figure as a PNG of few colours, which is a third of the size."""
    from jaxgym_neuro.plotting.animation import of_few_colors
    from jaxgym_neuro.plotting.frames import to_pixels

    file = io.BytesIO()
    of_few_colors(to_pixels(figure), _COLORS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _drawn(ids: Sequence[str]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield each id with its files, as they are drawn."""
    if len(ids) < 2:
        yield from ((id, draw(id)) for id in ids)
        return
    os.environ["XLA_FLAGS"] = f"{XLA_FLAGS} {os.environ.get('XLA_FLAGS', '')}"
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    # Neighbours are alike, and those of one family share what is imported and compiled.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        yield from zip(ids, pool.map(draw, ids), strict=True)


def _is_drawn(out: pathlib.Path, id: str, digest: str) -> bool:
    file = out / f".{id}.digest"
    is_same = file.is_file() and file.read_text() == digest
    return is_same and all((out / name).is_file() for name in files_of(id))


def remove_others(out: pathlib.Path, ids: Iterable[str]) -> None:
    """Remove what is not of these ids."""
    kept = {name for id in ids for name in [*files_of(id), f".{id}.digest"]}
    for path in out.iterdir():
        if path.name not in kept:
            path.unlink()


# ------------------------------------------------------------------------- what pictures depend on


def digest_of(id: str) -> str:
    """Return a digest of what the pictures of a task depend on."""
    text = [id, repr(ARGUMENTS.get(id)), _versions(), text_of(pathlib.Path(__file__))]
    text += [f"{path}\n{text_of(PACKAGE.parent / path)}" for path in sorted(sources_of(id))]
    return hashlib.sha256("\0".join(text).encode()).hexdigest()


def sources_of(id: str) -> frozenset[pathlib.Path]:
    """Return the files of the package on which the pictures of a task depend.

    Those of the task (of a member of a family, which is a class that its family's module makes, of
    its bases), those that draw, and all that they import.
    """
    factory = factory_of(id)
    classes = inspect.getmro(factory) if inspect.isclass(factory) else (factory,)
    modules = {one.__module__ for one in classes if one.__module__.startswith(PACKAGE.name)}
    return _closure(frozenset(modules)) | _closure(frozenset(_DRAWING))


_DRAWING = ("jaxgym_neuro.plotting.animate", "jaxgym_neuro.plotting.plot_env")


@functools.cache
def _closure(modules: frozenset[str]) -> frozenset[pathlib.Path]:
    """Return the files of modules of the package and of all that they import from it."""
    found: set[pathlib.Path] = set()
    due = [path for name in modules if (path := _path_of(name)) is not None]
    while due:
        path = due.pop()
        if path not in found:
            found.add(path)
            due += _imports(path)
    return frozenset(path.relative_to(PACKAGE.parent) for path in found)


@functools.cache
def _imports(path: pathlib.Path) -> list[pathlib.Path]:
    """Return the files of the package that a file imports, inside functions, too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found += [path for name in names if (path := _path_of(name)) is not None]
    return found


def _path_of(name: str) -> pathlib.Path | None:
    """Return the file of a module; None if it is none of the package, or the package itself."""
    top, *parts = name.split(".")
    if top != PACKAGE.name or not parts:
        return None
    path = PACKAGE.joinpath(*parts)
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@functools.cache
def text_of(path: pathlib.Path) -> str:
    """Return the text of a file."""
    return path.read_text()


@functools.cache
def _versions() -> str:
    names = ("jax", "jaxlib", "matplotlib", "numpy", "pillow")
    return " ".join(f"{name} {metadata.version(name)}" for name in names)


def main() -> None:
    """Draw what the command line asks for, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ids", nargs="*", help="of the tasks; default are all")
    parser.add_argument("--out", type=pathlib.Path, default=OUT, help="folder to write to")
    arguments = parser.parse_args()
    begin = time.perf_counter()
    drawn = make_all(arguments.out, arguments.ids or None)
    size = sum(path.stat().st_size for path in arguments.out.iterdir()) / 1e6
    took = time.perf_counter() - begin
    sys.stdout.write(f"{len(drawn)} drawn in {took:.1f} s; {size:.1f} MB in {arguments.out}\n")


if __name__ == "__main__":
    main()
