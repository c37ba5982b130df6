"""What `jaxgym_neuro.bench.device` has measured, as tables and as a part of a page."""

import dataclasses
import os
import pathlib
from typing import Any, Self

import jax

from jaxgym_neuro.bench.device import Speed, Stop, copy_bandwidth
from jaxgym_neuro.bench.kernels import Kernels
from jaxgym_neuro.support.machine import machine

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]  # titles, and rows
_SPEEDS = ("task", "N", "M steps/s", "ns", "bytes", "share", "compile s")
_KERNELS = tuple(field.name for field in dataclasses.fields(Kernels))


@dataclasses.dataclass
class Measured:
    """What was measured on a device.

    Attributes:
        machine: what it was measured on, in words.
        bandwidth: of a copy, in bytes per second.
        found: speeds, and why there are no more.
    """

    machine: dict[str, Any]
    bandwidth: float
    found: list[Speed | Stop] = dataclasses.field(default_factory=list)

    @classmethod
    def begin(cls) -> Self:
        """Look at the device, and measure its bandwidth."""
        return cls(_conditions(), copy_bandwidth())

    @property
    def heading(self) -> str:
        """The machine and its bandwidth."""
        known = ", ".join(f"{name} {x}" for name, x in self.machine.items() if x)
        return f"On {known}. A copy moves {self.bandwidth / 1e9:.3g} GB/s."

    @property
    def speeds(self) -> Table:
        """Speed by task and number of environments."""
        rows: list[tuple[str, ...]] = []
        for one in self.found:
            if isinstance(one, Stop):
                rows.append((one.task, f"{one.num_envs:,}", f"no {one.reason}", *[""] * 4))
                continue
            numbers = [_short(one.steps_per_s / 1e6), _short(one.ns_per_step)]
            numbers += [_short(one.bytes_per_step), f"{_short(100 * one.share)} %"]
            rows.append((one.task, f"{one.num_envs:,}", *numbers, f"{one.compile_s:.0f}"))
        return _SPEEDS, rows

    @property
    def kernels(self) -> Table:
        """What a step starts, of each task at the most environments that it was taken with."""
        largest = {one.task: one for one in self.found if isinstance(one, Speed)}
        titles = ("task", "N", *(name.replace("_", " ") for name in _KERNELS))
        rows = [
            (one.task, f"{one.num_envs:,}", *(str(getattr(one.kernels, x)) for x in _KERNELS))
            for one in largest.values()
        ]
        return titles, rows

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for a program."""
        return dataclasses.asdict(self)

    def as_markdown(self) -> str:
        """Return it as part of a page."""
        return "\n\n".join([self.heading, _written(*self.speeds), _written(*self.kernels)])


def write_into(path: str | pathlib.Path, measured: Measured) -> None:
    """Write what was measured into a page, in place of what was on the same platform.

    Args:
        path: the page; where nothing was written of the platform, it goes to its end.
        measured: with its machine.

    Raises:
        ValueError: if there is no such page.
    """
    page, platform = check_page(path), measured.machine["platform"]
    begin = f"<!-- Made by: python -m jaxgym_neuro bench device --write FILE (on {platform}) -->"
    end = f"<!-- End of what was made on {platform} -->"
    before, _, rest = page.read_text().partition(begin)
    after = rest.partition(end)[2] if rest else "\n"
    page.write_text(f"{before}{begin}\n\n{measured.as_markdown()}\n\n{end}{after}")


def check_page(path: str | pathlib.Path) -> pathlib.Path:
    """Return where a page is; a ValueError if there is none."""
    page = pathlib.Path(path)
    if not page.is_file():
        raise ValueError(f"there is no page {str(path)!r} to write into")
    return page


def _short(number: float) -> str:
    """Write a number by two digits, or all that it has before the point."""
    return f"{number:.2g}" if number < 10 else f"{number:,.0f}"


def _written(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _conditions() -> dict[str, Any]:
    """Describe the device, its versions, and what else bears upon its speed."""
    backend: Any = jax.local_devices()[0].client
    known: dict[str, Any] = machine()
    if known["device"] == known["platform"]:
        del known["device"]
    versions = " ".join(str(backend.platform_version).split())
    if versions != known["platform"]:
        known["versions"] = versions
    return {**known, "XLA_FLAGS": os.environ.get("XLA_FLAGS", "")}
