"""The file of the day sheets: nobody else's to read at any moment, and never half a file under the right name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from suture.cli import sheet_file
from suture.cli.errors import WrongRequest
from suture.cli.sheet_file import write_sheets
from suture.store.private_file import private_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_the_file_is_its_owners_alone_from_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int, force: bool
) -> None:
    seen: list[tuple[str, int]] = []

    @contextmanager
    def watched(file: Path) -> Iterator[int]:
        with private_file(file) as number:
            seen.extend((p.name, mode(p)) for p in tmp_path.iterdir())
            yield number

    monkeypatch.setattr(sheet_file, "private_file", watched)
    before = os.umask(umask)
    try:
        write_sheets(tmp_path / "day.html", "x", force=force)
    finally:
        os.umask(before)
    [(name, first_mode)] = seen
    assert name != "day.html" and first_mode == 0o600
    assert [(p.name, mode(p), p.read_text()) for p in tmp_path.iterdir()] == [("day.html", 0o600, "x")]


def test_an_existing_file_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "day.html"
    path.write_text("old")
    path.chmod(0o644)
    with pytest.raises(WrongRequest, match=r"day\.html exists already.*--force"):
        write_sheets(path, "new", force=False)
    assert (path.read_text(), mode(path)) == ("old", 0o644)
    write_sheets(path, "new", force=True)
    assert [(p.name, mode(p), p.read_text()) for p in tmp_path.iterdir()] == [("day.html", 0o600, "new")]


@pytest.mark.parametrize("force", [False, True])
def test_only_a_regular_file_is_ever_replaced(tmp_path: Path, force: bool) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "dangling", "pipe", "folder"):
        with pytest.raises(WrongRequest, match=f"{name} is not a regular file"):
            write_sheets(tmp_path / name, "new", force=force)
    assert target.read_text() == "kept"


@pytest.mark.parametrize("force", [False, True])
def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, force: bool) -> None:
    with pytest.raises(WrongRequest, match=r"/nowhere/day\.html cannot be written: No such file or directory\."):
        write_sheets(tmp_path / "nowhere" / "day.html", "x", force=force)


@pytest.mark.parametrize("force", [False, True])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WrongRequest, match=r"day\.html cannot be written: No space left on device\."):
        write_sheets(tmp_path / "day.html", "x", force=force)
    assert list(tmp_path.iterdir()) == []
