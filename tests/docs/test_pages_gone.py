"""A page whose source is gone is gone from a site that is built again."""

from small_site import build_site


def build(folder):
    built = build_site(folder)
    assert built.returncode == 0, built.stderr
    site = folder / "html"
    return {path.relative_to(site).as_posix() for path in site.rglob("*.html")}


def test_pages_whose_source_is_gone_are_removed_and_no_others(tmp_path):
    (tmp_path / "conf.py").write_text(
        "extensions = ['pages_gone']\nhtml_theme = 'basic'\nexclude_patterns = ['html']\n"
    )
    (tmp_path / "tasks").mkdir()
    (tmp_path / "index.rst").write_text("Title\n=====\n\n.. toctree::\n   :glob:\n\n   tasks/*\n")
    for name in ("kept", "gone"):
        (tmp_path / "tasks" / f"{name}.rst").write_text(f"{name}\n====\n")
    first = build(tmp_path)
    assert first == {
        "index.html", "genindex.html", "search.html", "tasks/kept.html", "tasks/gone.html"
    }  # fmt: skip
    (tmp_path / "tasks" / "gone.rst").unlink()
    assert build(tmp_path) == first - {"tasks/gone.html"}
