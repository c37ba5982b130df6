"""The program as a process of its own: what leaves quietly, what completes, what is coloured."""

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-m", "jaxgym_neuro"]


def environment(**changes):
    return {**os.environ, "COLUMNS": "80", **changes}


def test_a_reader_that_goes_away_ends_it_quietly():
    for arguments in (["list"], ["list", "--json"], ["list", "--ids"]):
        with subprocess.Popen(
            [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait() == 141


def test_being_stopped_ends_it_quietly():
    code = """
import os, signal
from jaxgym_neuro import cli, registry
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background of a shell
registry.registered_tasks = lambda tag=None: os.kill(os.getpid(), signal.SIGINT)
raise SystemExit(cli.main(["list"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, b"", b"")


def in_terminal(arguments, **changes):
    """Run the program in a terminal; return what it wrote there."""
    pty = pytest.importorskip("pty", reason="there are no terminals of this kind")
    ours, theirs = pty.openpty()
    env = environment(TERM="xterm-256color", **changes)
    with subprocess.Popen([*PROGRAM, *arguments], stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the end of it, on Linux
                break
            if not part:
                break
            written += part
    os.close(ours)
    assert process.returncode == 0
    return written.decode()


def test_a_terminal_has_colours_unless_they_are_not_wanted():
    arguments = ["show", "ContextSwitch-v0", "--no-trial"]
    assert "\x1b[36m" in in_terminal(arguments)  # code, in cyan
    assert "\x1b[36m" not in in_terminal(arguments, NO_COLOR="1")


def completed(words):
    """Return what bash offers for the last of the words."""
    lines = f"""
eval "$({sys.executable} -m jaxgym_neuro completion bash)"
COMP_WORDS=({" ".join(words)})
COMP_CWORD={len(words) - 1}
_shtab_jaxgym_neuro 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=True)
    return [one.strip() for one in done.stdout.split()]


def test_bash_completes_commands_options_and_ids():
    assert completed(["jaxgym-neuro", "sho"]) == ["show"]
    assert completed(["jaxgym-neuro", "show", "GoN"]) == ["GoNogo-v0"]
    assert completed(["jaxgym-neuro", "list", "--para"]) == ["--paradigm"]
    assert completed(["jaxgym-neuro", "list", "--paradigm", "inh"]) == ["inhibition"]
    assert completed(["jaxgym-neuro", "list", "--tag", "working"]) == ["working-memory"]
