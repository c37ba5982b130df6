"""Fixed points of a recurrent cell, and its linearisation around them."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.told import Result

Cell = Callable[[Any, jax.Array, jax.Array], jax.Array]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class FixedPoints(Result):
    """Where a cell stays, or almost does, each once; the slowest first."""

    points: np.ndarray  # (k, units)
    speed: np.ndarray  # (k,) q = |F(h) - h|^2 / 2: 0 at a fixed point, small at a slow one
    jacobian: np.ndarray  # (k, units, units) of F by h
    eigenvalues: np.ndarray  # (k, units) complex, the greatest modulus first
    unstable: np.ndarray  # (k,) number of eigenvalues outside of the unit circle
    found: np.ndarray  # (k,) from how many of the starts
    starts: int
    not_converged: int  # starts that ended where the cell still moves

    def __len__(self):
        return len(self.points)

    @property
    def stable(self) -> np.ndarray:
        """Which are stable, (k,) bool: all eigenvalues lie within the unit circle."""
        return np.abs(self.eigenvalues[:, 0]) < 1

    def time_constants(self, dt: float = 1.0) -> np.ndarray:
        """Return the time constant of each eigenvalue's mode, (k, units), in the unit of dt.

        Infinite on the unit circle; of modes that grow, that of their growth.
        """
        size = np.abs(np.log(np.maximum(np.abs(self.eigenvalues), 1e-300)))
        return np.where(size > 0, dt / np.where(size > 0, size, 1), np.inf)

    def plot(self, ax: Any = None, *, activity: Any = None) -> Any:
        """Plot the points in the plane in which they, or activity, vary most.

        Args:
            ax: of Matplotlib; None: of a new figure.
            activity: (n, T, units) or (n, units), drawn behind them, and what the plane is of.

        Returns:
            The Axes.
        """
        ax = axes_of(ax, "first direction", "second direction")
        shown = self.points if activity is None else np.asarray(activity)
        flat = shown.reshape(-1, shown.shape[-1])
        centre = flat.mean(axis=0)
        plane = np.linalg.svd(flat - centre, full_matrices=False)[2][:2]
        if activity is not None:
            for one in shown if shown.ndim == 3 else shown[None]:
                ax.plot(*((one - centre) @ plane.T).T, color="0.8", linewidth=0.6, zorder=0)
        at = (self.points - centre) @ plane.T
        if len(plane) < 2:
            at = np.concatenate([at, np.zeros_like(at)], axis=1)
        ax.plot(*at[self.stable].T, "o", color=next_color(ax), label="stable")
        ax.plot(*at[~self.stable].T, "x", color=next_color(ax), label="not stable")
        ax.margins(0.2)
        legend(ax)
        return ax


def fixed_points(
    cell: Cell,
    params: Any,
    starts: Any,
    x: Any,
    *,
    tolerance: float = 1e-6,
    distance: float = 1e-2,
    iterations: int = 200,
) -> FixedPoints:
    """Find where a recurrent cell stays under a constant input, and linearise it there.

    From each start q, ``|F(h) - h|^2 / 2``, is made small (Sussillo & Barak 2013,
    https://doi.org/10.1162/NECO_a_00409), here by steps of Levenberg and Marquardt, which find
    saddle points as well as attractors. All starts go in one batch, compiled.

    Args:
        cell: ``(params, h, x) -> h`` of one state (units,), in JAX.
        params: of the cell.
        starts: (n, units) states to begin from; visited ones (of ``table.kept["activity"]``), with
            noise.
        x: the constant input.
        tolerance: q of a point that counts as fixed; larger ones find slow points, too.
        distance: points closer than this share of the spread of starts are one.
        iterations: steps from each start at most.

    Raises:
        ValueError: for starts of another shape or not finite, a cell that returns another shape,
            or if no start has come to rest.
    """
    states = np.asarray(starts, np.float32)
    if states.ndim != 2 or 0 in states.shape or not np.isfinite(states).all():
        raise ValueError(f"starts is finite numbers (n, units), not of shape {states.shape}")
    if tolerance <= 0 or distance < 0 or iterations < 1:
        raise ValueError("tolerance is above 0, distance at least 0, iterations at least 1")
    x = jax.tree.map(jnp.asarray, x)
    out = jax.eval_shape(cell, params, jax.ShapeDtypeStruct(states.shape[1:], np.float32), x)
    if getattr(out, "shape", None) != states.shape[1:]:
        raise ValueError(
            f"the cell returns a state like the one it is given, {states.shape[1:]}, not {out}"
        )

    @jax.jit
    def find(params: Any, states: jax.Array, x: Any) -> tuple[jax.Array, jax.Array, jax.Array]:
        points, speed = jax.vmap(lambda h: _settle(cell, params, h, x, iterations))(states)
        return points, speed, jax.vmap(lambda h: jax.jacfwd(cell, argnums=1)(params, h, x))(points)

    points, speed, jacobian = (np.asarray(out) for out in find(params, jnp.asarray(states), x))
    rests = np.isfinite(speed) & (speed <= tolerance)
    if not rests.any():
        raise ValueError(
            f"none of {len(states)} starts came to rest (q at most {tolerance:g}); the slowest has "
            f"q {np.nanmin(speed):.2g}: take other starts, more iterations or a larger tolerance"
        )
    order = np.flatnonzero(rests)[np.argsort(speed[rests], kind="stable")]
    near = distance * max(float(np.sqrt(np.sum(np.var(states, axis=0)))), 1e-6)
    chosen, found = [], []
    for one in order:
        if chosen:
            apart = np.linalg.norm(points[chosen] - points[one], axis=1)
            closest = int(apart.argmin())
            if apart[closest] <= near:
                found[closest] += 1
                continue
        chosen.append(one)
        found.append(1)
    values = np.linalg.eigvals(jacobian[chosen].astype(np.float64))
    size = np.argsort(-np.abs(values), axis=1, kind="stable")
    values = np.take_along_axis(values, size, axis=1)
    return FixedPoints(
        points=points[chosen],
        speed=speed[chosen],
        jacobian=jacobian[chosen],
        eigenvalues=values,
        unstable=np.sum(np.abs(values) > 1, axis=1),
        found=np.array(found),
        starts=len(states),
        not_converged=int(np.sum(~rests)),
    )


def _settle(cell, params, state, x, iterations):
    """Make |F(h) - h|^2 / 2 small from one state, and return the state and what it comes to."""

    def residual(h):
        return cell(params, h, x).astype(h.dtype) - h  # of 64 bits, if x64 is on and x has them

    def cost(h):
        return 0.5 * jnp.sum(residual(h) ** 2)

    eye = jnp.eye(state.shape[0], dtype=state.dtype)

    def step(carry, _):
        h, damping, best = carry
        off = residual(h)
        slope = jax.jacfwd(residual)(h)
        gram = slope.T @ slope
        # Relative to the largest curvature, so that a flat direction does not blow up the step.
        scale = jnp.trace(gram) / state.shape[0] + 1e-12
        move = jnp.linalg.solve(gram + damping * scale * eye, -(slope.T @ off))
        tried = h + move
        value = cost(tried)
        better = value < best
        h = jnp.where(better, tried, h)
        damping = jnp.clip(jnp.where(better, damping / 3, damping * 4), 1e-7, 1e7)
        return (h, damping, jnp.where(better, value, best)), None

    first = (state, jnp.asarray(1e-2, state.dtype), cost(state))
    (state, _, value), _ = jax.lax.scan(step, first, length=iterations)
    return state, value
