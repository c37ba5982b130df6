"""Pictures of tasks of every kind: no text meets another, text has three sizes, greys differ."""

import itertools
import warnings

import gymnax
import jax
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import jaxgym_neuro as jgn
from jaxgym_neuro.plotting import plot_env, style
from jaxgym_neuro.plotting.labels import Span, place_names, width_of, wrapped


def several():
    """Two tasks in one, with names of their own for what they share."""
    ids = ("PerceptualDecisionMaking-v0", "GoNogo-v0")
    return jgn.wrappers.MultiTask([jgn.make(id)[0] for id in ids], pad=True)


FAST = {
    "ring": "yang19.go-v0",
    "ring and hand": "AngleReproduction-v0",
    "continuous": "ReachingDelayResponse-v0",
    "one step": "Bandit-v0",
    "two steps": "DawTwoStep-v0",
    "short periods": "MotorTiming-v0",
    "many periods": "PulseDecisionMaking-v0",
    "pictures": "RandomDotMotion-v0",
    "several": several,
    "without trials": lambda: gymnax.make("CartPole-v1")[0],
}
SLOW = {
    "evidence": "PerceptualDecisionMaking-v0",
    "go": "GoNogo-v0",
    "composed": "modcog.dlygointr-v0",
    "reach": "Reaching1D-v0",
    "interval": "ReadySetGo-v0",
    "intervals": "IntervalDiscrimination-v0",
    "colours": "VisualSearch-v0",
    "stages": "CVLearning-v0",
    "levers": "LeverPressWithPokeRest-v0",
    "33 options": "AntiReach-v0",
    "many channels": "ProbabilisticReasoning-v0",
    "long names": "HierarchicalReasoning-v0",
    "numbers": "MemoryRecall-v0",
    "offers": "EconomicDecisionMaking-v0",
    "answers when it likes": lambda: jgn.make(
        "perceptualdecisionmaking.roitman02-v0", preset="monkey b"
    )[0],
    "blocks": "priors.priors_v0-v0",
    "circles": "driscoll24.ContextIntModality1-v0",
    "sums": "SpatialSuppressMotion-v0",
}


def kinds():
    yield from (pytest.param(kind, id=name) for name, kind in FAST.items())
    marks = [pytest.mark.slow]
    yield from (pytest.param(kind, id=name, marks=marks) for name, kind in SLOW.items())


@pytest.fixture(scope="module", params=list(kinds()))
def figure(request):
    task = request.param if isinstance(request.param, str) else request.param()
    with jax.numpy_dtype_promotion("standard"):  # gymnax's own tasks mix dtypes
        drawn = plot_env(task, key=3)
    FigureCanvasAgg(drawn).draw()
    return drawn


def shown_texts(figure):
    """What is written where: texts, and labels of ticks within the limits."""
    axes = [child for ax in figure.axes for child in (ax, *ax.child_axes)]
    ticks = [
        (tick, axis.get_view_interval())
        for ax in axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    ]
    of_ticks = {id(label): None for tick, _ in ticks for label in (tick.label1, tick.label2)}
    shown = [text for text in figure.findobj(Text) if id(text) not in of_ticks]
    for tick, interval in ticks:
        low, high = sorted(interval)
        margin = 1e-6 * (high - low)
        if low - margin <= tick.get_loc() <= high + margin:
            shown += [tick.label1, tick.label2]
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [
        (text.get_text(), text.get_window_extent(renderer))
        for text in shown
        if text.get_visible() and text.get_text().strip()
    ]


def test_no_text_meets_another_or_leaves_the_figure(figure):
    boxes = shown_texts(figure)
    assert len(boxes) > 10
    met = [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(boxes, 2)
        if a.shrunk(0.98, 0.8).overlaps(b.shrunk(0.98, 0.8))
    ]
    assert met == []
    room = figure.bbox.padded(1)
    beyond = [
        text
        for text, box in boxes
        if box.x0 < room.x0 or box.x1 > room.x1 or box.y0 < room.y0 or box.y1 > room.y1
    ]
    assert beyond == []


def test_text_has_three_sizes(figure):
    sizes = {text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()}
    assert sizes <= {style.TITLE, style.LABEL, style.SMALL}


def test_time_has_its_unit(figure):
    (label,) = {ax.get_xlabel() for ax in figure.axes if ax.get_xlabel()}
    assert label in ("time (ms)", "time (steps)")


def test_actions_and_truths_differ_in_grey_and_in_width(figure):
    lines = {
        patch.get_label(): patch
        for ax in figure.axes
        for patch in ax.patches
        if patch.get_label() in ("action", "ground truth")
    }
    if len(lines) == 2:
        action, truth = lines["action"], lines["ground truth"]
        assert abs(greyness(action) - greyness(truth)) > 0.4
        assert truth.get_linewidth() > 3 * action.get_linewidth()


def greyness(patch):
    return style.grey(patch.get_edgecolor()[:3])


def test_traces_of_a_panel_differ_in_grey(figure):
    for ax in figure.axes:
        seen = [
            greyness(patch)
            for patch in ax.patches
            if hasattr(patch, "get_data") and patch.get_label().split(" ")[0] == ax.get_ylabel()
        ]
        assert all(abs(a - b) > 0.25 for a, b in itertools.combinations(seen, 2))


def test_neighbours_of_the_palette_differ_in_grey_and_lines_differ_after_a_turn():
    greys = [style.grey(color) for color in style.COLORS]
    assert all(abs(a - b) > 0.1 for a, b in itertools.pairwise(greys))
    first, again = style.line_of(1), style.line_of(1 + len(style.COLORS))
    assert first["color"] == again["color"]
    assert first["linestyle"] != again["linestyle"]


@pytest.mark.parametrize("colors", [style.SEQUENTIAL, style.DIVERGING])
def test_maps_of_colours_are_read_in_grey(colors):
    """The one gets darker and darker; of the other, losses are darker than gains."""
    greys = np.array([style.grey(colors(x)) for x in np.linspace(0, 1, 101)])
    if colors is style.SEQUENTIAL:
        assert np.all(np.diff(greys) < 0)
    else:
        assert np.all(greys[:50] < greys[:50:-1] - 0.01)


def test_names_keep_apart_and_have_lines_that_meet_none():
    spans = [Span(0, 0.1, "fixation"), Span(0.1, 0.2, "stimulus"), Span(0.2, 1.8, "decision")]
    places = place_names(spans, 0, 1.8, rows=3)
    assert {place.span.name for place in places} == {"fixation", "stimulus", "decision"}
    boxes = [
        (place.row, place.middle - width_of(place.span.name) / 2,
         place.middle + width_of(place.span.name) / 2, (place.span.left + place.span.right) / 2)
        for place in places
    ]  # fmt: skip
    for (row, left, right, middle), (other, begin, end, _) in itertools.permutations(boxes, 2):
        assert row != other or right <= begin or end <= left
        assert other >= row or not begin < middle < end
    assert place_names([Span(0, 0.1, "a name that is too long")], 0, 0.5, rows=3) == []


def test_lines_of_words_end_with_dots_where_words_are_left_out():
    words = ["one 1", "two 2", "three 3", "four 4"]
    width = width_of("one 1, two 2, ...")
    assert wrapped(words, width, 2) == ["one 1, two 2", "three 3, four 4"]
    assert wrapped(words, width, 1) == ["one 1, two 2 ..."]
    assert wrapped(["a word that is far too long"], 0.2, 2) == []


def test_nothing_is_said_of_the_picture_while_it_is_drawn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot_env("GoNogo-v0", fig_kwargs={"figsize": (5, 3)})
        FigureCanvasAgg(figure).draw()
    assert figure.get_size_inches().tolist() == [5, 3]
