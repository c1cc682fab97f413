"""What another process does with a place: ``python -m tests.storage.other PLACE ACTION [ARGUMENT …]``."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from cspctl import storage
from cspctl.config import Secret
from cspctl.errors import CspctlError
from cspctl.storage import Holder, Storage
from cspctl.storage.blob import Container
from cspctl.storage.trouble import Stale

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def hold(place: Storage, customer: str, seconds: str = "60") -> None:
    """Hold the lock until a line comes in."""
    if isinstance(place, Container):
        place.lease_seconds = int(seconds)
    with place.lock(customer, Holder("anna", "build-7", os.getpid(), NOW)) as lock:
        say("held")
        sys.stdin.readline()
        say("lost" if lock.lost() else "still held")


def append(place: Storage, name: str, who: str, count: str) -> None:
    """Append so many lines."""
    for number in range(int(count)):
        place.append(name, f"{who} {number}\n".encode())


def count(place: Storage, name: str, times: str) -> None:
    """Raise a number by one, so many times, whoever else does the same."""
    for _ in range(int(times)):
        while True:
            there = place.read(name)
            try:
                place.write(name, str(int(there.data if there else 0) + 1).encode(), there.etag if there else None)
            except Stale:
                continue
            break


def main(where: str, action: str, *arguments: str) -> None:
    place = storage.at(where, Secret(env="STORAGE_SECRET") if "://" in where else None)
    try:
        {"hold": hold, "append": append, "count": count}[action](place, *arguments)
    except CspctlError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    finally:
        place.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
