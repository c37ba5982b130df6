"""A build of the site fails if a public name is not in the reference, or has no docstring."""

import pytest
from small_site import build_site

CONF = """
extensions = ["myst_parser", "sphinx.ext.autodoc", "public_names"]
public_packages = ["little"]
html_theme = "basic"
"""
MODULE = '''"""A little package."""

__all__ = ["LIMIT", "Kind", "told", "untold"]
#: The most there may be.
LIMIT = 3


class Kind:
    """What there is."""


def told():
    """Say it."""


def untold():
    """Say nothing."""
'''


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a site of one page with the given names in its reference."""

    def run(names, module=MODULE):
        (tmp_path / "conf.py").write_text(CONF)
        (tmp_path / "little.py").write_text(module)
        lines = ["# Reference", "", "```{names} little", ":with-module:", "", *names, "```", ""]
        (tmp_path / "index.md").write_text("\n".join(lines))
        return build_site(tmp_path, "-W")

    run.page = tmp_path / "html" / "index.html"
    return run


def test_a_reference_with_every_name_is_built_with_summaries(build):
    built = build(["LIMIT", "Kind", "told", "untold"])
    assert built.returncode == 0, built.stderr
    page = build.page.read_text()
    assert page.count("Say nothing.") == 2  # in the table and in the entry
    assert 'id="little.untold"' in page


def test_a_name_that_is_left_out_fails_the_build(build):
    built = build(["LIMIT", "Kind", "told"])
    assert built.returncode != 0
    assert "little.untold is not in the reference" in built.stderr
    assert "little.told" not in built.stderr


def test_a_name_without_docstring_fails_the_build(build):
    built = build(["LIMIT", "Kind", "told", "untold"], MODULE.replace('"""Say it."""', "pass"))
    assert built.returncode != 0
    assert "little.told has no docstring" in built.stderr
    assert "untold has no docstring" not in built.stderr
