"""The benchmark of a device counts kernels, knows when to stop, and writes where it is told."""

import json

import jax
import jax.numpy as jnp
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import cli
from jaxgym_neuro.bench import device, device_tables
from jaxgym_neuro.bench.device import Speed, Stop
from jaxgym_neuro.bench.device_tables import Measured
from jaxgym_neuro.bench.kernels import Kernels, kernels_of_turn

PROGRAM = """
HloModule jit_scan

%fused (a: f32[4]) -> f32[4] {
  %a = f32[4]{0} parameter(0)
  ROOT %add = f32[4]{0} add(%a, %a)
}

%inner.turn (b: (s32[], f32[4])) -> (s32[], f32[4]) {
  %b = (s32[], f32[4]{0}) parameter(0)
  %x = f32[4]{0} get-tuple-element(%b), index=1
  %one = f32[4]{0} fusion(%x), kind=kLoop, calls=%fused
  ROOT %both = (s32[], f32[4]{0}) tuple(%c, %one)
}

%parallel (d: f32[4]) -> f32[4] {
  %d = f32[4]{0} parameter(0)
  %first = f32[4]{0} fusion(%d), kind=kLoop, calls=%fused
  ROOT %second = f32[4]{0} copy(%first)
}

%turn (e: (s32[], /*index=1*/f32[4])) -> (s32[], f32[4]) {
  %e = (s32[], f32[4]{0}) parameter(0)
  %y = f32[4]{0} get-tuple-element(%e), index=1
  %called = f32[4]{0} call(%y), to_apply=%parallel
  %library = (f32[4]{0}, s8[0]{0}) custom-call(%called), custom_call_target="cublas"
  %loop = (s32[], f32[4]{0}) while(%start), condition=%goes.on, body=%inner.turn
  ROOT %end = (s32[], f32[4]{0}) tuple(%n, %called)
}

ENTRY %main (f: f32[4]) -> f32[4] {
  %f = f32[4]{0} parameter(0)
  %before = f32[4]{0} fusion(%f), kind=kLoop, calls=%fused
  %scan = (s32[], f32[4]{0}) while(%made), condition=%more, body=%turn
  ROOT %result = f32[4]{0} get-tuple-element(%scan), index=1
}
"""


def test_kernels_of_a_turn_are_counted_through_calls_and_apart_from_loops_within():
    assert kernels_of_turn(PROGRAM) == Kernels(1, loops=1, custom_calls=1, others=1, in_loops=1)
    assert kernels_of_turn(PROGRAM).total == 4


def test_the_text_of_a_program_that_xla_writes_is_understood():
    def body(x, _):
        y = jax.lax.while_loop(lambda y: y[0] < 9, lambda y: jnp.sin(y) + 1, x)
        return jnp.cos(y), None

    def scan(x):
        return jax.lax.scan(body, x, None, length=7)[0]

    text = jax.jit(scan).lower(jnp.zeros(3, jnp.float32)).compile().as_text()
    found = kernels_of_turn(text)
    assert found.loops == 1
    assert found.total >= 2
    with pytest.raises(ValueError, match="no loop"):
        kernels_of_turn(jax.jit(jnp.sin).lower(jnp.float32(1)).compile().as_text())


def test_the_least_that_a_step_moves_is_a_row_and_its_share_of_the_trial():
    env = jgn.make("PerceptualDecisionMaking-v0")[0]
    size = jgn.state_bytes(env)
    row = 3 * 4 + 4  # what is seen, and the ground truth
    expected = row + 3 * 4 + 4 + 4 + 2 * 12 + size.trial / 20
    assert device.least_bytes(env, 20) == pytest.approx(expected)


def small():
    return jgn.make("Null-v0", timing={"wait": 200})[0]


@pytest.fixture
def one_task(monkeypatch):
    monkeypatch.setattr(device, "TASKS", {"small": small})
    monkeypatch.setattr(device, "_STEPS", 4)
    monkeypatch.setattr(device, "_COPIED", 2**16)


def test_sizes_grow_until_there_is_no_room(one_task, monkeypatch):
    size = jgn.state_bytes(small())
    monkeypatch.setattr(device, "device_bytes", lambda: 16 * 2 * (size.total + 4))
    speed, again, stop = device.speeds(1e9, sizes=(4, 16, 17))
    assert (speed.num_envs, again.num_envs) == (4, 16)
    assert stop == Stop("small", 17, "memory")
    assert speed.share == pytest.approx(speed.bytes_per_step / speed.ns_per_step)
    assert speed.kernels.total > 0


@pytest.mark.parametrize(
    "words",
    [
        "RESOURCE_EXHAUSTED: out of memory",
        "INTERNAL: Error dispatching computation: Out of memory allocating 27301293168 bytes.",
    ],
)
def test_what_the_device_finds_no_room_for_ends_the_sizes(one_task, monkeypatch, words):
    def fails(*_):
        raise jax.errors.JaxRuntimeError(words)

    monkeypatch.setattr(device, "Case", fails)
    assert list(device.speeds(1e9, sizes=(4, 16))) == [Stop("small", 4, "memory")]


def test_nothing_begins_that_the_time_is_too_short_for(one_task):
    *_, stop = device.speeds(1e9, minutes=1e-3, sizes=(4, 16, 64))
    assert stop.reason == "time"
    assert stop.num_envs < 64


def measured(platform, ns):
    kernels = Kernels(3, 1, 0, 2, 5)
    found = [Speed("small", 4, ns, 1.5, 60, 0.125, kernels), Stop("small", 16, "time")]
    return Measured({"platform": platform, "jax": "1", "XLA_FLAGS": ""}, 2e9, found)


def test_a_part_of_a_page_is_written_anew_and_those_of_other_platforms_stay(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Words\n")
    for platform, ns in (("cpu", 50), ("gpu", 7), ("cpu", 80)):
        device_tables.write_into(page, measured(platform, ns))
    text = page.read_text()
    assert text.startswith("# Words\n<!-- Made by: python -m jaxgym_neuro bench device")
    assert text.count("| task | N |") == 4
    assert text.index("| small | 4 | 12 | 80 | 60 | 12 % | 2 |") < text.index("jax 1. A", 400)
    assert "| small | 4 | 143 | 7 | 60 | 12 % | 2 |" in text
    assert "| small | 16 | no time |  |  |  |  |" in text
    assert "| small | 4 | 3 | 1 | 0 | 2 | 5 |" in text
    assert "| 50 |" not in text
    assert text.count("platform cpu, jax 1. A copy moves 2 GB/s.") == 1


def test_the_command_measures_and_writes(one_task, tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    page.write_text("")
    monkeypatch.setattr(device.speeds, "__defaults__", (device.MINUTES, (4,)))
    options = ["--minutes", "0.1", "--write", str(page), "--json"]
    assert cli.main(["bench", "device", *options]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["found"][0]["num_envs"] == 4
    assert said["machine"]["jax"] == jax.__version__
    assert said["bandwidth"] > 0
    assert "| small | 4 |" in page.read_text()


def test_the_command_prints_both_tables(monkeypatch, capsys):
    found = measured("cpu", 80).found
    monkeypatch.setattr(device, "speeds", lambda bandwidth, minutes: iter(found))
    monkeypatch.setattr(device_tables, "copy_bandwidth", lambda: 2e9)
    assert cli.main(["bench", "device"]) == 0
    said = capsys.readouterr()
    assert "A copy moves 2 GB/s" in said.out
    assert "no time" in said.out
    assert "in loops" in said.out
    assert said.err.splitlines()[0] == "small, N = 4: 80 ns per step"


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--write", "none.md"], "there is no page"), (["--minutes", "0"], "above 0")],
)
def test_what_is_asked_wrongly_is_told_before_time_is_spent(options, words, capsys):
    assert cli.main(["bench", "device", *options]) == 2
    assert words in capsys.readouterr().err
