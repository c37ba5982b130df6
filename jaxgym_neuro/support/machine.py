# pyright: reportUnknownMemberType=false
"""What numbers were measured on."""

import importlib.metadata
import os
import pathlib
import platform
from typing import Any, cast

import jax


def machine() -> dict[str, Any]:
    """Describe the machine and the versions."""
    device = cast(Any, jax.devices()[0])
    return {
        "device": device.device_kind,
        "platform": device.platform,
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "jax": jax.__version__,
        "gymnax": importlib.metadata.version("gymnax"),
    }


def _processor() -> str:
    """Return the model of the processor where the system tells, else its kind."""
    told = pathlib.Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
