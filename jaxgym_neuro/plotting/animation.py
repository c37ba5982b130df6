"""Pictures one after the other, and the files that they make."""

import base64
import dataclasses
import importlib.util
import io
import itertools
import shutil
import subprocess
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from jaxgym_neuro.plotting import style
from jaxgym_neuro.support.extras import how_to_install

_COLORS = 64  # of a GIF; text and lines need no more
_KEPT = [
    tuple(round(255 * x) for x in to_rgb(color)) for color in (style.GAIN, style.LOSS, style.CURSOR)
]
_NEARLY_WHITE = 246  # of 255
_SUFFIXES = (".gif", ".mp4")


def find_ffmpeg() -> str | None:
    """Return the path of an ffmpeg, which writes mp4; None if there is none.

    Matplotlib's ``animation.ffmpeg_path`` comes first, then that of the extra ``video``.
    """
    found = shutil.which(matplotlib.rcParams["animation.ffmpeg_path"])
    if found is None and importlib.util.find_spec("imageio_ffmpeg") is not None:
        return importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    return found


def check_path(path: str | Path) -> Path:
    """Return a path that ends in .gif or .mp4; without an ending it gets the better one there is.

    Raises:
        ValueError: for another ending, or .mp4 without ffmpeg.
    """
    path = Path(path)
    if not path.suffix:
        return path.with_suffix(".mp4" if find_ffmpeg() else ".gif")
    if path.suffix not in _SUFFIXES:
        raise ValueError(f"the path of an animation ends in .gif or .mp4, not {path.suffix!r}")
    if path.suffix == ".mp4" and not find_ffmpeg():
        raise ValueError(
            f"{path.name} needs ffmpeg, which was not found; give a path that ends in .gif, or "
            f"install it with the extra 'video': {how_to_install('video')}"
        )
    return path


def of_few_colors(picture: np.ndarray, count: int) -> Image.Image:
    """Return a picture, (height, width, 3) uint8, in so many colours; white stays white."""
    image = Image.fromarray(picture).quantize(count)
    colors = np.asarray(image.getpalette()).reshape(-1, 3)
    # The mean of what is nearly white is not white, as the page around it is.
    colors[np.all(colors > _NEARLY_WHITE, axis=1)] = 255
    image.putpalette(colors.ravel().tolist())
    return image


@dataclasses.dataclass(frozen=True, eq=False)
class Animation:
    """An animation; a notebook shows it.

    Attributes:
        frames: (n, height, width, 3) uint8; height and width are even.
        seconds: how long each is shown; the last one for `pause` more.
        pause: seconds at the end.
    """

    frames: np.ndarray
    seconds: float
    pause: float = 1.0

    def save(self, path: str | Path) -> Path:
        """Write a file, and return its path.

        Args:
            path: ends in .gif or .mp4; without an ending, mp4 is written where ffmpeg is there,
                else GIF.

        Raises:
            ValueError: for another ending, or .mp4 without ffmpeg.
        """
        path = check_path(path)
        if path.suffix == ".gif":
            path.write_bytes(self.gif())
        else:
            self._write_mp4(path)
        return path

    def gif(self) -> bytes:
        """Return the bytes of a GIF that runs again and again."""
        # One palette for all, of pictures spread over them: what stays the same takes no room.
        spread = self.frames[:: max(1, len(self.frames) // 6)]
        palette = of_few_colors(np.concatenate(list(spread)), _COLORS - len(_KEPT))
        # What is seldom seen keeps its colour: a reward, the cursor.
        palette.putpalette([*(palette.getpalette() or []), *(x for color in _KEPT for x in color)])
        pictures = [
            Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
            for frame in self.frames
        ]
        durations = self._milliseconds()
        file = io.BytesIO()
        pictures[0].save(
            file,
            "GIF",
            save_all=True,
            append_images=pictures[1:],
            duration=durations if len(durations) > 1 else durations[0],
            loop=0,
        )
        return file.getvalue()

    def _milliseconds(self) -> list[int]:
        """Return how long each picture is shown; GIF counts in 10 ms, and the sum is kept."""
        ends = [round(100 * self.seconds * i) for i in range(len(self.frames) + 1)]
        durations = [10 * max(2, end - begin) for begin, end in itertools.pairwise(ends)]
        durations[-1] += round(1000 * self.pause)
        return durations

    def _write_mp4(self, path: Path) -> None:
        _, height, width, _ = self.frames.shape
        held = max(1, round(self.pause / self.seconds))
        command = [
            str(find_ffmpeg()),
            *("-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
            *("-s", f"{width}x{height}", "-r", f"{1 / self.seconds:.6g}", "-i", "-", "-an"),
            *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path)),
        ]
        raw = self.frames.tobytes() + self.frames[-1].tobytes() * held
        done = subprocess.run(command, input=raw, capture_output=True, check=False)
        if done.returncode:
            raise ValueError(f"ffmpeg could not write {path}: {done.stderr.decode().strip()}")

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.gif()).decode()
        return f'<img alt="Trials, step by step" src="data:image/gif;base64,{data}">'
