"""What is cited is this version, and a drawing shows what its page says."""

import pathlib
import runpy

import jax
import yaml

import jaxgym_neuro as jgn

ROOT = pathlib.Path(__file__).parents[2]


def test_the_citation_is_of_this_version_and_has_what_the_format_demands():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == jgn.__version__
    assert {"cff-version", "message", "title", "authors"} <= set(cited)


def test_the_drawing_of_renewal_shows_as_many_trials_as_its_page_says():
    drawings = runpy.run_path(str(ROOT / "docs" / "make_drawings.py"), run_name="make_drawings")
    with jax.numpy_dtype_promotion("standard"):
        begun = drawings["trials_begun"]()
    drawings["draw"](begun)
    page = (ROOT / "docs" / "how_it_works.md").read_text()
    assert f"{begun.sum()}\ntrials ended" in page
    assert f"a select would draw {begun.size}" in page
    assert drawings["PATH"].is_file()
