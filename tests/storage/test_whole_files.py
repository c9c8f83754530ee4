"""A disk that is full for a moment costs that moment: no beginning of a file stays in the way."""

import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from clinic.storage import private, tasks, whole
from tests.disk import full_after

DATA = bytes(range(256)) * 80
HALF = 12_288
PDF = "application/pdf"


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Where the private files lie."""
    settings.STORAGES = settings.STORAGES | {
        "private": {
            "BACKEND": "clinic.storage.folder.FolderStorage",
            "OPTIONS": {"location": str(tmp_path), "base_url": None},
        }
    }
    return tmp_path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def lie_there(folder: Path, key: str, data: bytes) -> None:
    """Something that an earlier version of the product, or a power failure, has left."""
    (folder / key).parent.mkdir(parents=True)
    (folder / key).write_bytes(data)


@pytest.mark.parametrize("size", [0, HALF])
def test_a_full_disk_leaves_nothing_and_the_next_try_succeeds(folder: Path, size: int) -> None:
    key = private.new_key("invoices", ".pdf")

    with full_after(size), pytest.raises(OSError, match="File too large"):
        private.put(key, DATA, PDF)

    assert files(folder) == []
    private.put(key, DATA, PDF)
    assert private.get(key) == DATA
    assert files(folder) == [folder / key]


@pytest.mark.parametrize("left", [b"", DATA[:HALF]], ids=["nothing", "its beginning"])
def test_the_beginning_of_a_file_is_replaced_by_the_whole(folder: Path, left: bytes) -> None:
    key = private.new_key("invoices", ".pdf")
    lie_there(folder, key, left)

    private.put(key, DATA, PDF)

    assert private.get(key) == DATA


def test_what_doesn_t_match_the_digest_in_its_key_is_replaced(folder: Path) -> None:
    key = f"invoices/ab/{hashlib.sha256(DATA).hexdigest()}.pdf"
    lie_there(folder, key, bytes(len(DATA)))

    private.put(key, DATA, PDF)

    assert private.get(key) == DATA


def test_of_several_who_write_the_same_file_one_does(folder: Path) -> None:
    key = private.new_key("invoices", ".pdf")

    def put(number: int) -> int | None:
        try:
            private.put(key, DATA + bytes([number]), PDF)
        except FileExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as writers:
        (winner,) = [number for number in writers.map(put, range(8)) if number is not None]

    assert private.get(key) == DATA + bytes([winner])
    assert files(folder) == [folder / key]


def test_what_a_killed_writer_left_is_no_file_and_swept_after_an_hour(folder: Path) -> None:
    # given: a process that was killed between two pieces
    target = folder / "faces" / "ab" / "face.jpg"
    target.parent.mkdir(parents=True)
    program = (
        "import os, pathlib, sys; from clinic.storage import whole\n"
        "with whole.written(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'half a face'); file.flush(); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(target)], check=False)
    assert killed.returncode == -9
    (left,) = files(folder)
    assert not private.exists("faces/ab/face.jpg")

    # when, then: what may still be written stays, and what is an hour old goes
    tasks.sweep()
    assert files(folder) == [left]
    ago = time.time() - whole.FORGOTTEN_SECONDS - 1
    os.utime(left, (ago, ago))
    tasks.sweep()
    assert files(folder) == []


def test_what_vanishes_while_it_is_swept_is_no_error(tmp_path: Path) -> None:
    ago = time.time() - whole.FORGOTTEN_SECONDS - 1
    for number in range(400):
        left = tmp_path / f".{number}{whole.UNFINISHED}"
        left.touch()
        os.utime(left, (ago, ago))

    with ThreadPoolExecutor(4) as sweepers:
        removed = list(sweepers.map(whole.sweep, [tmp_path] * 4))

    assert sum(removed) == 400
    assert files(tmp_path) == []
