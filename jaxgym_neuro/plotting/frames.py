"""Figures as pixels, and pixels in a window."""

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_DPI = 100


def to_pixels(figure: Figure) -> np.ndarray:
    """Return a figure as a picture, (height, width, 3) uint8, even as videos want it."""
    figure.set_dpi(_DPI)
    size = [2 * round(inches * _DPI / 2) / _DPI for inches in figure.get_size_inches()]
    figure.set_size_inches(*size)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


class Window:
    """A window of pyplot's that shows one picture after another.

    Args:
        picture: the first, (height, width, 3) uint8.
    """

    def __init__(self, picture: np.ndarray):
        from matplotlib import pyplot  # looks for a display, which nothing else here needs

        height, width, _ = picture.shape
        self._figure: Any = pyplot.figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        axes = self._figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        self._image = axes.imshow(picture)
        pyplot.show(block=False)

    def show(self, picture: np.ndarray) -> None:
        """Show another picture."""
        self._image.set_data(picture)
        self._figure.canvas.draw()
        self._figure.canvas.flush_events()

    def close(self) -> None:
        """Close the window."""
        from matplotlib import pyplot

        pyplot.close(self._figure)
