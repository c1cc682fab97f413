"""Keeps journal and inventory in a folder: private files, replaced as a whole, with locks that the system ends."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from cspctl.errors import Locked
from cspctl.sink import sync_folder
from cspctl.storage import UNLOCKS, Holder, Stored, audit, folder_of
from cspctl.storage.names import checked, whole_lines
from cspctl.storage.trouble import LockLost, Stale, StorageError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
LONGEST = 30.0
"""Seconds to wait for another process that is just writing; each takes milliseconds."""
POLL = 0.005
REMEDIES = {
    errno.ENOSPC: "Make room on the disk, then run it again.",
    errno.EDQUOT: "Make room on the disk, then run it again.",
    errno.EACCES: "Give its owner the right to write there, or run it as that user.",
    errno.EPERM: "Give its owner the right to write there, or run it as that user.",
    errno.EROFS: "The disk is read-only: use another folder.",
    errno.ENOLCK: "That disk has no locks: use a folder on this machine, or a container of Blob Storage.",
    errno.ENOSYS: "That disk has no locks: use a folder on this machine, or a container of Blob Storage.",
    errno.EEXIST: "A file stands where a folder should be: move it away.",
    errno.ENOTDIR: "A file stands where a folder should be: move it away.",
}


@dataclass
class Folder:
    """A :class:`Storage` in a folder of this machine, which may not exist yet."""

    folder: Path
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def where(self) -> str:
        """Its path."""
        return str(self.folder)

    def ready(self, writing: bool) -> None:
        """A folder that is not there yet is an empty one."""
        self.names()
        if not writing:
            return
        probe = self.folder / f".probe-{uuid.uuid4().hex}"
        with self._trouble("write"):
            self._make(self.folder)
            lock = _file_lock(probe)
            try:
                lock.acquire(blocking=False)
                os.truncate(probe, 1)
            finally:
                lock.release()
                probe.unlink(missing_ok=True)

    def read(self, name: str) -> Stored | None:
        """A file is only ever replaced, so what is read is whole; of a growing one, the lines there are."""
        with self._trouble("read"):
            try:
                data = self._path(name).read_bytes()
            except FileNotFoundError:
                return None
        return Stored(data, _etag(data))

    def write(self, name: str, data: bytes, etag: str | None) -> str:
        """By a new file that takes the old one's place, with both on the disk before this returns."""
        path = self._path(name)
        with self._alone():
            there = self.read(name)
            if (there.etag if there else None) != etag:
                raise Stale(f"{path}: somebody else has written it meanwhile", "Run it again.")
            with self._trouble("write"):
                self._make(path.parent)
                for left in path.parent.glob(f".{path.name}.*.new"):  # by a run that was killed: we are alone here
                    left.unlink(missing_ok=True)
                self._replace(path, data)
        return _etag(data)

    def append(self, name: str, data: bytes) -> None:
        """With one write. What a killed run has left of a line stays a line of its own, for the reader to refuse."""
        path = self._path(name)
        with self._alone(), self._trouble("write"):
            self._make(path.parent)
            _append(path, whole_lines(data))

    def names(self, prefix: str = "") -> list[str]:
        """Neither locks nor what is half written counts."""
        with self._trouble("read"):
            found = [Path(top, file).relative_to(self.folder) for top, _, files in self._walk() for file in files]
        names = (path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))
        return sorted(name for name in names if name.startswith(prefix))

    def remove(self, name: str) -> None:
        """Its folder stays."""
        path = self._path(name)
        with self._alone(), self._trouble("write"), contextlib.suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def lock(self, customer: str, holder: Holder) -> FolderLock:
        """A lock of the system's: it ends with the process that holds it, however that ends."""
        path = self._lock_path(customer)
        with self._trouble("lock"):
            self._make(path.parent)
            lock = _file_lock(path)
            try:
                lock.acquire(blocking=False)
                file = os.stat(path).st_ino
            except (Timeout, FileNotFoundError):  # the latter: it has just been broken
                raise self._locked(customer) from None
            self._replace(_told(path), json.dumps(holder.as_json()).encode())
        return FolderLock(holder, path, lock, file)

    def unlock(self, customer: str, reason: str, by: Holder, force: bool = False) -> Holder | None:
        """Only `force` takes it from a process that lives; that one notices before its next write."""
        path, holder = self._lock_path(customer), self._holder(customer)
        line = audit(customer, reason, by, holder or Holder(""))
        with self._trouble("lock"):
            if not path.exists():
                return None
            lock = _file_lock(path)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                if not force:
                    raise self._locked(customer, "its process is alive: end that first, or add --force") from None
                holder = holder or Holder("")
            if holder:
                self.append(UNLOCKS, line)
                _told(path).unlink(missing_ok=True)
                if not lock.is_locked:
                    path.unlink(missing_ok=True)  # the next one locks a new file
            lock.release()
        return holder

    def close(self) -> None:
        """Nothing is kept open."""

    def _path(self, name: str) -> Path:
        return self.folder / checked(name)

    def _lock_path(self, customer: str) -> Path:
        return self.folder / checked(folder_of(customer)) / ".lock"

    def _holder(self, customer: str) -> Holder | None:
        try:
            return Holder.from_json(json.loads(_told(self._lock_path(customer)).read_bytes()))
        except (OSError, ValueError, AttributeError, RecursionError):
            return None

    def _locked(self, customer: str, remedy: str = "") -> Locked:
        holder = self._holder(customer) or Holder("")
        return Locked(folder_of(customer), str(holder), holder.since, remedy)

    def _walk(self) -> Iterator[tuple[str, list[str], list[str]]]:
        def broken(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise error

        return os.walk(self.folder, onerror=broken)

    def _make(self, folder: Path) -> None:
        """Make the folders from ours down, each for its owner alone; those above as usual."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        ours = [path for path in folder.parents if path == self.folder or self.folder in path.parents]
        for path in (*reversed(ours), folder):
            if not path.is_dir():
                path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
                sync_folder(path.parent)

    def _replace(self, path: Path, data: bytes) -> None:
        new = path.with_name(f".{path.name}.{uuid.uuid4().hex}.new")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Alone among all threads and processes that write into this folder."""
        with self._guard:
            with self._trouble("write"):
                self._make(self.folder)
                lock = _file_lock(self.folder / ".writing")
                try:
                    lock.acquire(timeout=LONGEST, poll_interval=POLL)
                except Timeout:
                    what = f"{self.folder}: another process has been writing there for {LONGEST:.0f} s"
                    raise StorageError(what, "See which one hangs, and run it again.") from None
            try:
                yield
            finally:
                lock.release()

    @contextmanager
    def _trouble(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            place = error.filename if isinstance(error.filename, str) else self.folder
            what = f"{place}: journal and inventory cannot be kept here ({doing}: {error.strerror or error})"
            remedy = REMEDIES.get(error.errno or 0, "Look at that folder, then run it again.")
            raise StorageError(what, remedy) from None


@dataclass
class FolderLock:
    """The lock of one customer: a locked file, with its holder told in a file beside it."""

    holder: Holder
    path: Path
    _lock: FileLock
    _file: int
    _lost: bool = False

    def lost(self) -> bool:
        """It is, once its file is not the one that others would lock."""
        if not self._lost:
            try:
                self._lost = not self._lock.is_locked or os.stat(self.path).st_ino != self._file
            except OSError:
                self._lost = True
        return self._lost

    def check(self) -> None:
        """The disk tells at once."""
        if self.lost():
            raise LockLost(
                f"{self.path}: somebody has broken this run's lock", "Look at unlocks.jsonl for who and why."
            )

    def __enter__(self) -> Self:
        """It is held from its making on."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """The file stays, for others may be about to lock it."""
        with contextlib.suppress(OSError):
            if not self.lost():
                _told(self.path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._lock.release()
        self._lost = True


def _file_lock(path: Path) -> FileLock:
    # Never a soft lock: that would outlive a killed process, and two runs could both take it for stale.
    return FileLock(path, mode=PRIVATE_FILE, thread_local=False, preserve_lock_file=True, fallback_to_soft=False)


def _told(lock: Path) -> Path:
    return lock.with_name(".lock.json")


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _append(path: Path, data: bytes) -> None:
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        size = os.fstat(handle).st_size
        torn = size and _last_byte(handle, size) != b"\n"
        data = b"\n" + data if torn else data
        if os.write(handle, data) != len(data):
            os.ftruncate(handle, size)  # a line is there wholly or not
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        sync_folder(path.parent)


def _last_byte(handle: int, size: int) -> bytes:
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1)
