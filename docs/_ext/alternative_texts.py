"""Words for those who do not see them, in place of pictures that the code of a page made.

Without any, the name of the file would be read out. Pictures that are put in by hand have words of
their own.
"""

from docutils import nodes
from sphinx.application import Sphinx


def add_words(app: Sphinx, doctree: nodes.document) -> None:
    """Give each picture without words the title of its section."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt"):
            image["alt"] = f"Figure made by the code above: {_title_above(image)}"


def _title_above(node: nodes.Node) -> str:
    while node.parent is not None and not isinstance(node, nodes.section):
        node = node.parent
    title = node.next_node(nodes.title)
    return "" if title is None else title.astext()


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx when to add them."""
    app.connect("doctree-read", add_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
