"""Pages that are made when the site is built: one for each task, and their list."""

import pathlib
import sys

from mkdocs.structure.files import File

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from make_pages import task_index, task_pages


def on_files(files, config):
    """Add the pages to those that are read."""
    pages = {"tasks/index.md": task_index()}
    pages |= {f"tasks/{id}.md": page for id, page in task_pages().items()}
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files
