"""A sample of the proof in reliability/, the same one each time; `make reliability` runs all of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reliability import laws, mutants

ROOT = Path(__file__).parents[1]


def proof(*arguments: str) -> str:
    """What a part of the proof prints; it runs alone in its process, for it forks."""
    command = [sys.executable, "-m", "reliability", *arguments, "--workers", "1"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_an_apply_survives_every_kind_of_fault() -> None:
    """Each fault at one request of the real command; the whole sweep meets every request with every fault."""
    said = proof("sweep", "--scenario", "fourth-coffee", "--every", "131")
    met = dict(re.findall(r"^  (\S.*?)  +(?:inside|served) +(\d+) ", said, re.MULTILINE))
    assert sum(map(int, met.values())) >= 9
    assert len(met) >= 7, said


def test_what_a_creation_has_answered_is_never_lost() -> None:
    """The request that makes the customer: its answer holds a password that comes once."""
    faults = ("404 after effect", "killed after")
    said = proof("sweep", *(word for fault in faults for word in ("--case", f"fourth-coffee:9:{fault}")))
    assert "2 cases" in said


def test_two_applies_make_everything_once() -> None:
    count, violation = laws.tried(60)
    assert count > 30
    assert not violation, "".join(violation)


def test_the_laws_notice_two_runs_that_hold_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the locks they would be broken: the law is not one that holds by itself."""
    monkeypatch.setattr("cspctl.journal.Journal.hold", lambda *_: {})
    assert "made twice" in "".join(laws.tried(30)[1])


def test_mutants_give_a_result_or_an_error_with_its_place() -> None:
    said = proof("mutations", "--mutants", "120")
    rows = {name: int(number) for name, number in re.findall(r"^  (\w+) +(\d+) ", said, re.MULTILINE)}
    assert rows == {"manifest": 48, "journal": 24, "inventory": 12, "answer": 36}


def test_mutants_are_the_same_each_time_and_mostly_differ_from_what_they_were_made_of() -> None:
    data = b'{"a": [1, {"b": null}], "c": "text"}\n'
    for make in (mutants.text_mutant, mutants.json_mutant, mutants.lines_mutant):
        made = [make(seed, data) for seed in range(200)]
        assert made == [make(seed, data) for seed in range(200)]
        assert len(set(made) - {data}) > 100


def test_a_fleet_goes_on_without_the_customer_that_refuses() -> None:
    said = proof("fleet", "--customers", "12")
    assert "exit code 3; Applied: 44 done, 0 failed." in said
    assert re.search(r"run \d: .* No changes in what could be seen", said)
