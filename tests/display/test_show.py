"""What is shown of a task: in a terminal within its width, and in a notebook as HTML."""

import base64
import io
import subprocess
import sys
import types
from html.parser import HTMLParser

import jax
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.display import Page, facts_of
from jaxgym_neuro.display.terminal import Terminal
from jaxgym_neuro.display.trial import TrialPicture, titles
from jaxgym_neuro.support import html

WIDTHS = (60, 100, 200)
SIGNS = "│┌┐"


class Outline(HTMLParser):
    """Reads HTML whose elements are all closed."""

    def __init__(self):
        super().__init__()
        self.open, self.words, self.tags, self.sources = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.sources.append(dict(attrs)["src"])
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def outline(text):
    parser = Outline()
    parser.feed(text)
    assert parser.open == []
    return parser


@pytest.fixture(scope="module")
def made():
    return jgn.make("PerceptualDecisionMaking-v0")


@pytest.fixture(scope="module")
def picture(made):
    return TrialPicture(*made)


def written(thing, width, **options):
    file = io.StringIO()
    Terminal(file=file, width=width, **options).print(thing)
    return file.getvalue()


@pytest.mark.parametrize("width", [20, *WIDTHS])
def test_no_line_of_a_trial_is_longer_than_the_terminal(picture, width):
    lines = list(picture.lines(width))
    assert all(len(line.plain) <= width for line in lines)
    labels = [line.plain.split()[0] for line in lines]
    assert labels[-3:-1] == ["action", "reward"]


def test_a_trial_shows_the_periods_where_they_start_and_what_is_seen_then(picture):
    lines = [line.plain for line in picture.lines(80)]
    first, second, fixation = lines[:3]
    assert first.strip() == "┌fixation"
    assert second.split() == ["│", "┌stimulus", "decision┐"]
    cells = fixation.removeprefix(" ").split("  ", 1)[1]
    # 22 steps of 3 cells each: the cue is on for 21 of them.
    assert cells == "█" * 63 + " " * 3
    assert second.index("┐") == fixation.index("█") + 63
    assert lines[5].split()[-1] == "·" * 63 + "111"


def test_a_trial_is_told_in_a_sentence(picture):
    assert picture.caption() == (
        "A trial of 22 steps (coh 51.2, ground_truth 0, signed_coh -51.2): the subject follows the "
        "ground truth and earns 1."
    )


def test_a_terminal_without_unicode_has_letters_alone(picture):
    for line in picture.lines(80, ascii_only=True):
        assert line.plain.isascii()


@pytest.mark.parametrize("id", ["yang19.go-v0", "Reaching1D-v0", "DawTwoStep-v0", "Null-v0"])
def test_tasks_of_every_kind_have_a_picture_of_few_lines(id):
    picture = TrialPicture(*jgn.make(id))
    lines = list(picture.lines(80))
    assert 4 <= len(lines) <= 30
    assert all(len(line.plain) <= 80 for line in lines)


def test_names_that_are_close_stand_above_each_other():
    assert titles({"first": 0, "second": 2, "third": 20}, 40, SIGNS) == [
        "┌first",
        "│ ┌second           ┌third",
    ]
    assert titles({"end": 9}, 10, SIGNS) == ["      end┐"]
    assert titles({"one": 0, "two": 0}, 20, SIGNS) == ["┌one, two"]
    assert titles({"far too long": 2}, 8, SIGNS) == ["ng┐"]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_has_all_of_a_task_within_the_width(width):
    page = Page("GoNogo-v0", whole=True)
    said = written(page, width)
    assert all(len(line) <= width for line in said.splitlines())
    for table in page.facts.tables:
        assert f"\n{table.title}\n" in said
    for words in ("GoNogo-v0", "Zhang", "Differences from NeuroGym", "prepotent", "p_go"):
        assert words in said
    assert "``" not in said
    assert "\x1b" not in said


def test_a_page_is_of_the_arguments_that_are_given():
    facts = facts_of("GoNogo-v0", dt=20)
    assert (facts.dt, facts.steps) == (20.0, 75)
    assert facts.as_json()["tables"]["Actions"][1]["name"] == "go"
    with pytest.raises(ValueError, match="did you mean 'GoNogo-v0'"):
        Page("GoNoGo-v0")


def test_in_a_terminal_show_writes_the_page(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    env, params = jgn.make("ContextSwitch-v0")
    jgn.show(env, params)
    said = capsys.readouterr().out
    assert said.startswith("ContextSwitch\n")
    assert "┌" in said


def test_in_a_notebook_show_gives_html_with_a_picture(monkeypatch):
    shown = []
    shell = types.SimpleNamespace(kernel=1)
    ipython = types.SimpleNamespace(
        version_info=(9, 0),
        get_ipython=lambda: shell,
        display=types.SimpleNamespace(display=shown.append),
    )
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    jgn.show("ContextSwitch-v0")
    found = outline(shown[0]._repr_html_())
    assert "ContextSwitch-v0" in found.words
    (source,) = found.sources
    png = base64.b64decode(source.removeprefix("data:image/png;base64,"))
    assert png.startswith(b"\x89PNG")


def test_what_is_printed_in_a_notebook_is_a_table_each(made):
    env, params = made
    trial = env.new_trial(jax.random.key(0), params)
    table = jgn.rollout(env, params, "ground_truth", num_trials=12, num_envs=4)
    data = jgn.Dataset(env, batch_size=2, seq_len=50)
    words = {}
    for thing in (env, params, trial, table, data):
        found = outline(thing._repr_html_())
        assert found.tags.count("table") == 1
        words[type(thing).__name__] = found.words
    assert "fixation 0, stimulus 1-2" in words["PerceptualDecisionMaking"]
    assert "input noise; its s.d. per step is sigma / sqrt(dt)" in words["Params"]
    assert "Trial of 22 steps" in words["Trial"]
    assert "2 more" in words["TrialTable"]
    assert "time 50, batch 2" in words["Dataset"]


def test_several_tasks_have_html_with_the_params_of_each():
    env = jgn.wrappers.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
    assert "GoNogo(dt=100, T=15), DelayComparison(dt=100, T=26)" in outline(env._repr_html_()).words
    assert outline(env.default_params._repr_html_()).tags.count("table") == 3
    trial = env.reset(jax.random.key(0), task=0)[1].trial
    assert "Of task 0" in outline(trial._repr_html_()).words


def test_an_empty_table_has_html_too(made):
    table = jgn.rollout(*made, num_trials=2).take(slice(0))
    assert "TrialTable of no trials" in outline(table._repr_html_()).words


def test_html_is_escaped():
    text = html.table("<script>", [("a < b", "``x > 1``")], ("<i>", "&"))
    found = outline(text)
    assert set(found.tags) == {"div", "b", "table", "tr", "th", "td", "code"}
    assert {"<script>", "a < b", "x > 1", "<i>", "&"} <= set(found.words)


def test_importing_the_package_imports_no_rich():
    code = "import sys, jaxgym_neuro; print('rich' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
