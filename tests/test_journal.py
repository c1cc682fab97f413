"""The journal: what it adds up to, where it lives, and that no line of it is trusted blindly."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspctl import storage
from cspctl.errors import BadInput, CspctlError
from cspctl.journal import Journal
from cspctl.record import Record
from cspctl.resource import Key, Operation

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAN, CUSTOMER = Key("fourth-coffee", "AzurePlan", "azure"), Key("-", "Customer", "fourth-coffee")
OPERATION = Operation("https://management.azure.com/operations/1", "tenant", "poll", "/x", 5.0)


def test_nothing_was_written_means_nothing_is_known(tmp_path: Path) -> None:
    assert Journal(storage.at(tmp_path / "nowhere")).records() == {}


def test_an_announced_change_is_open_under_its_request_id(tmp_path: Path) -> None:
    request_id = Journal(storage.at(tmp_path)).intent(PLAN, "create", "digest", NOW)
    record = Journal(storage.at(tmp_path)).records()[PLAN]
    assert (record.open, record.action, record.request_id, record.since) == (True, "create", request_id, NOW)


def test_an_operation_survives_word_for_word(tmp_path: Path) -> None:
    journal = Journal(storage.at(tmp_path))
    journal.intent(PLAN, "create", "digest", NOW)
    journal.operation(PLAN, OPERATION, NOW)
    record = Journal(storage.at(tmp_path)).records()[PLAN]
    assert record.operation == OPERATION
    assert record.open


def test_what_is_done_is_known_by_its_id_until_it_is_deleted(tmp_path: Path) -> None:
    journal = Journal(storage.at(tmp_path))
    journal.done(PLAN, "create", "/id", NOW)
    assert journal.records()[PLAN].id == "/id"
    journal.done(PLAN, "delete", "/id", NOW)
    assert journal.records()[PLAN].id == ""


events = st.lists(st.sampled_from(["intent", "operation", "failed", "create", "update", "delete"]), max_size=8)


@given(events)
def test_any_history_leaves_open_exactly_what_was_announced_and_not_ended(history: list[str]) -> None:
    record = Record(PLAN)
    opened, operation, known = False, False, ""
    for number, event in enumerate(history):
        record = record.after(entry_of(event, number))
        opened = event == "intent" or (opened and event == "operation")
        operation = event == "operation"
        if event in ("create", "update"):
            known = f"/id/{number}"
        elif event == "delete":
            known = ""
    assert (record.open, record.operation is not None, record.id) == (opened, operation, known)


def entry_of(event: str, number: int) -> dict[str, Any]:
    if event == "intent":
        return {"event": "intent", "time": NOW.isoformat(), "action": "create", "requestId": "r", "digest": "d"}
    if event == "operation":
        return {"event": "operation", "operation": OPERATION.as_json()}
    if event == "failed":
        return {"event": "failed", "reason": "409"}
    return {"event": "done", "action": event, "id": f"/id/{number}"}


def test_a_customer_has_a_folder_of_its_own_and_so_has_the_partner(tmp_path: Path) -> None:
    journal = Journal(storage.at(tmp_path))
    for key in (PLAN, CUSTOMER, Key("-", "PartnerProfile", "us")):
        journal.done(key, "adopt", "/id", NOW)
    assert {path.parent.name for path in tmp_path.rglob("*.jsonl")} == {"fourth-coffee", "partner"}
    assert len(list(tmp_path.rglob("*.jsonl"))) == 2


def test_a_later_run_is_read_after_an_earlier_one(tmp_path: Path) -> None:
    Journal(storage.at(tmp_path), "zzz").done(PLAN, "create", "/old", NOW)
    Journal(storage.at(tmp_path), "aaa").done(PLAN, "update", "/new", NOW + timedelta(microseconds=1))
    assert Journal(storage.at(tmp_path)).records()[PLAN].id == "/new"
    assert len(list(tmp_path.rglob("*.jsonl"))) == 2


def test_a_line_holds_a_version_a_time_and_nothing_by_accident(tmp_path: Path) -> None:
    request_id = Journal(storage.at(tmp_path), "run").intent(PLAN, "create", "digest", NOW)
    (file,) = tmp_path.rglob("*.jsonl")
    assert json.loads(file.read_text()) == {
        "v": 1,
        "time": "2026-11-20T12:00:00+00:00",
        "run": "run",
        "key": ["fourth-coffee", "AzurePlan", "azure"],
        "event": "intent",
        "action": "create",
        "digest": "digest",
        "requestId": request_id,
    }


@pytest.mark.skipif(os.name == "nt", reason="POSIX rights")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    Journal(storage.at(tmp_path)).done(PLAN, "create", "/id", NOW)
    (file,) = tmp_path.rglob("*.jsonl")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    journal = Journal(storage.at(tmp_path))
    keys = [Key("fourth-coffee", "VirtualNetwork", f"v{number}") for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: journal.done(key, "create", f"/{key.name}" * 50, NOW), keys))
    assert {key: record.id for key, record in Journal(storage.at(tmp_path)).records().items()} == {
        k: f"/{k.name}" * 50 for k in keys
    }


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"v": 2, "event": "done", "action": "create", "id": "", "key": ["a", "b", "c"]}',
        b'{"v": 1, "event": "unheard-of", "key": ["a", "b", "c"]}',
        b'{"v": 1, "event": "done", "key": ["a", "b", "c"]}',
        b'{"v": 1, "event": "done", "action": "create", "id": "/x", "key": ["a", "b"]}',
        b'{"v": 1, "event": "done", "action": "create", "id": "/x", "key": "abc"}',
        b'{"v": 1, "event": "done", "action": "create", "id": "/x", "key": [1, 2, 3]}',
        b'{"v": 1, "event": "done", "action": "create", "id": 7, "key": ["a", "b", "c"]}',
        b'{"v": 1, "event": ["done"], "key": ["a", "b", "c"]}',
        b'{"v": 1, "event": "intent", "action": "create", "requestId": "r", "digest": "", "key": ["a", "b", "c"]}',
        b'{"v": 1, "event": "operation", "operation": {"unknown": 1}, "key": ["a", "b", "c"]}',
        b'{"v": 1, "event": "operation", "operation": {"url": 1, "customer": []}, "key": ["a", "b", "c"]}',
    ],
)
def test_a_line_that_cannot_be_trusted_is_named_and_left_alone(tmp_path: Path, line: bytes) -> None:
    journal = Journal(storage.at(tmp_path))
    journal.done(PLAN, "create", "/id", NOW)
    (file,) = tmp_path.rglob("*.jsonl")
    with file.open("ab") as out:
        out.write(line + b"\n")
    before = file.read_bytes()
    with pytest.raises(BadInput) as caught:
        journal.records()
    (problem,) = caught.value.problems
    assert problem.where == f"{file}:2"
    assert problem.remedy
    assert file.read_bytes() == before


def test_a_line_that_was_cut_off_is_named(tmp_path: Path) -> None:
    journal = Journal(storage.at(tmp_path))
    journal.done(PLAN, "create", "/id", NOW)
    (file,) = tmp_path.rglob("*.jsonl")
    file.write_bytes(file.read_bytes() + file.read_bytes()[:40])
    with pytest.raises(BadInput, match="cut off"):
        journal.records()


def test_every_bad_line_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    for number, customer in enumerate(("a", "b")):
        (tmp_path / customer).mkdir()
        (tmp_path / customer / f"{number}.jsonl").write_bytes(b"one\ntwo\n")
    with pytest.raises(BadInput) as caught:
        Journal(storage.at(tmp_path)).records()
    assert len(caught.value.problems) == 4


def test_a_journal_that_cannot_be_written_stops_the_change_it_would_announce(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    with pytest.raises(CspctlError, match="cannot be kept"):
        Journal(storage.at(tmp_path / "journal")).intent(PLAN, "create", "digest", NOW)
