"""Keeps tokens and a person's session across runs: one private file per profile; the only place that writes them.

The file is replaced as a whole, under a lock, by what it holds by then with one thing changed: two runs at the same
time lose nothing of each other. It is bound to one account: what another account left there is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cspctl.errors import CspctlError
from cspctl.sink import sync_folder

if sys.platform != "win32":
    import fcntl

VERSION = 1
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
Which = tuple[str, str, bool]
"""What a token is for: audience, tenant, and whether a person is signed in."""


def fingerprint(*parts: str) -> str:
    """What tells secrets apart without telling them."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Session:
    """What stands for a person who has signed in."""

    refresh_token: str = field(repr=False)
    configured: str
    """The fingerprint of the refresh token that the profile named when this session began; of nothing if none."""
    by_login: bool = False
    """Whether the person signed in with `cspctl login`."""
    name: str = ""
    since: str = ""


@dataclass
class TokenCache:
    """The file, or only this run's memory when there is no path."""

    path: Path | None
    account: str
    """The fingerprint of the account: everything else in the file is worthless for another one."""
    notices: list[str] = field(default_factory=list)
    """What the user should know: rights that had to be repaired, a file that cannot be written."""
    _memory: dict[str, Any] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def token(self, which: Which) -> tuple[str, datetime] | None:
        """A token and the time of its end, if an earlier run has kept one."""
        kept = self._read().get("tokens", {}).get(_name(which))
        try:
            return (str(kept["token"]), datetime.fromisoformat(kept["until"])) if kept else None
        except (KeyError, TypeError, ValueError):
            return None

    def keep(self, which: Which, token: str, until: datetime, now: datetime) -> None:
        """Keep a token, and let go of those that have ended."""

        def change(document: dict[str, Any]) -> None:
            tokens = document.get("tokens", {})
            kept = {name: entry for name, entry in tokens.items() if str(entry.get("until", "")) > now.isoformat()}
            document["tokens"] = {**kept, _name(which): {"token": token, "until": until.isoformat()}}

        self._change(change)

    def forget(self, unwanted: Callable[[Which, str], bool]) -> None:
        """Let go of the tokens for which `unwanted` (what for, the token) is true."""

        def change(document: dict[str, Any]) -> None:
            document["tokens"] = {
                name: entry
                for name, entry in document.get("tokens", {}).items()
                if not unwanted(_which(name), str(entry.get("token", "")))
            }

        if any(unwanted(_which(name), str(e.get("token", ""))) for name, e in self._read().get("tokens", {}).items()):
            self._change(change)

    @property
    def session(self) -> Session | None:
        """The person's session, as whichever run left it last."""
        kept = self._read().get("session")
        try:
            return Session(**kept) if kept else None
        except TypeError:
            return None

    def keep_session(self, session: Session, must: bool = False) -> None:
        """Keep it before it is needed again. With `must`, raise if it cannot be kept."""
        self._change(lambda document: document.update(session=asdict(session)), must, change_of_session=True)

    def clear(self) -> bool:
        """Forget everything, also what another account left; whether there was anything."""
        self._memory = {}
        if self.path is None or not self.path.exists():
            return False
        with self._locked():
            self.path.unlink(missing_ok=True)
        return True

    def _read(self) -> dict[str, Any]:
        document = self._on_disk() if self.path is not None else self._memory
        return document if document.get("account") == self.account else {}

    def _on_disk(self) -> dict[str, Any]:
        assert self.path is not None
        if self._memory:  # it could not be written
            return self._memory
        try:
            handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return {}
        with os.fdopen(handle, encoding="utf-8") as file:
            self._repair(self.path, os.fstat(handle))
            try:
                document = json.load(file)
            except (ValueError, OSError):
                return {}
        return document if isinstance(document, dict) and document.get("version") == VERSION else {}

    def _repair(self, path: Path, found: os.stat_result) -> None:
        if sys.platform == "win32" or not stat.S_IMODE(found.st_mode) & 0o077:
            return
        self._notice(
            f"{path} could be read by others (mode {stat.S_IMODE(found.st_mode):o}); it is private again. "
            "If somebody may have read it, revoke the person's sessions and sign in anew."
        )
        with contextlib.suppress(OSError):
            path.chmod(PRIVATE_FILE)

    def _change(
        self, change: Callable[[dict[str, Any]], None], must: bool = False, change_of_session: bool = False
    ) -> None:
        if self.path is None:
            self._change_memory(change)
            return
        try:
            self._make_folder(self.path.parent)
            with self._locked():
                document = self._read() or {"version": VERSION, "account": self.account}
                change(document)
                _replace(self.path, json.dumps(document).encode(), must_last=change_of_session)
        except OSError as error:
            what = f"{self.path} cannot be written: {error.strerror}"
            if must:
                raise CspctlError(f"{what}, so nobody can stay signed in") from None
            self._notice(f"{what}; tokens are kept for this run only")
            self._change_memory(change)

    def _change_memory(self, change: Callable[[dict[str, Any]], None]) -> None:
        with self._guard:
            self._memory = {**self._read(), "version": VERSION, "account": self.account}
            change(self._memory)

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(PRIVATE_FOLDER)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among all runs on this machine. A lock of the system's: it ends with whoever holds it."""
        assert self.path is not None
        handle = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            if sys.platform != "win32":
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _replace(path: Path, data: bytes, must_last: bool) -> None:
    """Put new content in place of the old; with `must_last` it is on the disk before returning."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
        file.write(data)
        file.flush()
        if must_last:
            os.fsync(file.fileno())
    new.replace(path)
    if must_last:
        sync_folder(path.parent)


def _name(which: Which) -> str:
    audience, tenant, user = which
    return json.dumps([audience, tenant.casefold(), "user" if user else "application"])


def _which(name: str) -> Which:
    audience, tenant, who = json.loads(name)
    return audience, tenant, who == "user"
