"""Pictures of tasks: ``plot``, ``animate`` and ``gallery``."""

import argparse
import html
from pathlib import Path

from jaxgym_neuro import registry
from jaxgym_neuro.cli.arguments import FILE, FOLDER, Commands, Parser
from jaxgym_neuro.cli.drawing import draw, name_of, policy_of
from jaxgym_neuro.cli.given import Given, add_task, task_of
from jaxgym_neuro.cli.output import in_turn, say_lines
from jaxgym_neuro.cli.tasks import add_selection, selected
from jaxgym_neuro.support.validation import check_integer

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tasks of jaxgym_neuro</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font-family: sans-serif; margin: 2em auto; max-width: 100em; padding: 0 1em; }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(22em, 1fr)); gap: 1.5em; }}
figure {{ margin: 0; }}
img {{ width: 100%; background: white; }}
figcaption b {{ display: block; }}
</style>
</head>
<body>
<h1>Tasks of jaxgym_neuro</h1>
{sections}
</body>
</html>
"""
_SECTION = "<h2>{paradigm}</h2>\n<main>\n{figures}\n</main>"
_FIGURE = (
    '<figure><a href="{file}"><img loading="lazy" src="{file}" alt="Trials of {id}"></a>'
    "<figcaption><b>{id}</b>{words}</figcaption></figure>"
)


def add_to(commands: Commands) -> None:
    """Add the commands."""
    plot = commands.add(
        "plot", _plot, "draw what a subject sees, does and earns",
        ("GoNogo-v0 -o go_nogo.png", "ReadySetGo-v0 --trials 3 --set dt=20 -o trials.pdf",
         "GoNogo-v0 --policy random --preset prepotent -o random.svg"),
    )  # fmt: skip
    add_task(plot)
    _add_play(plot, trials=2)
    plot.add_argument("-o", "--output", metavar=FILE, help="PNG, PDF, SVG, by its suffix (ID.png)")
    animate = commands.add(
        "animate", _animate, "show trials as they go on, in a file",
        ("GoNogo-v0 -o go_nogo.gif", "yang19.go-v0 --trials 2 --speed 0.5 -o reach.gif"),
        details="A GIF, or .mp4 where there is ffmpeg (the extra video brings one).",
    )  # fmt: skip
    add_task(animate)
    _add_play(animate, trials=1)
    animate.add_argument("--speed", type=float, help="how many times faster than the trial it runs")
    animate.add_argument("-o", "--output", metavar=FILE, help="GIF or mp4, by its suffix (ID.gif)")
    gallery = commands.add(
        "gallery", _gallery, "draw many tasks, and write a page with all of them",
        ("pictures --paradigm inhibition", "pictures --tag working-memory --trials 1"),
        details="It takes some seconds a task.",
    )  # fmt: skip
    gallery.add_argument("folder", metavar=FOLDER, help="for a PNG each, and index.html")
    add_selection(gallery)
    _add_play(gallery, trials=2)


def _add_play(parser: Parser, trials: int) -> None:
    parser.add_argument(
        "--policy",
        help="ground_truth, random, wait or an action's number (the ground truth where it is an "
        "action, else random)",
    )
    parser.add_argument(
        "--trials", type=int, default=trials, metavar="N", help="how many (%(default)s)"
    )
    parser.add_argument("--key", type=int, default=0, help="seed of the trials (%(default)s)")


def _plot(arguments: argparse.Namespace) -> None:
    check_integer("--trials", arguments.trials, at_least=1)
    given = task_of(arguments)
    file = arguments.output or f"{name_of(given)}.png"
    play = {"policy": arguments.policy, "trials": arguments.trials, "key": arguments.key}
    say_lines([f"wrote {draw(given, file, **play)}"])


def _animate(arguments: argparse.Namespace) -> None:
    from jaxgym_neuro.plotting import animate
    from jaxgym_neuro.plotting.animation import check_path

    check_integer("--trials", arguments.trials, at_least=1)
    given = task_of(arguments)
    file = check_path(arguments.output or f"{name_of(given)}.gif")  # before all is drawn
    file.parent.mkdir(parents=True, exist_ok=True)
    shown = animate(
        given.env,
        given.params,
        num_trials=arguments.trials,
        policy=policy_of(arguments.policy),
        key=arguments.key,
        speed=arguments.speed,
        name=name_of(given),
    )
    say_lines([f"wrote {shown.save(file)}"])


def _gallery(arguments: argparse.Namespace) -> None:
    check_integer("--trials", arguments.trials, at_least=1)
    folder, ids = Path(arguments.folder), selected(arguments)
    folder.mkdir(parents=True, exist_ok=True)
    play = {"policy": arguments.policy, "trials": arguments.trials, "key": arguments.key}
    for id in in_turn(ids, "drawing"):
        env, params = registry.resolve(id)
        draw(Given(id, {}, env, params), folder / f"{id}.png", **play)
    (folder / "index.html").write_text(_page(ids), encoding="utf-8")
    say_lines([f"wrote {len(ids)} pictures and index.html in {folder}"])


def _page(ids: list[str]) -> str:
    """Return a page of the pictures, by paradigm."""
    paradigms = sorted({registry.paradigm_of(id) for id in ids})
    sections = [
        _SECTION.format(
            paradigm=html.escape(paradigm),
            figures="\n".join(_figure(id) for id in ids if registry.paradigm_of(id) == paradigm),
        )
        for paradigm in paradigms
    ]
    return _PAGE.format(sections="\n".join(sections))


def _figure(id: str) -> str:
    words = html.escape(registry.task_info(id).description.replace("`", ""))
    return _FIGURE.format(file=html.escape(f"{id}.png"), id=html.escape(id), words=words)
