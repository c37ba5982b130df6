"""Tables in HTML for notebooks: compact, escaped, and legible on light and dark ground."""

import base64
import html
import re
from collections.abc import Iterable, Sequence

# Colours are the notebook's own: lines are those of its text, and faint.
_TABLE = "border-collapse:collapse;margin:0.3em 0;color:inherit;font-size:inherit"
_CELL = (
    "text-align:left;vertical-align:top;padding:0.1em 0.8em 0.1em 0;"
    "border-bottom:1px solid rgba(128,128,128,0.35);background:none;color:inherit"
)
_CODE = re.compile(r"``(.+?)``|`(.+?)`")


def words(text: object) -> str:
    """Escape words; what is between backticks is code."""
    return _CODE.sub(
        lambda match: f"<code>{match[1] or match[2]}</code>", html.escape(str(text), quote=False)
    )


def table(
    title: str, rows: Iterable[Sequence[object]], header: Sequence[str] = (), note: str = ""
) -> str:
    """Write a table below its title.

    Args:
        title: in bold; "" for none.
        rows: of cells, which are escaped; of a table without a header the first names the row.
        header: of each column.
        note: a line below it.
    """
    parts = [
        f"<div><b>{words(title)}</b></div>" * bool(title),
        f'<div style="overflow-x:auto"><table style="{_TABLE}">',
    ]
    if header:
        parts.append(f"<tr>{''.join(_cell('th', one) for one in header)}</tr>")
    for first, *others in rows:
        begin = _cell("td" if header else "th", first)
        parts.append(f"<tr>{begin}{''.join(_cell('td', one) for one in others)}</tr>")
    parts += ["</table></div>", f"<div>{words(note)}</div>" * bool(note)]
    return "".join(parts)


def image(png: bytes, alt: str) -> str:
    """Write a picture that is part of the page."""
    data = base64.b64encode(png).decode()
    source = f"data:image/png;base64,{data}"
    return f'<img alt="{html.escape(alt)}" style="max-width:100%" src="{source}">'


def _cell(tag: str, text: object) -> str:
    return f'<{tag} style="{_CELL}">{words(text)}</{tag}>'
