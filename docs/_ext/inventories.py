"""Where names of other packages are documented.

Sphinx reads this from an inventory of each site, which a build without network cannot fetch. So the
few names to which our docstrings and signatures link stand in ``docs/inventories``, a file for each
site: its address in the first line, then a line for each name, with its kind and page. They become
inventories in the build folder. With ``DOCS_INVENTORIES=fetch`` the sites' own come first.
"""

import pathlib
import zlib

_HEADER = "# Sphinx inventory version 2\n# Project: {name}\n# Version: \n# zlib\n"


def mapping(source: pathlib.Path, build: pathlib.Path, fetch: bool) -> dict[str, tuple]:
    """Write the inventories, and return the setting ``intersphinx_mapping``.

    Args:
        source: folder of the lists, ``docs/inventories``.
        build: folder for the inventories.
        fetch: whether those of the sites come first.
    """
    build.mkdir(parents=True, exist_ok=True)
    found = {}
    for path in sorted(source.glob("*.txt")):
        address, *entries = path.read_text().splitlines()
        inventory = build / f"{path.stem}.inv"
        lines = "".join(f"{_line(entry)}\n" for entry in entries)
        header = _HEADER.format(name=path.stem).encode()
        inventory.write_bytes(header + zlib.compress(lines.encode()))
        found[path.stem] = (address, (None, str(inventory)) if fetch else str(inventory))
    return found


def _line(entry: str) -> str:
    name, kind, page = entry.split()
    return f"{name} py:{kind} 1 {page} -"
