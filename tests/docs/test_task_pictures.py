"""Pictures of the tasks for the site: of every id, drawn anew when what they depend on changes."""

import io
import pathlib
import sys

import jax
import numpy as np
import pytest
from PIL import Image

import jaxgym_neuro as jgn
from jaxgym_neuro import policies
from jaxgym_neuro.plotting.record import run_trials

DOCS = pathlib.Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))

import make_task_pictures as made  # noqa: E402

ID = "GoNogo-v0"
SOME = (
    "AngleReproduction-v0",
    "Bandit-v0",
    "CVLearning-v0",
    "MemoryRecall-v0",
    "RandomDotMotion-v0",
    "driscoll24.MemoryPro-v0",
    "modcog.dlygointr-v0",
)


def test_every_id_has_pictures_and_those_that_are_no_members_of_families_an_animation():
    ids = jgn.registered_tasks()
    names = [name for id in ids for name in made.files_of(id)]
    assert {f"{id}{suffix}" for id in ids for suffix in (".png", ".thumb.png")} <= set(names)
    animated = {name.removesuffix(".gif") for name in names if name.endswith(".gif")}
    assert animated == {
        id for id in ids if not id.startswith(("yang19.", "modcog.", "driscoll24."))
    }
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("pictures")
    assert made.make_all(out, [ID]) == [ID]
    return out


def test_pictures_have_their_sizes_and_are_small(folder):
    assert {path.name for path in folder.iterdir()} == {*made.files_of(ID), f".{ID}.digest"}
    with Image.open(folder / f"{ID}.png") as picture:
        assert picture.width == 800
    with Image.open(folder / f"{ID}.thumb.png") as picture:
        assert picture.size == (320, 200)
        assert np.asarray(picture.convert("RGB"))[0, 0].tolist() == [255, 255, 255]
    with Image.open(folder / f"{ID}.gif") as picture:
        assert picture.n_frames == 11  # a go trial ends with the action in the first of 5 steps
    assert sum(path.stat().st_size for path in folder.iterdir()) < 100_000


@pytest.mark.parametrize(
    ("id", "arguments", "condition"),
    [
        ("GoNogo-v0", {}, "ground_truth"),
        ("AntiReach-v0", {"preset": "interleaved"}, "anti"),
        pytest.param("DelayMatchSample-v0", {}, "ground_truth", marks=pytest.mark.slow),
    ],
)
def test_the_first_two_trials_are_of_both_kinds_and_the_first_asks_for_something(
    id, arguments, condition
):
    env, params = jgn.make(id, **arguments)
    actor = policies.actor("ground_truth", env, params)
    record = made.telling(
        env, (run_trials(actor, params, (), jax.random.key(key), 2, 0) for key in made.KEYS)
    )
    (begin, end), (other, _) = record.trials()
    assert record.conditions[condition][begin] != record.conditions[condition][other]
    assert np.any(record.gt[begin:end])


def test_what_is_up_to_date_is_not_drawn_and_what_is_missing_or_old_is(folder, monkeypatch):
    assert made.make_all(folder, [ID]) == []
    drawn = []
    monkeypatch.setattr(made, "draw", lambda id: drawn.append(id) or {f"{id}.gif": b"new"})
    (folder / f"{ID}.gif").unlink()
    assert made.make_all(folder, [ID]) == [ID]
    task = made.PACKAGE / "tasks" / "inhibition" / "go_nogo.py"
    read = made.text_of
    monkeypatch.setattr(made, "text_of", lambda path: read(path) + "#" * (path == task))
    assert made.make_all(folder, [ID]) == [ID]
    assert made.make_all(folder, [ID]) == []
    assert drawn == [ID, ID]


def test_pictures_depend_on_the_task_on_what_it_imports_and_on_what_draws():
    def sources(id):
        return {path.relative_to("jaxgym_neuro").as_posix() for path in made.sources_of(id)}

    bandit = sources("Bandit-v0")
    assert {"tasks/value/bandit.py", "core/env.py", "plotting/canvas.py", "spaces.py"} <= bandit
    assert {path for path in bandit if path.startswith("tasks/")} <= {
        "tasks/value/bandit.py",
        "tasks/value/__init__.py",
        "tasks/__init__.py",
    }
    integrated = sources("modcog.dlygointr-v0")
    assert any(path.startswith("collections/modcog/") for path in integrated)
    assert any(path.startswith("collections/yang19/") for path in integrated)
    wrapped = sources("perceptualdecisionmaking.roitman02-v0")
    assert {"collections/roitman02.py", "tasks/perceptual/perceptual_decision_making.py"} <= wrapped


def test_pictures_of_ids_that_are_gone_are_removed(tmp_path):
    for name in (f"{ID}.png", "Gone-v0.png", ".Gone-v0.digest"):
        (tmp_path / name).write_bytes(b"")
    made.remove_others(tmp_path, [ID])
    assert [path.name for path in tmp_path.iterdir()] == [f"{ID}.png"]


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, True),
        ({"JGN_DOCS_PICTURES": "0"}, False),
        ({"DOCS_FAST": "1"}, False),
        ({"JGN_DOCS_PICTURES": "1", "DOCS_FAST": "0"}, True),
    ],
)
def test_the_site_may_do_without(variables, wanted, monkeypatch):
    for name in ("JGN_DOCS_PICTURES", "DOCS_FAST"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert made.is_wanted() is wanted


@pytest.mark.slow
@pytest.mark.parametrize("id", SOME)
def test_tasks_of_many_kinds_are_drawn_without_a_warning(id):
    files = made.draw(id)
    assert list(files) == made.files_of(id)
    for data in files.values():
        with Image.open(io.BytesIO(data)) as picture:
            assert len(set(np.asarray(picture.convert("L")).ravel())) > 4
