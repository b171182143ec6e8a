"""A private file: 0600 from its first byte, never half there, and never in place of another."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from suture.store.private_file import FileRefused, private_file


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_only_its_owner_may_read_it_from_the_first_byte_on(tmp_path: Path, umask: None) -> None:
    with private_file(tmp_path / "backup") as handle:
        [unfinished] = tmp_path.iterdir()
        assert unfinished.name != "backup" and mode(unfinished) == 0o600
        os.write(handle, b"patients")
    assert [f.name for f in tmp_path.iterdir()] == ["backup"]
    assert mode(tmp_path / "backup") == 0o600 and (tmp_path / "backup").read_bytes() == b"patients"


def test_what_failed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), private_file(tmp_path / "backup"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "make", [Path.touch, lambda f: f.symlink_to("nowhere"), Path.mkdir], ids=["file", "link", "dir"]
)
def test_what_is_there_stays(tmp_path: Path, make) -> None:
    make(tmp_path / "backup")
    with pytest.raises(FileRefused, match="is there already"), private_file(tmp_path / "backup"):
        raise AssertionError("it was opened")


def test_what_came_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "backup"
    with pytest.raises(FileRefused, match="meanwhile"), private_file(file):
        file.write_text("someone else's")
    assert [f.read_text() for f in tmp_path.iterdir()] == ["someone else's"]


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    with private_file(tmp_path / "backup") as handle:
        os.write(handle, b"whole")
    assert [(f.name, mode(f), f.read_bytes()) for f in tmp_path.iterdir()] == [("backup", 0o600, b"whole")]


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(FileRefused, match=r"no/backup cannot be written: No such file"),
        private_file(tmp_path / "no" / "backup"),
    ):
        raise AssertionError("it was opened")
