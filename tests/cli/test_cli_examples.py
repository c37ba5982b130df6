"""The examples of help and of the page do what they say."""

import re
import shlex
from pathlib import Path

import pytest
from running import run

from jaxgym_neuro import cli, registry, training
from jaxgym_neuro.cli.arguments import lines_of
from jaxgym_neuro.cli.given import named
from jaxgym_neuro.cli.tasks import selected

PAGE = Path(__file__).parents[2] / "docs" / "command_line.md"
# Commands that take seconds at most; the others train, time, or draw for minutes.
QUICK = ("list", "show", "plot", "animate", "new", "completion")
EXAMPLES = [line for line in lines_of(cli.parser()) if line[0] in QUICK]
DEAR = [
    ["plot", "GoNogo-v0", "--policy"],
    ["plot", "ReadySetGo-v0"],
    ["animate", "yang19.go-v0"],
]


def as_param(line):
    is_dear = any(line[: len(dear)] == dear for dear in DEAR)
    marks = [pytest.mark.slow] if is_dear else []
    return pytest.param(line, marks=marks, id=" ".join(line))


@pytest.mark.parametrize("line", [*map(as_param, EXAMPLES), ["replicate"]])
def test_an_example_runs(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, *line).out
    written = [line[line.index(option) + 1] for option in ("-o", "--png") if option in line]
    for file in written:
        assert (tmp_path / file).stat().st_size > 1_000


def long_ones(command):
    return [cli.parser().parse_args(line) for line in lines_of(cli.parser()) if line[0] == command]


def test_examples_that_draw_for_minutes_choose_tasks_that_there_are():
    examples = long_ones("gallery")
    assert any(one.tag for one in examples)
    assert all(selected(one) for one in examples)


def test_examples_that_train_have_a_task_that_can_be_trained_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(capsys, "new", "LouderTone")  # which one of them trains
    examples = long_ones("train")
    assert any(one.until for one in examples)
    for one in examples:
        task, made_of = named(one.id, one.args, one.preset)
        training.criterion(one.until, *registry.resolve(task, **made_of))  # says what is wrong
        assert set(one.set) <= set(training.recipe(task, one.method))


def shown_on_the_page():
    """Yield the commands of the page with what they write."""
    words = PAGE.read_text().partition("## Commands")[0]
    for block in re.findall(r"```console\n(.*?)```", words, re.DOTALL):
        command, *output = block.splitlines()
        if output and command.startswith("$ jaxgym-neuro ") and output[0][0] != "$":
            yield shlex.split(command.removeprefix("$ jaxgym-neuro")), output


SHOWN = list(shown_on_the_page())


@pytest.mark.parametrize(("line", "output"), SHOWN, ids=[" ".join(line) for line, _ in SHOWN])
def test_the_page_shows_what_a_command_writes(line, output, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    cli.main(line)
    said = capsys.readouterr()
    assert [one.rstrip() for one in (said.out + said.err).splitlines()] == output


def test_the_page_shows_some():
    assert len(SHOWN) == 3
