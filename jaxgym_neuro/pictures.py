# pyright: reportUnknownMemberType=false
"""What pictures are drawn with: edges are smooth, so that things move by less than a pixel.

A picture is an array (height, width), the first row at the top. Places in the field of view are in
degrees from its centre, to the right and upwards; those in a picture, in pixels from its upper left
corner, to the right and downwards. The centre of the first pixel is at (0.5, 0.5).
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.support.validation import check_integer, is_list_or_tuple


def check_size(size: object) -> tuple[int, int]:
    """Return the size of a picture, (height, width) in pixels, or raise a ValueError."""
    if not is_list_or_tuple(size) or len(size) != 2:
        raise ValueError(f"size is (height, width) in pixels, such as (64, 64), not {size!r}")
    height, width = (check_integer("size (height, width in pixels)", x, at_least=1) for x in size)
    return height, width


def pixels_per_degree(size: tuple[int, int], view: jax.Array | float) -> jax.Array:
    """Return how many pixels a degree has, where the shorter side of a picture shows ``view``."""
    return jnp.float32(min(size)) / view


def to_pixels(
    size: tuple[int, int], x: jax.Array, y: jax.Array, view: jax.Array | float
) -> tuple[jax.Array, jax.Array]:
    """Return where in a picture a place in the field of view is.

    Args:
        size: (height, width) of the picture.
        x: degrees to the right of the centre.
        y: degrees above the centre.
        view: degrees that the shorter side of the picture shows.
    """
    height, width = size
    scale = pixels_per_degree(size, view)
    return np.float32(width / 2) + x * scale, np.float32(height / 2) - y * scale


def squares(
    size: tuple[int, int], x: jax.Array, y: jax.Array, width: jax.Array | float
) -> jax.Array:
    """Draw squares: each pixel has the part of it that they cover, summed over them.

    What a square covers of a pixel is a product, of what it covers of the column and of the row: a
    picture of n squares is a product of two matrices, (height, n) and (n, width). On a CPU that
    takes twice as long as adding the pixels of each, for 30 squares in 64 x 64 pixels (15 and 7 us
    on two x86 cores, 256 pictures at a time), and squares may have any size.

    Args:
        size: (height, width) of the picture.
        x: (n,) their centres, in pixels.
        y: (n,) likewise.
        width: of their sides, in pixels, () or (n,).

    Returns:
        (height, width) float32.
    """
    width = jnp.broadcast_to(width, x.shape)
    columns, rows = _covered(size[1], x, width), _covered(size[0], y, width)
    return jnp.einsum("nh,nw->hw", rows, columns, precision="highest")


def _covered(num_pixels: int, centre: jax.Array, width: jax.Array) -> jax.Array:
    """Return what lines of some width, (n,), cover of each of a row of pixels: (n, num_pixels)."""
    left = np.arange(num_pixels, dtype=np.float32)
    begin, end = centre - width * np.float32(0.5), centre + width * np.float32(0.5)
    covered = jnp.minimum(end[:, None], left[None] + 1) - jnp.maximum(begin[:, None], left[None])
    return jnp.clip(covered, 0, 1)


def lines(
    size: tuple[int, int],
    x: jax.Array,
    y: jax.Array,
    angle: jax.Array,
    length: jax.Array | float,
    width: jax.Array | float,
) -> jax.Array:
    """Draw straight lines with blunt ends, each by itself: about what each covers of each pixel.

    Args:
        size: (height, width) of the picture.
        x: (n,) their centres, in pixels.
        y: (n,) likewise.
        angle: (n,) radians, from the right towards the top.
        length: in pixels, () or (n,).
        width: in pixels, () or (n,).

    Returns:
        (n, height, width) float32, from 0 to 1.
    """
    columns = (np.arange(size[1], dtype=np.float32) + np.float32(0.5))[None] - x[:, None]
    rows = y[:, None] - (np.arange(size[0], dtype=np.float32) + np.float32(0.5))[None]
    cos, sin = jnp.cos(angle)[:, None, None], jnp.sin(angle)[:, None, None]
    along = columns[:, None] * cos + rows[:, :, None] * sin
    across = rows[:, :, None] * cos - columns[:, None] * sin

    def inside(distance: jax.Array | np.ndarray, extent: jax.Array | float) -> jax.Array:
        half = jnp.broadcast_to(extent, x.shape)[:, None, None] * np.float32(0.5)
        return jnp.clip(half + np.float32(0.5) - jnp.abs(distance), 0, 1)

    return inside(along, length) * inside(across, width)


def places(size: tuple[int, int], view: jax.Array | float) -> tuple[jax.Array, jax.Array]:
    """Return where the pixels are in the field of view.

    Args:
        size: (height, width) of the picture.
        view: degrees that the shorter side of the picture shows.

    Returns:
        Degrees of each column to the right of the centre, (width,), and of each row above it,
        (height,); float32.
    """
    height, width = size
    scale = pixels_per_degree(size, view)
    columns = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
    rows = np.float32((height - 1) / 2) - np.arange(height, dtype=np.float32)
    return jnp.asarray(columns) / scale, jnp.asarray(rows) / scale


def raised_cosine(
    distance: jax.Array, diameter: jax.Array | float, fringe: float = 0.2
) -> jax.Array:
    """Return a disc with smooth edges: 1 inside, 0 outside, and half of a cosine between.

    Args:
        distance: of each pixel from the centre, not negative.
        diameter: of the disc, the fringe included; 0 is no disc.
        fringe: the part of the radius in which it fades.
    """
    radius = jnp.maximum(jnp.asarray(diameter, jnp.float32) * np.float32(0.5), 1e-6)
    inside = jnp.clip((1 - distance / radius) / np.float32(fringe), 0, 1)
    return 0.5 - 0.5 * jnp.cos(np.float32(math.pi) * inside)
