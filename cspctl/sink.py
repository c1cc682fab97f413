"""Keeps one-time secrets (a new tenant's admin password) where only their owner can read them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cspctl.errors import CspctlError
from cspctl.resource import Key


@dataclass(frozen=True)
class Sink:
    """A folder with one file per secret, readable by its owner alone."""

    folder: Path

    def path(self, key: Key, name: str) -> Path:
        """Where the named secret of a resource is kept."""
        return self.folder / key.group / f"{key.kind}.{key.name}.{name}"

    def has(self, key: Key, name: str) -> bool:
        """Whether it has been kept."""
        return self.path(key, name).is_file()

    def kept(self, key: Key, name: str) -> str:
        """The secret that has been kept, or an empty text."""
        try:
            return self.path(key, name).read_text(encoding="utf-8")
        except OSError:
            return ""

    def unwritable(self, key: Key) -> str:
        """Why nothing can be kept of a resource here, or an empty string."""
        probe = self.path(key, ".probe")
        try:
            _private_folders(self.folder, probe.parent)
            probe.touch(mode=0o600)
            probe.unlink()
        except OSError as error:
            return f"{probe.parent}: {error.strerror}"
        return ""

    def keep(self, key: Key, name: str, value: str) -> Path:
        """Write the secret and make sure that it is on the disk before returning."""
        path = self.path(key, name)
        new = path.with_name(path.name + ".new")
        try:
            _private_folders(self.folder, path.parent)
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(value)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            raise CspctlError(f"{key}: the secret {name} could not be kept in {path}: {error.strerror}") from None
        return path


def _private_folders(top: Path, folder: Path) -> None:
    """Make the folders from `top` down to `folder`, each for its owner alone; those above `top` as usual."""
    top.parent.mkdir(parents=True, exist_ok=True)
    for path in (*reversed([p for p in folder.parents if p == top or top in p.parents]), folder):
        path.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make sure that a new name in a folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
