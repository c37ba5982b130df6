"""The table of memory is of the tasks that were asked for, and counts what their states take."""

import json

import jaxgym_neuro as jgn
from jaxgym_neuro import cli


def said_by(capsys, *line, status=0):
    assert cli.main(["bench", "memory", *line]) == status
    said = capsys.readouterr()
    return said.err if status else said.out


def test_bytes_of_one_and_of_many_are_told(capsys):
    line = ["GoNogo-v0", "Bandit-v0", "--num-envs", "4096"]
    said = json.loads(said_by(capsys, *line, "--json"))
    assert said["num_envs"] == 4096
    assert [row["id"] for row in said["tasks"]] == ["GoNogo-v0", "Bandit-v0"]
    row = said["tasks"][0]
    size = jgn.state_bytes("GoNogo-v0")
    assert (row["ob"], row["gt"], row["total"]) == (size.ob, size.gt, size.total)
    assert row["all"] == 4096 * size.total
    table = said_by(capsys, *line)
    assert "N = 4,096" in table
    assert "1.1 MiB" in table  # 4,096 times 292 bytes


def test_what_is_asked_wrongly_is_told(capsys):
    assert "at least 1, not 0" in said_by(capsys, "--num-envs", "0", status=2)
    assert "did you mean 'GoNogo-v0'" in said_by(capsys, "GoNoGo-v0", status=2)
