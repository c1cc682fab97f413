"""What every storage promises, on a folder and on Azure Blob Storage alike."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cspctl.errors import EXIT_LOCKED, BadInput, Locked
from cspctl.storage import UNLOCKS, Holder, Storage, Stored
from cspctl.storage.trouble import LockLost, Stale
from tests.storage.conftest import NOW, Site

ME = Holder("berta", "laptop", 7, NOW, "run-1")
NAME = "fourth-coffee/inventory.json"


def data_of(stored: Stored | None) -> bytes:
    assert stored is not None
    return stored.data


def test_nothing_is_there_at_first(kept: Storage) -> None:
    kept.ready(writing=False)
    assert kept.read(NAME) is None
    assert kept.names() == []


def test_being_ready_leaves_nothing_behind(kept: Storage) -> None:
    kept.ready(writing=True)
    assert kept.names() == []
    kept.ready(writing=True)


def test_what_is_written_is_read_by_everybody(site: Site) -> None:
    etag = site.open().write(NAME, b"\x00one\xff", None)
    assert site.open().read(NAME) == (b"\x00one\xff", etag)


def test_each_writing_changes_the_tag(kept: Storage) -> None:
    first = kept.write(NAME, b"one", None)
    assert kept.write(NAME, b"two", first) != first
    assert data_of(kept.read(NAME)) == b"two"


@pytest.mark.parametrize("known", ["of before", "none", "of nothing"])
def test_what_somebody_else_has_written_is_not_lost(site: Site, known: str) -> None:
    kept = site.open()
    old = kept.write(NAME, b"one", None)
    kept.write(NAME, b"two", old)
    with pytest.raises(Stale, match="somebody else"):
        site.open().write(NAME, b"three", {"of before": old, "none": None, "of nothing": '"0x0"'}[known])
    assert data_of(kept.read(NAME)) == b"two"


def test_what_somebody_has_removed_is_not_written_again(kept: Storage) -> None:
    etag = kept.write(NAME, b"one", None)
    kept.remove(NAME)
    kept.remove(NAME)
    with pytest.raises(Stale):
        kept.write(NAME, b"two", etag)
    assert kept.names() == []


def test_lines_are_added_at_the_end(site: Site) -> None:
    kept = site.open()
    kept.append("a/1.jsonl", b"one\n")
    kept.append("a/1.jsonl", b"two\nthree\n")
    site.open().append("a/1.jsonl", b"four\n")
    kept.append("a/1.jsonl", b"five\n")
    assert data_of(kept.read("a/1.jsonl")) == b"one\ntwo\nthree\nfour\nfive\n"


def test_half_a_line_is_not_appended(kept: Storage) -> None:
    with pytest.raises(ValueError, match="whole lines"):
        kept.append("a/1.jsonl", b"one\ntwo")
    assert kept.read("a/1.jsonl") is None


def test_names_come_in_order_and_by_their_beginning(kept: Storage) -> None:
    for name in ("b/2.jsonl", "a/2.jsonl", "a/1.jsonl"):
        kept.append(name, b"x\n")
    kept.write("a/inventory.json", b"{}", None)
    with kept.lock("a", ME):
        assert kept.names() == ["a/1.jsonl", "a/2.jsonl", "a/inventory.json", "b/2.jsonl"]
    assert kept.names("a/") == ["a/1.jsonl", "a/2.jsonl", "a/inventory.json"]
    assert kept.names("c/") == []


@pytest.mark.parametrize("name", ["", "/a", "a/", "../a", "a/../b", ".lock", "a//b", "a\\b", "a\x00", "a b"])
def test_a_name_never_leads_elsewhere(kept: Storage, name: str) -> None:
    for act in (kept.read, kept.remove, lambda name: kept.write(name, b"", None)):
        with pytest.raises(ValueError, match="not a name"):
            act(name)


def test_writers_in_several_processes_lose_nothing_of_each_other(site: Site) -> None:
    processes = [site.process("count", "a/number", "10") for _ in range(3)]
    for process in processes:
        assert process.wait(60) == 0, process.communicate()[1]
    assert data_of(site.open().read("a/number")) == b"30"


def test_lines_of_several_processes_and_threads_stay_whole(site: Site) -> None:
    kept = site.open()
    processes = [site.process("append", "a/log.jsonl", f"p{n}", "15") for n in range(2)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: kept.append("a/log.jsonl", f"t {n}\n".encode()), range(20)))
    for process in processes:
        assert process.wait(60) == 0, process.communicate()[1]
    lines = data_of(kept.read("a/log.jsonl")).decode().splitlines()
    assert sorted(lines) == sorted([f"t {n}" for n in range(20)] + [f"p{p} {n}" for p in (0, 1) for n in range(15)])
    assert [line for line in lines if line.startswith("p0")] == [f"p0 {n}" for n in range(15)]


def held(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n", process.communicate()[1]


def test_the_second_of_two_processes_is_told_who_holds_the_lock_and_since_when(site: Site) -> None:
    first = site.process("hold", "fourth-coffee")
    held(first)
    second = site.process("hold", "fourth-coffee")
    assert second.wait(30) == EXIT_LOCKED
    assert second.stderr is not None
    said = second.stderr.read()
    assert f"fourth-coffee is locked by anna on build-7 (process {first.pid}) since 2026-11-20 12:00:00 UTC" in said
    assert "cspctl unlock fourth-coffee --reason" in said
    with site.open().lock("tailspin", ME):  # another customer is another lock
        assert first.communicate("\n", timeout=30)[0] == "still held\n"
    with site.open().lock("fourth-coffee", ME) as lock:
        assert not lock.lost()
        lock.check()


def test_in_a_folder_a_killed_holder_holds_nobody_up(folder: Site) -> None:
    process = folder.process("hold", "fourth-coffee")
    held(process)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    with folder.open().lock("fourth-coffee", ME) as lock:
        lock.check()


def test_a_killed_holders_lock_can_be_broken_before(site: Site) -> None:
    process = site.process("hold", "fourth-coffee")
    held(process)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    kept = site.open()
    broken = kept.unlock("fourth-coffee", "its machine is gone", ME)
    assert broken is not None
    assert (broken.who, broken.host, broken.pid, broken.since) == ("anna", "build-7", process.pid, NOW)
    with kept.lock("fourth-coffee", ME):
        pass
    (line,) = data_of(kept.read(UNLOCKS)).splitlines()
    audit = json.loads(line)
    assert (audit["customer"], audit["reason"], audit["time"]) == (
        "fourth-coffee",
        "its machine is gone",
        NOW.isoformat(),
    )
    assert (audit["by"]["who"], audit["holder"]["who"], audit["holder"]["host"]) == ("berta", "anna", "build-7")


def test_a_run_whose_lock_is_broken_notices_and_does_not_disturb_the_next(site: Site) -> None:
    kept = site.open()
    with kept.lock("fourth-coffee", ME) as lock:
        assert kept.unlock("fourth-coffee", "by mistake", ME, force=True) is not None
        with kept.lock("fourth-coffee", Holder("carla", since=NOW)) as second:
            with pytest.raises(LockLost, match="lock"):
                lock.check()
            assert lock.lost()
            lock.__exit__(None, None, None)
            assert not second.lost()
            second.check()
            with pytest.raises(Locked, match="carla"):
                site.open().lock("fourth-coffee", ME)


def test_there_is_nothing_to_break_where_nobody_holds(site: Site) -> None:
    kept = site.open()
    assert kept.unlock("fourth-coffee", "to be sure", ME) is None
    with kept.lock("fourth-coffee", ME):
        pass
    assert kept.unlock("fourth-coffee", "to be sure", ME) is None
    assert kept.read(UNLOCKS) is None


def test_a_lock_is_broken_only_with_a_reason(site: Site) -> None:
    kept = site.open()
    with kept.lock("fourth-coffee", ME) as lock:
        with pytest.raises(BadInput, match="reason"):
            kept.unlock("fourth-coffee", " ", ME, force=True)
        lock.check()


def test_whoever_holds_is_told_as_he_is_called(site: Site) -> None:
    kept = site.open()
    with kept.lock("-", Holder("Åsa Öberg\n✓", "büro", 1, NOW + timedelta(hours=1), "run")):
        with pytest.raises(Locked) as caught:
            kept.lock("-", ME)
    assert "partner is locked by Åsa Öberg" in str(caught.value)
    assert "13:00:00 UTC" in str(caught.value)


def test_of_many_who_want_a_lock_at_once_one_gets_it(site: Site) -> None:
    def attempt(_: int) -> bool:
        kept = site.open()
        try:
            locks.append(kept.lock("fourth-coffee", ME))
        except Locked:
            return False
        return True

    locks: list[object] = []
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, range(6))) == [False] * 5 + [True]
    for lock in locks:
        lock.__exit__(None, None, None)  # type: ignore[attr-defined]


def test_this_process_can_say_who_it_is() -> None:
    holder = Holder.here(NOW, "run-1")
    assert (holder.pid, holder.since, holder.run) == (os.getpid(), NOW, "run-1")
    assert holder.who
    assert holder.host
    assert Holder.from_json(holder.as_json()) == holder
    assert str(Holder.from_json({"pid": "x" * 3, "since": "yesterday"})) == "somebody who has not said who"
