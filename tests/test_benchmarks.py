"""The benchmarks run at their smallest and print their tables; nothing is said here about how long anything takes."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import main


def test_the_smallest_sizes_give_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--engine", "6,12", "--simulated", "12", "--others", "0", "--repeat", "1"]
    assert main(sizes) == 0
    printed = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in printed if line[:11].strip().isdigit()]
    assert [row[0] for row in rows] == ["6", "12", "12"]
    engine, simulated = printed.index("The engine alone, nothing to do"), rows[-1]
    assert printed[engine + 1].split()[:3] == ["resources", "wall", "processor"]
    lists, details, *_ = simulated[8:]
    assert (int(lists), int(details)) == (11, 3)
    assert printed[-2].split()[0] in ("met", "MISSED")
