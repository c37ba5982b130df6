"""``plot`` and ``gallery`` write pictures."""

from html.parser import HTMLParser

import pytest
from running import refused, run

from jaxgym_neuro import plotting

ID = "ContextSwitch-v0"  # of one step


@pytest.mark.parametrize(("suffix", "begin"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_plot_writes_the_format_of_the_suffix(suffix, begin, tmp_path, capsys):
    file = tmp_path / f"trials.{suffix}"
    said = run(capsys, "plot", ID, "--trials", 1, "--policy", "random", "-o", file).out
    assert said.split() == ["wrote", str(file)]
    assert file.read_bytes().startswith(begin)


def test_plot_names_the_file_after_the_task(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(capsys, "plot", ID, "--policy", "1")
    assert [file.name for file in tmp_path.iterdir()] == [f"{ID}.png"]


def test_plot_says_where_the_picture_is_if_the_name_has_no_suffix(tmp_path, capsys):
    said = run(capsys, "plot", ID, "-o", tmp_path / "trials").out
    assert said == f"wrote {tmp_path / 'trials.png'}\n"
    assert (tmp_path / "trials.png").is_file()


def test_a_folder_that_there_is_not_is_made(tmp_path, capsys):
    run(capsys, "plot", ID, "-o", tmp_path / "new" / "trials.png")
    assert (tmp_path / "new" / "trials.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([ID, "--policy", "\N{SUPERSCRIPT TWO}"], "no policy"),
        ([ID, "--trials", "0"], "--trials is a whole number of at least 1, not 0"),
        ([ID, "--policy", "grund_truth"], "no policy 'grund_truth'; did you mean 'ground_truth'?"),
        ([ID, "--policy", "7"], "a policy's action is one of"),
        ([ID, "-o", "trial.xyz"], "Format 'xyz' is not supported"),
    ],
)
def test_plot_refuses_what_it_cannot_draw(arguments, line, capsys):
    assert line in refused(capsys, "plot", *arguments)


def test_animate_writes_a_file(tmp_path, capsys):
    file = tmp_path / "trial.gif"
    said = run(capsys, "animate", ID, "--speed", "1", "-o", file).out
    assert said == f"wrote {file}\n"
    assert file.read_bytes().startswith(b"GIF89a")


def test_animate_refuses_an_ending_before_it_draws(capsys, monkeypatch):
    monkeypatch.setattr(plotting, "animate", None)
    assert "ends in .gif or .mp4" in refused(capsys, "animate", ID, "-o", "trial.png")


class Pictures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.sources = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.sources.append(dict(attrs)["src"])


def test_gallery_draws_each_task_and_a_page(tmp_path, capsys):
    said = run(capsys, "gallery", tmp_path / "new", "--paradigm", "inhibition", "--trials", 1)
    files = sorted(file.name for file in (tmp_path / "new").iterdir())
    assert files == ["AntiReach-v0.png", "GoNogo-v0.png", "index.html"]
    assert said.err.splitlines()[0] == "drawing 1 of 2: AntiReach-v0"
    page = Pictures()
    page.feed((tmp_path / "new" / "index.html").read_text())
    assert page.sources == files[:2]
