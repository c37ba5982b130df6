# pyright: reportUnknownMemberType=false
"""Values in a few words, for what ``print`` and errors show."""

from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from jaxgym_neuro.support.validation import is_dict, is_list_or_tuple

_WITHOUT_NUMBERS: tuple[Any, ...] = (Tracer, jax.ShapeDtypeStruct)
_MOST_NUMBERS = 12  # of an array that is written out; of a larger one, dtype and shape


def brief(value: Any) -> str:
    """Write a value as ``repr`` does; of arrays, the numbers if few, else ``int32[50]``."""
    if is_dict(value):
        return f"{{{', '.join(f'{key!r}: {brief(item)}' for key, item in value.items())}}}"
    if is_list_or_tuple(value) and not hasattr(value, "_fields"):
        items = ", ".join(map(brief, value))
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' * (len(value) == 1)})"
    return _brief_array(value) if hasattr(value, "shape") else repr(value)


def _brief_array(array: Any) -> str:
    dtype = getattr(array, "dtype", "array")
    has_numbers = isinstance(dtype, np.dtype) and not isinstance(array, _WITHOUT_NUMBERS)
    if not has_numbers or np.size(array) > _MOST_NUMBERS:
        return f"{dtype}{list(array.shape)}"
    text = np.array2string(
        np.asarray(array), separator=", ", formatter={"float": lambda x: f"{x:g}"}
    )
    return " ".join(text.split())
