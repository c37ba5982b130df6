"""A site that is built again keeps no page whose source is gone: a link to it would still work."""

import pathlib

from sphinx.application import Sphinx

_OF_SPHINX = {"genindex", "search"}  # pages without a source


def remove_pages(app: Sphinx, error: Exception | None) -> None:
    """Remove the pages of an earlier build that this one did not write or keep."""
    if error is not None or app.builder.name != "html":
        return
    site = pathlib.Path(app.outdir)
    pages = app.env.found_docs | _OF_SPHINX
    for path in site.rglob("*.html"):
        name = path.relative_to(site).with_suffix("").as_posix()
        if not name.startswith("_") and name not in pages:
            path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx when to remove them."""
    app.connect("build-finished", remove_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
