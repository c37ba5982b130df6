"""``list``, ``show`` and what the program says in general: widths, JSON, errors, help."""

import json

import pytest
from running import WIDTHS, refused, run

import jaxgym_neuro as jgn
from jaxgym_neuro import cli, registry
from jaxgym_neuro.cli.arguments import lines_of

ID = "GoNogo-v0"


@pytest.mark.parametrize("width", WIDTHS)
def test_list_has_a_line_for_each_task_within_the_width(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run(capsys, "list").out.splitlines()
    assert all(len(line) <= width for line in lines)
    begins = [line.split()[0] for line in lines if line]
    assert sorted(begins) == sorted([*jgn.registered_tasks(), *registry.paradigms()])
    assert any("Respond after the go stimulus"[: width - 45] in line for line in lines)


def test_list_has_tasks_of_the_library_before_those_of_collections(capsys):
    begins = [line.split()[0] for line in run(capsys, "list").out.splitlines() if line]
    assert begins.index("value") < begins.index("driscoll24") < begins.index("yang19")


def test_an_unknown_id_has_no_suggestion_where_none_is_close_and_no_long_list(capsys):
    line = refused(capsys, "show", "OddOneOut-v0")
    assert "did you mean" not in line
    assert "python -m jaxgym_neuro list" in line
    assert "FILE.py:CLASS" in line
    with pytest.raises(ValueError, match="unknown task") as error:
        jgn.make("OddOneOut-v0")
    assert len(str(error.value)) < 250


def test_list_by_paradigm_and_tag(capsys):
    ids = run(capsys, "list", "--ids", "--paradigm", "inhibition").out.splitlines()
    assert ids == ["AntiReach-v0", "GoNogo-v0"]
    both = run(capsys, "list", "--ids", "--paradigm", "inhibition", "--tag", "go-no-go").out
    assert both.split() == [ID]
    words = run(capsys, "list", "--ids", "--tag", "working memory").out
    assert run(capsys, "list", "--ids", "--tag", "working-memory").out == words
    assert "has the tag" in refused(capsys, "list", "--paradigm", "timing", "--tag", "pixels")


def test_list_as_json_has_all_of_the_tasks(capsys):
    told = json.loads(run(capsys, "list", "--json").out)
    assert [one["id"] for one in told] == jgn.registered_tasks()
    (one,) = [one for one in told if one["id"] == ID]
    assert one["paradigm"] == "inhibition"
    assert one["paper"]["year"] == 2019
    assert "go-no-go" in one["tags"]


@pytest.mark.parametrize("width", WIDTHS)
def test_show_tells_of_a_task_and_shows_a_trial_within_the_width(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    said = run(capsys, "show", ID).out
    assert all(len(line) <= width for line in said.splitlines())
    for words in (ID, "Zhang", "┌stimulus", "Periods", "Actions", "Rewards", "Presets"):
        assert words in said
    assert run(capsys, "info", ID).out == said


def test_show_takes_arguments_and_params_of_the_task(capsys):
    settings = ["--set", "timing.delay=1000", "--set", "timing.fixation=200", "--set", "abort=true"]
    settings += ["--set", "trials_per_episode=2", "--set", '{"dt": 50}']
    told = json.loads(run(capsys, "show", ID, *settings, "--json").out)
    assert (told["dt"], told["steps"]) == (50, 44)
    assert told["tables"]["Rewards"][0]["name"] == "abort"
    assert run(capsys, "show", ID, "--preset", "prepotent", "--no-trial").out.startswith(ID)


def test_show_full_adds_arguments_and_differences(capsys):
    said = run(capsys, "show", ID, "--full", "--no-trial").out
    assert "Arguments" in said
    assert "Differences from NeuroGym" in said
    assert "┌stimulus" not in said


def test_show_draws_into_a_file(capsys, tmp_path):
    file = tmp_path / "trial.png"
    run(capsys, "show", "ContextSwitch-v0", "--no-trial", "--png", file)
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "GoNoGo-v0"], "jaxgym-neuro: no task 'GoNoGo-v0'; did you mean 'GoNogo-v0'?"),
        (["show", "gonogo"], "jaxgym-neuro: no task 'gonogo'; did you mean 'GoNogo-v0'?"),
        (["list", "--tag", "go-nogo"], "jaxgym-neuro: no tag 'go-nogo'; did you mean 'go-no-go'?"),
        (["list", "--paradigm", "x"], "jaxgym-neuro: no paradigm 'x'; known: collections, context"),
        (["show", ID, "--preset", "papr"], "did you mean 'paper'?"),
        (["show", ID, "--set", "dtt=3"], "did you mean 'dt'?"),
        (["show", ID, "--set", "dt=no"], "is a finite number above 0, not 'no'"),
        (["show", ID, "--set", "timing.dely=3"], "no period 'dely'; did you mean 'delay'?"),
        (["show", ID, "--set", "dt"], "a setting is name=value, not 'dt'"),
        (["show", ID, "--set", "{3"], "is no JSON"),
        (["show", ID, "--key", "x"], "invalid int value: 'x'"),
        (["show", ID, "--key", str(2**64)], "a seed is a number of 64 bits"),
        (["show", ID, "--colour"], "unrecognized arguments: --colour"),
        (["show", "nowhere:Task"], "ModuleNotFoundError: No module named 'nowhere'\n"),
        (["show", "os:path"], "no class in os 'path'"),
        (["show", "nowhere.py:Task"], "there is no file nowhere.py"),
        (["show"], "the following arguments are required: ID"),
        ([], "the following arguments are required: COMMAND"),
        (["shwo"], "no command 'shwo'; did you mean 'show'?"),
        (["completion", "fish"], "no shell 'fish'"),
        (["bench", "dataset", "--repeats", "0"], "--repeats is a whole number of at least 1"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(arguments, line, capsys):
    assert line in f"{refused(capsys, *arguments)}\n"


def every(parser):
    yield parser
    for command in parser.commands.values():
        yield from every(command)


PARSERS = list(every(cli.parser()))


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_help_has_examples_that_parse(parser, capsys):
    examples = lines_of(parser)
    assert examples
    for example in examples:
        assert cli.parser().parse_args(example).run is not None
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert "examples:" in said
    for action in parser.arguments:
        assert action.help, f"{parser.prog} {action.dest} has no help"
        assert action.metavar in said if action.metavar else True


def test_the_version_is_told(capsys):
    assert run(capsys, "--version").out == f"jaxgym-neuro {jgn.__version__}\n"
