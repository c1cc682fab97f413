"""The file that keeps tokens: what two runs at the same time leave in it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cspctl.cloud.token_cache import Session, TokenCache

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

WRITER = """
import sys
from datetime import datetime
from pathlib import Path
from cspctl.cloud.token_cache import TokenCache
now, later = map(datetime.fromisoformat, sys.argv[3:])
cache = TokenCache(Path(sys.argv[1]), "account")
for number in range(40):
    cache.keep((sys.argv[2], str(number), False), sys.argv[2], later, now)
"""


def test_two_runs_at_the_same_time_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    times = NOW.isoformat(), LATER.isoformat()
    running = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, *times]) for name in "ab"]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    cache = TokenCache(path, "account")
    assert all(cache.token((name, str(number), False)) == (name, LATER) for name in "ab" for number in range(40))


def test_a_run_sees_at_once_what_another_has_kept(tmp_path: Path) -> None:
    one, two = (TokenCache(tmp_path / "tokens.json", "account") for _ in range(2))
    one.keep_session(Session("refresh", "of the configuration"))
    assert two.session == one.session
    assert TokenCache(tmp_path / "tokens.json", "another account").session is None


def test_tokens_that_have_ended_are_let_go(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path / "tokens.json", "account")
    cache.keep(("a", "t", True), "ended", NOW, NOW - timedelta(hours=1))
    cache.keep(("b", "t", True), "lasts", LATER, NOW)
    assert cache.token(("a", "t", True)) is None
    assert cache.token(("b", "T", True)) == ("lasts", LATER)
    cache.forget(lambda which, _: which[2])
    assert cache.token(("b", "t", True)) is None


def test_a_session_does_not_show_its_token() -> None:
    assert "hunter2" not in repr(Session("hunter2", "f"))
