"""Pictures that code made have words on the site, which say in which section they are."""

import base64
import io
import json
import re

from PIL import Image
from small_site import build_site

CONF = """
extensions = ["myst_nb", "alternative_texts"]
nb_execution_mode = "off"
html_theme = "basic"
"""
TEXT = "# Title\n\n![by hand](one.png)\n\n## A section\n\nWords."


def test_a_picture_has_its_own_words_or_the_title_of_its_section(tmp_path):
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    (tmp_path / "one.png").write_bytes(file.getvalue())
    data = {"image/png": base64.b64encode(file.getvalue()).decode()}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    code = {"cell_type": "code", "source": "draw()", "execution_count": 1, "outputs": [output]}
    cells = [{"cell_type": "markdown", "source": TEXT}, code]
    cells = [{"id": f"cell-{i}", "metadata": {}, **cell} for i, cell in enumerate(cells)]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "index.ipynb").write_text(json.dumps(book))
    (tmp_path / "conf.py").write_text(CONF)
    built = build_site(tmp_path)
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "html" / "index.html").read_text()
    assert re.findall(r'<img alt="([^"]*)"', page) == [
        "by hand",
        "Figure made by the code above: A section",
    ]
