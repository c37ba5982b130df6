"""The Python blocks of README.md and of the pages in docs/ run, in order, as they stand."""

import pathlib
import runpy

import jax
import pytest
from matplotlib.figure import Figure

MAKE_IMAGES = runpy.run_path(
    str(pathlib.Path(__file__).parents[2] / "docs" / "make_images.py"), run_name="make_images"
)
PAGES, ROOT, blocks_of, run_page = (
    MAKE_IMAGES[name] for name in ("PAGES", "ROOT", "blocks_of", "run_page")
)


def name_of(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "page",
    [PAGES[0], *(pytest.param(page, marks=pytest.mark.slow) for page in PAGES[1:])],
    ids=name_of,
)
@pytest.mark.usefixtures("restored_registries")
def test_code_runs_and_draws_the_pictures_that_follow_it(page):
    with jax.numpy_dtype_promotion("standard"):  # as users have it
        _, figures = run_page(page)
    for image, figure in figures.items():
        assert isinstance(figure, Figure)
        assert image.is_file(), f"draw it with: python docs/make_images.py ({image.name})"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_is_python_that_is_run_or_plainly_something_else(page):
    languages = {block.language for block in blocks_of(page)}
    plain = {name for name in languages if not name.startswith("{")}  # what is not a directive
    assert plain <= {"python", "console", "text"}


def test_a_page_with_wrong_code_fails_at_its_line(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n```python\nx = 1\n```\n\ntext\n\n```python\nassert x == 2\n```\n")
    with pytest.raises(AssertionError) as caught:
        run_page(page)
    last = caught.traceback[-1]
    assert (str(last.path), last.lineno + 1) == (str(page), 10)


def test_a_picture_shows_the_figure_of_the_block_before_it(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nfigure = 1\n```\n\n![one](a/one.png)\n\n```python\nfigure = 2\n```\n\nprose\n\n"
        "![elsewhere](two.png)\n"
    )
    _, figures = run_page(page)
    assert figures == {tmp_path / "a/one.png": 1}
