"""Animations: which moments they show, that they show them, and the files."""

import importlib.util
import itertools
import re
import stat
import subprocess
import sys
import warnings

import gymnax
import imageio_ffmpeg
import jax
import matplotlib
import numpy as np
import pytest
from PIL import Image

import jaxgym_neuro as jgn
from jaxgym_neuro.plotting import Animation, animate, style
from jaxgym_neuro.plotting.animation import check_path

ID = "yang19.go-v0"


@pytest.fixture(scope="module")
def animation():
    return animate(ID, key=3)


def test_each_step_of_a_short_trial_is_a_picture(animation):
    env, params = jgn.make(ID)
    _, state = env.reset(jgn.random.split(jax.random.key(3))[0], params)
    decision = int(state.trial.end[env.periods.index("stimulus")])
    assert animation.frames.shape == (decision + 1, 350, 560, 3)
    assert animation.frames.dtype == np.uint8
    assert animation.seconds * len(animation.frames) == pytest.approx(2.5)


def changed(frames, left, right, low, high):
    """Whether pictures differ from the one before, in a part of them (in shares of the sides)."""
    _, height, width, _ = frames.shape
    part = frames[:, int(low * height) : int(high * height), int(left * width) : int(right * width)]
    return [bool(np.any(a != b)) for a, b in itertools.pairwise(part)]


def test_the_cursor_moves_with_every_step_and_the_view_when_something_changes(animation):
    frames = animation.frames
    assert all(changed(frames, 0, 1, 0.8, 0.9))
    view = changed(frames, 0, 0.6, 0.15, 0.7)
    assert 1 <= sum(view) < len(view)
    actions = changed(frames, 0.6, 1, 0.2, 0.55)
    assert actions == [False] * (len(frames) - 2) + [True]


def test_pictures_per_second_and_speed_decide_on_the_moments():
    thin = animate("PerceptualDecisionMaking-v0", key=3, fps=2, speed=0.5)
    assert len(thin.frames) == 9  # 2.2 s in 4.4
    assert thin.seconds == pytest.approx(4.4 / 9)
    assert len(animate("Bandit-v0", num_trials=4).frames) == 4


@pytest.mark.parametrize(
    "task",
    [
        "AngleReproduction-v0",
        "ReachingDelayResponse-v0",
        "RandomDotMotion-v0",
        lambda: gymnax.make("CartPole-v1")[0],
    ],
)
def test_tasks_of_every_kind_move_without_a_warning_in_a_small_file(task, tmp_path):
    before = dict(matplotlib.rcParams)
    with warnings.catch_warnings(), jax.numpy_dtype_promotion("standard"):
        warnings.simplefilter("error")
        shown = animate(task if isinstance(task, str) else task(), path=tmp_path / "a.gif")
    assert dict(matplotlib.rcParams) == before
    assert all(changed(shown.frames, 0, 1, 0, 1))
    assert (tmp_path / "a.gif").stat().st_size < 300_000


def test_a_gif_shows_the_pictures_for_their_times_and_waits_at_the_end(animation, tmp_path):
    path = animation.save(tmp_path / "trial.gif")
    with Image.open(path) as file:
        assert file.n_frames == len(animation.frames)
        assert file.info["loop"] == 0
        times = []
        for number, frame in enumerate(animation.frames):
            file.seek(number)
            times.append(file.info["duration"])
            close = np.abs(np.asarray(file.convert("RGB"), int) - frame)
            assert np.mean(close) < 2
    assert sum(times) == pytest.approx(2500 + 1000, abs=20)
    assert max(times) == times[-1]
    image = animation._repr_html_()
    assert image.startswith('<img alt="Trials, step by step" src="data:image/gif;base64,R0lGOD')


def test_one_picture_is_a_file_too(tmp_path):
    single = Animation(np.zeros((1, 4, 6, 3), np.uint8), 0.1)
    with Image.open(single.save(tmp_path / "one.gif")) as file:
        assert file.size == (6, 4)


@pytest.fixture
def ffmpeg(tmp_path, monkeypatch):
    """A program that writes down what it was given, as the file that it was to write."""
    path = tmp_path / "ffmpeg"
    path.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "open(sys.argv[-1], 'wb').write(' '.join(sys.argv[1:-1]).encode() + b'|'"
        " + sys.stdin.buffer.read())\n"
        "sys.exit('broken' in sys.argv[-1] and 'it is broken')\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    with matplotlib.rc_context({"animation.ffmpeg_path": str(path)}):
        yield path


def test_ffmpeg_gets_every_picture_and_the_last_one_until_the_end(ffmpeg, tmp_path):
    frames = np.arange(2 * 4 * 6 * 3, dtype=np.uint8).reshape(2, 4, 6, 3)
    path = Animation(frames, 0.5).save(tmp_path / "video")
    assert path.name == "video.mp4"
    arguments, _, raw = path.read_bytes().partition(b"|")
    assert b"-s 6x4 -r 2 -i -" in arguments
    assert raw == frames.tobytes() + 2 * frames[1].tobytes()
    with pytest.raises(ValueError, match=r"could not write .*broken.mp4: it is broken"):
        Animation(frames, 0.5).save(tmp_path / "broken.mp4")


def test_the_ffmpeg_of_the_extra_writes_mp4_that_shows_every_picture_for_its_time(tmp_path):
    shades = [40, 120, 200, 240]
    frames = np.stack([np.full((32, 48, 3), shade, np.uint8) for shade in shades])
    with matplotlib.rc_context({"animation.ffmpeg_path": str(tmp_path / "none")}):
        path = Animation(frames, 0.5).save(tmp_path / "trial")
    assert path.name == "trial.mp4"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    read = subprocess.run(command, capture_output=True, check=True)
    assert re.search(r"Video: h264 .* 48x32.* 2 fps", read.stderr.decode())
    seen = np.frombuffer(read.stdout, np.uint8).reshape(-1, *frames[0].shape)
    shown = [*shades, 240, 240]  # the last one for a second more
    np.testing.assert_allclose(seen.mean((1, 2, 3)), shown, atol=3)


def test_without_ffmpeg_an_animation_is_a_gif_and_mp4_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with matplotlib.rc_context({"animation.ffmpeg_path": str(tmp_path / "none")}):
        assert check_path(tmp_path / "trial").suffix == ".gif"
        with pytest.raises(ValueError, match=r"trial.mp4 needs ffmpeg.*a path that ends in .gif"):
            animate(ID, path=tmp_path / "trial.mp4")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"env": "yang19.goo-v0"}, "did you mean 'yang19.go-v0'"),
        ({"path": "a.avi"}, r"ends in .gif or .mp4, not '.avi'"),
        ({"fps": 0}, "fps"),
        ({"speed": -1}, "speed"),
        ({"num_trials": 0}, "num_trials is a whole number of at least 1"),
        ({"policy": "rundom"}, "did you mean 'random'"),
        ({"key": "seed"}, "key"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        animate(**{"env": ID, **arguments})


def test_a_gif_keeps_the_colours_of_what_is_seldom_seen(tmp_path):
    frames = np.full((40, 20, 30, 3), 255, np.uint8)
    frames[:, :10] = np.arange(300, dtype=np.uint8).reshape(10, 30, 1)  # more greys than colours
    gain = [round(255 * x) for x in matplotlib.colors.to_rgb(style.GAIN)]
    frames[13, 15, 3:6] = gain
    with Image.open(Animation(frames, 0.1).save(tmp_path / "rare.gif")) as file:
        file.seek(1)
        seen = []
        for number in range(1, file.n_frames):
            file.seek(number)
            seen.append(np.asarray(file.convert("RGB"))[15, 4].tolist())
    assert gain in seen
