"""Folders of files that belong together, and where such folders are."""

from pathlib import Path

_MOST = 5  # that a line names


def write_whole(file: str | Path, text: str) -> None:
    """Write a file that is there whole or not at all, whoever reads it or ends this process."""
    file = Path(file)
    partial = file.with_name(f".unfinished-{file.name}")
    partial.write_text(text)
    partial.replace(file)


def told_inside(folder: str | Path, file: str) -> str:
    """Say in which folders of a folder there is a file, as the end of a sentence; "" if in none."""
    found = sorted(str(one.parent) for one in Path(folder).glob(f"*/{file}"))
    if not found:
        return ""
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f"; there is one in {', '.join(found[:_MOST])}{more}"
