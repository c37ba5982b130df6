"""Figures of analyses look like those of tasks: the same sizes of text, colours and colour maps."""

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from jaxgym_neuro.analysis import drawing
from jaxgym_neuro.analysis.activity.similarity import Dissimilarity
from jaxgym_neuro.analysis.estimates import Curve
from jaxgym_neuro.ideal import Performance
from jaxgym_neuro.plotting import plot_by_condition, style

SIZES = {style.TITLE, style.LABEL, style.SMALL}


def two_curves():
    """Two agents in one picture."""
    ax = Curve.of_proportions([0, 1], [5, 9], [10, 10]).plot(label="one", xlabel="coh")
    Curve.of_proportions([0, 1], [6, 8], [10, 10]).plot(ax, label="other")
    drawing.legend(ax)
    return ax.figure


def heat_map():
    """A matrix with its colour bar."""
    matrix = np.array([[0.0, 1.0], [1.0, 0.0]])
    return Dissimilarity(matrix, ("left", "right"), "cosine").plot().figure


def notes():
    """A title, and words within the axes."""
    figure, (ax, _) = drawing.panels(2)
    drawing.title(ax, "form")
    drawing.note(ax, 0.5, 0.5, "ideal")
    return figure


def by_condition():
    """Agents by a condition."""
    tables = [
        Performance.of_trials(
            "task", rule, {"coh": np.array([0.0, 6.4])}, performance=np.ones(2), reward=np.ones(2)
        )
        for rule in ("a", "b")
    ]
    return plot_by_condition(tables)


@pytest.mark.parametrize("draw", [two_curves, heat_map, notes, by_condition])
def test_text_has_the_sizes_that_all_figures_have_and_nothing_global_changes(draw):
    before = dict(matplotlib.rcParams)
    figure = draw()
    FigureCanvasAgg(figure).draw()
    sizes = {text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()}
    assert sizes <= SIZES
    assert len(sizes) >= 1
    assert dict(matplotlib.rcParams) == before


def test_curves_of_one_picture_differ_in_grey_and_in_their_markers():
    one, other = (line for line in two_curves().axes[0].get_lines() if line.get_label()[0] != "_")
    assert abs(style.grey(one.get_color()) - style.grey(other.get_color())) > 0.25
    assert one.get_marker() != other.get_marker()
    points = [line for line in by_condition().axes[0].get_lines() if line.get_marker() in "os"]
    assert {line.get_marker() for line in points} == {"o", "s"}


def test_matrices_are_drawn_from_white_to_black():
    (image,) = heat_map().axes[0].images
    assert image.get_cmap().name == style.SEQUENTIAL.name


def test_axes_that_are_given_keep_their_own_sizes():
    with matplotlib.rc_context({"xtick.labelsize": 20}):
        ax = matplotlib.figure.Figure().add_subplot()
    Curve.of_proportions([0, 1], [5, 9], [10, 10]).plot(ax)
    assert {label.get_fontsize() for label in ax.get_xticklabels()} == {20}


@pytest.mark.parametrize(("count", "above"), [(4, False), (6, True)])
def test_many_names_stand_above_what_is_drawn_and_few_within(count, above):
    ax = drawing.axes_of(None, "step", counted=True)
    for number in range(count):
        ax.plot([0, 5], [number, count - number], label=f"stimulus {number}, choice 1")
    drawing.legend(ax)
    FigureCanvasAgg(ax.figure).draw()
    names = ax.get_legend().get_window_extent()
    assert (names.y0 >= ax.bbox.y1) == above
    assert names.y1 <= ax.figure.bbox.y1
    assert names.x1 <= ax.figure.bbox.x1


def test_ticks_of_what_is_counted_are_whole_numbers():
    ax = drawing.axes_of(None, "step", counted=True)
    ax.plot([0, 1, 2, 3], [0.0, 0.1, 0.3, 0.2])
    assert all(float(tick).is_integer() for tick in ax.get_xticks())
    drawing.axes_of(ax, "step", counted=True).set_xticks([0.5, 1.5])
    drawing.axes_of(ax, "step", counted=True)
    assert list(ax.get_xticks()) == [0.5, 1.5]  # somebody's own
    other = drawing.axes_of(None, "coherence")
    other.plot([0, 1, 2, 3], [0.0, 0.1, 0.3, 0.2])
    assert not all(float(tick).is_integer() for tick in other.get_xticks())
