"""Files that hold patients' data: nobody else's to read at any moment, and never half a file under the right name."""

import os
from pathlib import Path

import pytest

from suture.cli.errors import WrongRequest
from suture.cli.private_file import private_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_a_file_is_its_owners_alone_from_the_first_byte(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with private_file(tmp_path / "sheet.html", replace=False) as file:
            file.write(b"x")
            file.flush()
            [unfinished] = tmp_path.iterdir()
            assert unfinished.name != "sheet.html" and mode(unfinished) == 0o600
    finally:
        os.umask(before)
    assert [p.name for p in tmp_path.iterdir()] == ["sheet.html"]
    assert mode(tmp_path / "sheet.html") == 0o600


def test_an_existing_file_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    path.write_text("old")
    path.chmod(0o644)
    with pytest.raises(WrongRequest, match=r"sheet\.html exists already.*--force"), private_file(path, replace=False):
        raise AssertionError
    assert path.read_text() == "old"
    with private_file(path, replace=True) as file:
        file.write(b"new")
    assert (path.read_text(), mode(path)) == ("new", 0o600)


def test_a_file_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    with pytest.raises(WrongRequest, match="exists already"), private_file(path, replace=False) as file:
        file.write(b"mine")
        path.write_text("somebody else's")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["somebody else's"]


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), private_file(tmp_path / "sheet.html", replace=False):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("replace", [False, True])
def test_only_a_regular_file_is_ever_replaced(tmp_path: Path, replace: bool) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "dangling", "pipe"):
        with (
            pytest.raises(WrongRequest, match=f"{name} is not a regular file"),
            private_file(tmp_path / name, replace=replace),
        ):
            raise AssertionError
    assert target.read_text() == "kept"


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "sheet.html"
    with (
        pytest.raises(WrongRequest, match=r"sheet\.html cannot be written: No such file or directory\."),
        private_file(path, replace=False),
    ):
        raise AssertionError
