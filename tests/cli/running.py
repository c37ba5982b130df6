"""What tests of the command line share."""

from jaxgym_neuro import cli

WIDTHS = (60, 100, 200)


def run(capsys, *arguments, status=0):
    """Run a command in this process; return what it wrote, without a terminal's colours."""
    try:
        returned = cli.main([str(one) for one in arguments])
    except SystemExit as end:
        returned = end.code
    said = capsys.readouterr()
    assert returned == status, said.err
    assert "\x1b" not in said.out
    return said


def refused(capsys, *arguments):
    """Run a command that is refused; return the line that says why."""
    said = run(capsys, *arguments, status=2)
    (line,) = said.err.splitlines()
    assert said.out == ""
    return line
