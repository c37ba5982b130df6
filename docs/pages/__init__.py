"""What the site shows of each task, made of the declarations of the tasks when it is built."""

from . import choose, facts, gallery, lists, task


def all_pages() -> dict[str, str]:
    """Return every page that is made of the tasks, by path in ``docs``."""
    groups = facts.in_groups()
    tasks = [one for members in groups.values() for one in members]
    pages = {"gallery": gallery.gallery(groups), "choose_a_task": choose.choose(tasks)}
    pages |= {f"tasks/{name}": text for name, text in lists.pages(groups).items()}
    pages |= {f"tasks/{one.id}": task.task_page(one) for one in tasks}
    return {f"{path}.md": text for path, text in pages.items()}
