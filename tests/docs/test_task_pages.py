"""The pages of the tasks: every task has one, its code runs, its numbers and links are there."""

import ast
import contextlib
import io
import pathlib
import re
import sys

import pytest
from task_ids import IDS, fast_if_typical

import jaxgym_neuro as jgn
from jaxgym_neuro.training import goals

DOCS = pathlib.Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))

import make_scores  # noqa: E402
from pages import about, all_pages, cards, facts, snippet, task  # noqa: E402

ALL = jgn.registered_tasks()
FACTS = facts.of_all()
ALONE = [id for id in ALL if not FACTS[id].is_family]


@pytest.fixture(scope="module")
def made():
    return all_pages()


def attributes_of(html, name):
    return re.findall(rf'{name}="([^"]*)"', html)


@pytest.mark.parametrize("id", ALL)
def test_every_task_says_what_it_probes(id):
    said = about.of(id)
    assert said.title
    assert said.probes
    assert set(said.probes) <= set(about.PROBES)
    assert bool(said.why) == (id in ALONE)


def test_no_two_tasks_of_a_list_have_the_same_title():
    titles = [(one.group, one.title) for one in FACTS.values()]
    assert len(set(titles)) == len(ALL)


def test_nothing_is_said_of_tasks_that_are_gone():
    assert set(about.TASKS) == set(ALONE)


def test_every_task_has_scores_and_no_other():
    scores = make_scores.read()
    assert sorted(scores) == ALL, "write them with: python docs/make_scores.py ID"
    for id, one in scores.items():
        assert one["measure"] == goals.goal_of(id).measure
        is_known = one["best"] is not None
        assert is_known or FACTS[id].is_family or id == "RandomDotMotion-v0"
        assert not is_known or one["chance"] <= one["best"] + 3 * one["chance_error"], id


@pytest.mark.parametrize("id", ["DelayMatchSample-v0", "Bandit-v0", "yang19.dm1-v0"])
def test_scores_are_what_is_computed_now(id):
    written, found = make_scores.read()[id], make_scores.scores_of(id, num_trials=1_000)
    assert found["chance"] == pytest.approx(written["chance"], abs=5 * found["chance_error"])
    assert found["best"] == pytest.approx(written["best"], abs=2e-3)
    assert found["of"] == written["of"]


@pytest.mark.parametrize("id", fast_if_typical(IDS))
def test_the_code_on_the_page_prints_what_it_says(id):
    for text in filter(None, [snippet.steps(FACTS[id]), snippet.dataset(FACTS[id])]):
        said = text.rpartition("# ")[2].strip()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(text, id, "exec"), {})
        assert printed.getvalue().strip() == said


@pytest.mark.parametrize("id", ALL)
def test_the_code_on_the_page_is_about_the_task(id, made):
    blocks = re.findall(r"```python\n(.*?)```", made[f"tasks/{id}.md"], re.DOTALL)
    assert len(blocks) == len(FACTS[id].learning)
    for block in blocks:
        ast.parse(block)
        assert f'"{id}"' in block


@pytest.mark.parametrize(
    ("id", "loop", "learning"),
    [
        ("PerceptualDecisionMaking-v0", "open", ("reward", "supervised")),
        ("DawTwoStep-v0", "closed", ("reward",)),
        ("Reaching1D-v0", "closed", ("reward", "supervised")),
        ("Bandit-v0", "open", ("reward",)),
        ("Null-v0", "open", ("reward",)),
        ("modcog.dmsintl-v0", "open", ("reward", "supervised")),
    ],
)
def test_loop_and_learning_are_computed(id, loop, learning):
    assert (FACTS[id].loop, FACTS[id].learning) == (loop, learning)


def test_the_gallery_has_a_card_for_each_task_and_filters_for_all_that_cards_have(made):
    html = made["gallery.md"]
    assert sorted(attributes_of(html, "data-id")) == ALL
    assert html.count('class="task-card"') == len(ALL)
    filters = {
        "paradigm": "data-paradigm",
        "tag": "data-tags",
        "species": "data-species",
        "loop": "data-loop",
        "learning": "data-learning",
    }
    for name, data in filters.items():
        box = re.search(rf'<select id="filter-{name}">(.*?)</select>', html).group(1)
        had = {word for value in attributes_of(html, data) for word in value.split()}
        assert set(attributes_of(box, "value")) == had | {""}
    assert 'id="filter-text"' in html
    assert f'<p id="gallery-count" aria-live="polite">{len(ALL)} of {len(ALL)} tasks</p>' in html


def test_each_page_leads_to_pages_that_are_there(made):
    for path, text in made.items():
        folder = pathlib.PurePosixPath(path).parent
        links = re.findall(r"\]\(([^)#\s]+\.md)\)", text)
        links += [link.replace(".html", ".md") for link in attributes_of(text, "href")]
        for link in links:
            place = folder / link.partition("#")[0]
            name = str(place).replace("tasks/../", "")
            assert name in made or (DOCS / name).is_file(), (path, link)


def test_pictures_that_are_there_are_shown(tmp_path, monkeypatch):
    id = "DelayMatchSample-v0"
    one = FACTS[id]
    monkeypatch.setattr(facts, "PICTURES", tmp_path)
    assert "<img" not in task.task_page(one) + cards.card(one, "")
    for suffix in (".png", ".thumb.png", ".gif"):
        (tmp_path / f"{id}{suffix}").touch()
    shown = attributes_of(task.task_page(one), "src")
    assert shown == [f"../_static/{id}.png", f"../_static/{id}.gif"]
    assert attributes_of(cards.card(one, ""), "src") == [f"_static/{id}.thumb.png"]


def test_a_page_can_be_found_by_id_author_and_tag(made):
    text = made["tasks/DelayMatchSample-v0.md"]
    assert all(word in text for word in ("DelayMatchSample-v0", "Desimone", "working memory"))


@pytest.mark.parametrize("id", ALL)
def test_related_tasks_are_others(id):
    near = [one.id for one in facts.related(FACTS[id])]
    assert id not in near
    assert len(set(near)) == len(near)
    assert near or id == "Null-v0"


def test_a_task_of_the_same_paper_is_related():
    near = [one.id for one in facts.related(FACTS["DelayMatchSample-v0"])]
    assert near[0] == "DelayMatchSampleDistractor1D-v0"
    assert not any(FACTS[id].is_family for id in near)


def test_choose_a_task_lists_each_task_under_all_that_it_probes(made):
    sections = made["choose_a_task.md"].split("\n## ")[1:]
    for section in sections:
        probe = section.partition("\n")[0].lower()
        listed = re.findall(r"^\| \[.*?\]\(tasks/(\S+)\.md\) `", section, re.MULTILINE)
        assert sorted(listed) == [id for id in ALONE if probe in FACTS[id].about.probes]
    assert len(sections) == len(about.PROBES)
