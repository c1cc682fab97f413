"""What only a folder can do: private files, crashes of the process that writes, disks that say no."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cspctl.errors import Locked
from cspctl.storage import Holder, at
from cspctl.storage.trouble import StorageError
from tests.storage.conftest import NOW, Site
from tests.storage.emulator import ROOT

ME = Holder("berta", "laptop", 7, NOW)


@pytest.mark.skipif(os.name == "nt", reason="POSIX rights")
def test_only_its_owner_may_read_anything(folder: Site) -> None:
    kept = folder.open()
    kept.write("a/inventory.json", b"{}", None)
    kept.append("a/1.jsonl", b"x\n")
    kept.append("unlocks.jsonl", b"x\n")
    with kept.lock("a", ME):
        paths = [Path(folder.place), *Path(folder.place).rglob("*")]
        rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert len(rights) == 8
    assert rights.pop("kept") == rights.pop("a") == 0o700
    assert set(rights.values()) == {0o600}


def test_what_a_killed_run_has_left_of_a_line_spoils_no_other(folder: Site) -> None:
    kept = folder.open()
    kept.append("a/1.jsonl", b"one\n")
    path = Path(folder.place, "a", "1.jsonl")
    path.write_bytes(path.read_bytes() + b"tw")
    kept.append("a/1.jsonl", b"three\n")
    assert path.read_bytes() == b"one\ntw\nthree\n"


WRITER = """
import sys
from cspctl.storage import at
kept = at(sys.argv[1])
print("begun", flush=True)
while True:
    for letter in (b"a", b"b"):
        there = kept.read("x/inventory.json")
        kept.write("x/inventory.json", letter * 500_000, there.etag if there else None)
"""


def test_a_document_is_whole_whenever_its_writer_is_killed(folder: Site) -> None:
    for number in range(6):
        command = [sys.executable, "-c", WRITER, folder.place]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.05 + number * 0.013)
            process.send_signal(signal.SIGKILL)
    kept = folder.open()
    stored = kept.read("x/inventory.json")
    assert stored is not None
    assert stored.data in (b"a" * 500_000, b"b" * 500_000)
    kept.write("x/inventory.json", b"", stored.etag)
    assert [path.name for path in Path(folder.place, "x").iterdir()] == ["inventory.json"]  # nothing half written


FULL = """
import resource, signal, sys
from cspctl.storage import at
from cspctl.storage.trouble import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
kept = at(sys.argv[1])
kept.append("a/1.jsonl", b"x" * 29 + b"\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
for number in range(9):
    try:
        kept.append("a/1.jsonl", b"y" * 29 + b"\\n")
    except StorageError as error:
        print(number, error)
        break
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_on_a_full_disk_a_line_is_there_wholly_or_not(folder: Site) -> None:
    ran = subprocess.run([sys.executable, "-c", FULL, folder.place], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.startswith("2 "), ran.stderr
    assert "cannot be kept" in ran.stdout
    assert Path(folder.place, "a", "1.jsonl").read_bytes() == b"x" * 29 + b"\n" + (b"y" * 29 + b"\n") * 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="right to write"):
        at(tmp_path / "kept").ready(writing=True)


def test_a_file_where_the_folder_should_be_is_explained(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    kept = at(tmp_path / "kept")
    for act in (
        lambda: kept.ready(writing=False),
        lambda: kept.ready(writing=True),
        lambda: kept.write("a/b", b"", None),
        lambda: kept.append("a/b", b"\n"),
        lambda: kept.lock("a", ME),
    ):
        with pytest.raises(StorageError, match=r"cannot be kept here") as caught:
            act()
        assert "move it away" in str(caught.value)


def test_a_live_holder_keeps_its_lock_unless_it_is_forced(folder: Site) -> None:
    kept = folder.open()
    with kept.lock("a", ME) as lock:
        with pytest.raises(Locked, match="its process is alive"):
            kept.unlock("a", "impatience", ME)
        assert not lock.lost()
    assert kept.read("unlocks.jsonl") is None


@pytest.mark.parametrize("told", [b"", b"[]", b"{", b'{"pid": {}}', b"[" * 9999])
def test_a_lock_is_told_of_although_its_holder_cannot_be_read(folder: Site, told: bytes) -> None:
    kept = folder.open()
    with kept.lock("a", ME):
        Path(folder.place, "a", ".lock.json").write_bytes(told)
        with pytest.raises(Locked, match="somebody who has not said who"):
            kept.lock("a", ME)


def test_looking_makes_nothing(tmp_path: Path) -> None:
    kept = at(tmp_path / "kept")
    kept.ready(writing=False)
    assert kept.read("a/b") is None
    assert kept.unlock("a", "a test", ME) is None
    assert list(tmp_path.iterdir()) == []


def test_blob_storage_is_imported_only_where_it_is_used(tmp_path: Path) -> None:
    code = "import sys; from cspctl import storage; storage.at(sys.argv[1]).names(); print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not [name for name in ran.stdout.split() if name.startswith(("azure", "requests"))]
