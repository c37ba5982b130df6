"""Files in folders: whole, whoever reads them and whenever the process that writes them ends."""

from pathlib import Path

import pytest

from jaxgym_neuro.support.folders import write_whole


def test_a_file_is_as_it_was_until_the_new_one_is_whole(tmp_path, monkeypatch):
    file = tmp_path / "training.json"
    write_whole(file, "old")
    seen = []

    def killed(path, target):
        seen.append((path.read_text(), file.read_text()))
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_whole(file, "new")
    assert seen == [("new", "old")]
    assert file.read_text() == "old"
    monkeypatch.undo()
    write_whole(str(file), "new")
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]
