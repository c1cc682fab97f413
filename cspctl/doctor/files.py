"""Examines what lies on this machine: the files that hold secrets, and who may read them."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from cspctl.config import Profile, Secret
from cspctl.doctor.finding import Finding, examined, well


def examine_files(profile: Profile, folder: Path) -> Iterator[Finding]:
    """The secrets that the profile refers to, and the private files that cspctl keeps in its folder."""
    for name, reference in _references(profile):
        yield from examined(name, lambda name=name, reference=reference: _secret(name, reference))  # type: ignore[misc]
    yield from _kept(folder)


def _references(profile: Profile) -> Iterator[tuple[str, Secret]]:
    certificate = profile.certificate
    for name, reference in (
        ("clientSecret", profile.client_secret),
        ("refreshToken", profile.refresh_token),
        ("federatedToken", profile.federated_token),
        ("certificate.privateKey", certificate and certificate.private_key),
        ("certificate.passphrase", certificate and certificate.passphrase),
    ):
        if isinstance(reference, Secret) and (reference.env or reference.file):
            yield name, reference


def _secret(name: str, reference: Secret) -> Iterator[Finding]:
    reference.value()
    if reference.file and _open_to_others(reference.file):
        yield Finding("warning", name, f"{reference.file} can be read by others", f"chmod 600 {reference.file}")
    else:
        yield well(name, f"is there ({'environment' if reference.env else reference.file})")


def _kept(folder: Path) -> Iterator[Finding]:
    open_files = [
        path
        for part in ("tokens", "secrets")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file() and _open_to_others(path)
    ]
    if open_files:
        text = f"{', '.join(map(str, open_files))} can be read by others"
        yield Finding("warning", "private files", text, f"chmod -R go= {folder}")
    else:
        yield well("private files", f"what is kept in {folder} can be read by nobody else")


def _open_to_others(path: Path) -> bool:
    try:
        return sys.platform != "win32" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False
