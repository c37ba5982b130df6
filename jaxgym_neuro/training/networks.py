"""Recurrent networks: cells, and a network of a cell and linear readouts.

A network is one function of one step, ``(weights, memory, ob) -> (outputs, memory)``, which is
``network.apply``; a cell is ``(params, h, x) -> h``, see `cell_function`. Arrays may have any axes
in front of the last one: one environment, or many.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from typing_extensions import override

from jaxgym_neuro import random
from jaxgym_neuro.support.validation import check_integer, check_name, check_number

Weights = Mapping[str, Any]  # "params", which learn, and "fixed", which do not: flax's collections

_ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "relu": nn.relu,
    "softplus": nn.softplus,
    "tanh": jnp.tanh,
}
_FAN_IN = nn.initializers.variance_scaling(1.0, "fan_in", "normal")


class Cell(nn.Module):
    """What units do from one step to the next; `GRU` and `LeakyRNN`.

    Their state h (..., hidden) is the memory; what they tell each other, and the readouts, are
    their rates. Units that are lesioned have rates of 0.
    """

    hidden: int = 64

    @property
    def noise_scale(self) -> float:
        """Standard deviation of the private noise that a unit's state takes on in a step."""
        return 0.0

    @property
    def read_units(self) -> int:
        """How many units, from the first, are read out; the others only act within."""
        return self.hidden

    def with_dt(self, dt: float) -> "Cell":
        """Return the cell for a task whose steps last ``dt`` ms."""
        del dt
        return self

    def check(self) -> None:
        """Raise a ValueError for arguments that cannot be."""
        check_integer("hidden", self.hidden, at_least=1)

    def drive(self, x: jax.Array) -> jax.Array:
        """Return what inputs come to; it needs no memory, so that many steps are one product."""
        raise NotImplementedError

    def connectivity(self) -> Any:
        """Return the recurrent weights as they act, worked out once for many steps."""
        raise NotImplementedError

    def advance(self, connectivity: Any, h: jax.Array, drive: jax.Array) -> jax.Array:
        """Return the next state."""
        raise NotImplementedError

    def rates(self, h: jax.Array) -> jax.Array:
        """Return the rates of units in a state."""
        raise NotImplementedError

    def __call__(self, h: jax.Array, x: jax.Array) -> jax.Array:
        """Return the state after an input (..., channels)."""
        return self.advance(self.connectivity(), h, self.drive(x))

    def _alive(self) -> jax.Array:
        ones = nn.initializers.ones_init()
        found = self.variable("fixed", "alive", ones, None, (self.hidden,), jnp.float32)
        return found.value


class GRU(Cell):
    """A gated recurrent network, whose gates lean to keeping what there is.

    Cho et al. 2014, https://doi.org/10.3115/v1/D14-1179.

    Attributes:
        hidden: number of units.
    """

    @override
    def setup(self):
        self.inputs = nn.Dense(3 * self.hidden, kernel_init=_FAN_IN)
        self.recurrent = self.param(
            "recurrent", _FAN_IN, (self.hidden, 3 * self.hidden), jnp.float32
        )
        self.alive = self._alive()

    @override
    def drive(self, x: jax.Array) -> jax.Array:
        return self.inputs(x)

    @override
    def connectivity(self) -> Any:
        return self.recurrent

    @override
    def advance(self, connectivity: Any, h: jax.Array, drive: jax.Array) -> jax.Array:
        keep_in, reset_in, new_in = jnp.split(drive, 3, axis=-1)
        keep_mem, reset_mem, new_mem = jnp.split(self.rates(h) @ connectivity, 3, axis=-1)
        # The offset lets memories last from the start: evidence must be added up.
        keep = nn.sigmoid(keep_in + keep_mem + 1.0)
        new = jnp.tanh(new_in + nn.sigmoid(reset_in + reset_mem) * new_mem)
        return keep * h + (1.0 - keep) * new

    @override
    def rates(self, h: jax.Array) -> jax.Array:
        return self.alive * h


class LeakyRNN(Cell):
    """A network of leaky units in continuous time, taken in steps of ``dt``.

    ``tau dx/dt = -x + W r + W_in u + b``, with the rates ``r = f(x)``; a step takes the share
    ``alpha = dt / tau`` of the way. Private noise adds ``sqrt(2 alpha) noise`` times a standard
    normal number to each x. This is the network of Song, Yang & Wang 2016, PLoS Computational
    Biology 12, e1004792, https://doi.org/10.1371/journal.pcbi.1004792. By Dale's law units are
    excitatory or inhibitory: the outgoing weights of one have one sign, whatever is learned, no
    unit acts upon itself, and only excitatory ones are read out.

    With a rank the connectivity is ``W = m n^T / N``, with m and n of so many columns: the
    structured part of the networks of Mastrogiuseppe & Ostojic 2018, Neuron 99, 609-623,
    https://doi.org/10.1016/j.neuron.2018.07.003, without their random part.

    Attributes:
        hidden: number of units.
        tau: time constant, ms.
        dt: step, ms; None for the task's.
        activation: f, ``"relu"``, ``"softplus"`` or ``"tanh"``.
        noise: of each unit; its s.d. in a slow unit that nothing else drives (alpha near 0).
        excitatory: fraction of units that are excitatory, the first ones; None for no Dale's law.
        density: fraction of possible connections that there are; drawn with the weights.
        rank: of the connectivity; 0 for any.
        spread: radius of the circle in which the eigenvalues of the first connectivity lie (of a
            large network; not with a rank).
    """

    tau: float = 100.0
    dt: float | None = None
    activation: str = "relu"
    noise: float = 0.0
    excitatory: float | None = None
    density: float = 1.0
    rank: int = 0
    spread: float = 1.0

    @property
    def alpha(self) -> float:
        """Share of the way that a step takes."""
        if self.dt is None:
            raise ValueError("dt of this cell is not known yet; LeakyRNN(dt=...) gives it")
        return self.dt / self.tau

    @property
    @override
    def noise_scale(self) -> float:
        return math.sqrt(2.0 * self.alpha) * self.noise

    @property
    @override
    def read_units(self) -> int:
        return self.hidden if self.excitatory is None else round(self.excitatory * self.hidden)

    @override
    def with_dt(self, dt: float) -> "LeakyRNN":
        return self if self.dt is not None else self.clone(dt=float(dt))

    @override
    def check(self) -> None:
        super().check()
        check_name("activation", self.activation, _ACTIVATIONS)
        for name in ("tau", "spread"):
            check_number(name, getattr(self, name), above=0)
        check_number("noise", self.noise, at_least=0)
        check_integer("rank", self.rank, at_least=0)
        if self.rank > self.hidden:
            raise ValueError(f"rank is at most hidden={self.hidden}, not {self.rank}")
        check_number("density", self.density, above=0)
        if self.density > 1:
            raise ValueError(f"density is a fraction of connections, not {self.density}")
        if self.excitatory is not None:
            check_number("excitatory", self.excitatory, at_least=0)
            if not 0 < self.read_units < self.hidden:
                raise ValueError(
                    "excitatory is a fraction of units that leaves both kinds, not "
                    f"{self.excitatory} of {self.hidden}"
                )
        if self.rank and (self.excitatory is not None or self.density < 1):
            raise ValueError(
                "a connectivity of a given rank is the product of two matrices: Dale's law "
                "(excitatory) and missing connections (density) do not go with it"
            )
        if self.dt is not None and not 0 < self.dt <= self.tau:
            raise ValueError(
                f"a step is at most the time constant: dt={self.dt:g} ms, tau={self.tau:g} ms; "
                "give a longer tau, or make the task with a shorter dt"
            )

    @override
    def setup(self):
        self.inputs = nn.Dense(self.hidden, kernel_init=_FAN_IN)
        shape = (self.hidden, self.hidden)
        if self.rank:
            unit = nn.initializers.normal(1.0)
            self.m = self.param("m", unit, (self.hidden, self.rank), jnp.float32)
            self.n = self.param("n", unit, (self.hidden, self.rank), jnp.float32)
        else:
            self.recurrent = self.param("recurrent", self._first_weights, shape)
        if self.density < 1:
            self.connections = self.variable("fixed", "connections", self._draw_connections).value
        self.alive = self._alive()

    @override
    def drive(self, x: jax.Array) -> jax.Array:
        return self.inputs(x)

    def connectivity(self) -> Any:
        """Return W, (from, to); of a given rank, its two factors."""
        if self.rank:
            return self.n, self.m.T / self.hidden
        weights = self.recurrent
        if self.excitatory is not None:
            is_other = ~np.eye(self.hidden, dtype=bool)
            weights = jnp.abs(weights) * (self._signs()[:, None] * is_other.astype(np.float32))
        return weights * self.connections if self.density < 1 else weights

    @override
    def advance(self, connectivity: Any, h: jax.Array, drive: jax.Array) -> jax.Array:
        rates = self.rates(h)
        if self.rank:
            n, m = connectivity
            heard = (rates @ n) @ m
        else:
            heard = rates @ connectivity
        return h + self.alpha * (heard + drive - h)

    @override
    def rates(self, h: jax.Array) -> jax.Array:
        return self.alive * _ACTIVATIONS[self.activation](h)

    def _signs(self):
        return np.where(np.arange(self.hidden) < self.read_units, 1, -1).astype(np.float32)

    def _first_weights(self, key, shape):
        inputs = self.hidden * self.density
        drawn = random.standard_normal(key, shape)
        if self.excitatory is None:
            return self.spread / math.sqrt(inputs) * drawn
        # Inhibition is as strong as excitation in all, so each unit's weights are larger; the
        # absolute value of a standard normal number has the variance 1 - 2 / pi.
        excitatory, inhibitory = self.read_units, self.hidden - self.read_units
        ratio = excitatory / inhibitory
        scale = self.spread / math.sqrt((1 - 2 / math.pi) * inputs * ratio)
        return drawn * scale * np.where(self._signs() > 0, 1, ratio).astype(np.float32)[:, None]

    def _draw_connections(self):
        drawn = random.uniform(self.make_rng("params"), (self.hidden, self.hidden))
        return (drawn < self.density).astype(jnp.float32)


CELLS: dict[str, type[Cell]] = {"GRU": GRU, "LeakyRNN": LeakyRNN}


class Network(nn.Module):
    """A cell, and linear readouts of its rates; ``apply(weights, memory, ob)`` is a step of it.

    Attributes:
        cell: of what it is made.
        readouts: (name, size) of each output.
        small: names of readouts whose first weights are near 0: policies that begin undecided.
        wait_bias: first bias of output 0 of those: policies that begin by waiting, mostly.
        num_sds: outputs ``log_sd``, numbers of their own that no input changes.
        center: of observations, subtracted.
        stretch: factor that follows. Tasks show values around 0.5 that differ by a tenth; centred
            and stretched they are heard.
    """

    cell: Cell
    readouts: tuple[tuple[str, int], ...]
    small: tuple[str, ...] = ()
    wait_bias: float = 0.0
    num_sds: int = 0
    center: float = 0.5
    stretch: float = 5.0

    @override
    def setup(self):
        self.layers = {name: self._layer(name, size) for name, size in self.readouts}
        if self.num_sds:
            start = nn.initializers.constant(-0.7)  # half of the space's range
            self.log_sd = self.param("log_sd", start, (self.num_sds,), jnp.float32)

    def __call__(
        self, memory: jax.Array, ob: jax.Array, noise: jax.Array | None = None
    ) -> tuple[dict[str, jax.Array], jax.Array]:
        """Take a step.

        Args:
            memory: (..., hidden), the state before it.
            ob: (..., channels).
            noise: (..., hidden), standard normal numbers; None for none.

        Returns:
            outputs by name, (..., size) each, and the state after it.
        """
        h = self.cell.advance(self.cell.connectivity(), memory, self._drive(ob))
        h = self._with_noise(h, noise)
        return self.read(h), h

    def run(
        self,
        memory: jax.Array,
        obs: jax.Array,
        starts: jax.Array | None = None,
        noise: jax.Array | None = None,
    ) -> tuple[dict[str, jax.Array], jax.Array]:
        """Take T steps in a row.

        Args:
            memory: (N, hidden), the state before the first.
            obs: (T, N, channels).
            starts: (T, N) bool, steps before which the state is wiped; None for none.
            noise: (T, N, hidden) standard normal numbers; None for none.

        Returns:
            outputs by name, (T, N, size) each, and the states after each step, (T, N, hidden).
        """
        connectivity = self.cell.connectivity()

        def tick(h, now):
            drive, start, noise = now
            h = h if start is None else jnp.where(start[:, None], 0.0, h)
            h = self._with_noise(self.cell.advance(connectivity, h, drive), noise)
            return h, h

        _, states = jax.lax.scan(tick, memory, (self._drive(obs), starts, noise))
        return self.read(states), states

    def read(self, h: jax.Array) -> dict[str, jax.Array]:
        """Return what a state (..., hidden) puts out, by name."""
        rates = self.rates(h)[..., : self.cell.read_units]
        outputs = {name: layer(rates) for name, layer in self.layers.items()}
        if self.num_sds:
            outputs["log_sd"] = jnp.broadcast_to(self.log_sd, (*h.shape[:-1], self.num_sds))
        return outputs

    def rates(self, h: jax.Array) -> jax.Array:
        """Return the rates of units in a state."""
        return self.cell.rates(h)

    def next_state(self, h: jax.Array, ob: jax.Array) -> jax.Array:
        """Return the state after an observation, without noise and readouts."""
        return self.cell.advance(self.cell.connectivity(), h, self._drive(ob))

    def connectivity(self) -> jax.Array:
        """Return the recurrent weights as they act, (from, to); of a GRU, of its three gates."""
        found = self.cell.connectivity()
        return found[0] @ found[1] if isinstance(found, tuple) else found

    def _layer(self, name, size):
        if name not in self.small:
            return nn.Dense(size, kernel_init=_FAN_IN)

        def leaning(key, shape, dtype):
            return jnp.zeros(shape, dtype).at[0].set(self.wait_bias)

        return nn.Dense(size, kernel_init=nn.initializers.normal(0.01), bias_init=leaning)

    def _drive(self, ob):
        # With x64 what a user gives as an observation may have 64 bits, and a scan's carry has 32.
        ob = jnp.asarray(ob, jnp.float32)
        return self.cell.drive(self.stretch * (ob - self.center))

    def _with_noise(self, h, noise):
        return h if noise is None else h + np.float32(self.cell.noise_scale) * noise


def make_network(
    cell: Cell,
    env: Any,
    readouts: Mapping[str, int],
    small: tuple[str, ...] = (),
    wait_bias: float = 0.0,
    num_sds: int = 0,
) -> Network:
    """Return a network of a cell for a task, with the task's dt.

    Raises:
        ValueError: for what is no cell, or one with arguments that cannot be.
    """
    if not isinstance(cell, Cell):
        raise ValueError(f"a network is made of a cell, {' or '.join(CELLS)}, not {cell!r}")
    cell.check()
    cell = cell.with_dt(env.dt)
    cell.check()
    return Network(cell, tuple(readouts.items()), small, wait_bias, num_sds)


def init_weights(key: jax.Array, network: Network, env: Any) -> Weights:
    """Draw the weights of a network for a task."""
    channels = math.prod(env.observation_space().shape)
    memory = jnp.zeros(network.cell.hidden, jnp.float32)
    return cast(Weights, network.init(key, memory, jnp.zeros(channels, jnp.float32)))


def noise_for(network: Network, key: jax.Array, steps: tuple[int, ...]) -> jax.Array | None:
    """Return the private noise of all units at so many steps; None if there is none."""
    if network.cell.noise_scale == 0:
        return None
    return random.standard_normal(key, (*steps, network.cell.hidden))


def lesion(weights: Weights, units: Any) -> dict[str, Any]:
    """Return weights in which some units are silent: nobody hears them, and they read as 0.

    A pure function, to be vmapped over sets of units of one size.

    Args:
        weights: of a network.
        units: indices, an int or several.

    Raises:
        ValueError: for a unit that there is not.
    """
    alive = weights["fixed"]["cell"]["alive"]
    hidden = alive.shape[-1]
    if not isinstance(units, Tracer):
        given = np.atleast_1d(np.asarray(units))
        if given.dtype.kind not in "iu" or np.any((given < 0) | (given >= hidden)):
            raise ValueError(f"units are numbers from 0 to {hidden - 1}, not {units!r}")
    silent = alive.at[..., jnp.asarray(units)].set(0.0)
    fixed = {**weights["fixed"], "cell": {**weights["fixed"]["cell"], "alive": silent}}
    return {**weights, "fixed": fixed}


def cell_function(network: Network) -> Callable[[Weights, jax.Array, jax.Array], jax.Array]:
    """Return the cell of a network as ``(weights, h, x) -> h``, x an observation (..., channels).

    Without noise: the map whose fixed points, slow points and Jacobians are asked for.
    """

    @override
    def step(weights: Weights, h: jax.Array, x: jax.Array) -> jax.Array:
        return cast(jax.Array, network.apply(weights, h, x, method=Network.next_state))

    return step


def cell_config(cell: Cell) -> dict[str, Any]:
    """Return what a cell is as a dict fit for JSON, which `cell_from` reads."""
    own = {field.name for field in dataclasses.fields(cell)} - {"parent", "name"}
    return {"cell": type(cell).__name__, **{name: getattr(cell, name) for name in sorted(own)}}


def cell_from(config: Mapping[str, Any]) -> Cell:
    """Make a cell of what `cell_config` returned.

    Raises:
        ValueError: for an unknown cell or argument, with the closest match.
    """
    arguments = dict(config)
    name = arguments.pop("cell", "GRU")
    check_name("cell", name, CELLS)
    fields = {field.name for field in dataclasses.fields(CELLS[name])} - {"parent", "name"}
    for argument in arguments:
        check_name(f"argument of {name}", argument, fields)
    cell = CELLS[name](**arguments)
    cell.check()
    return cell
