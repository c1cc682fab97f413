"""Reads the address of a container and the secret that opens it; a SAS is never part of an address that is shown."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from cspctl.errors import BadInput, Problem

CONTAINER = re.compile(r"[a-z0-9](?:-?[a-z0-9]){2,62}")
FORM = "Write https://ACCOUNT.blob.core.windows.net/CONTAINER, with /PREFIX behind it if you like."


@dataclass(frozen=True)
class Place:
    """A container, and what all names in it begin with (empty, or ending in a slash)."""

    account_url: str
    account: str
    container: str
    prefix: str

    def __str__(self) -> str:
        """Its address without any secret."""
        return f"{self.account_url}/{self.container}/{self.prefix}".rstrip("/")


@dataclass(frozen=True)
class Access:
    """What opens a container: a SAS, or the key of its account."""

    sas: str = field(default="", repr=False)
    key: str = field(default="", repr=False)

    def parameter(self, name: str) -> str:
        """What the SAS says of itself: its rights `sp`, its beginning `st`, its end `se`."""
        return parse_qs(self.sas).get(name, [""])[0]


def place_of(text: str) -> Place:
    """The container that an address means. Raises :class:`BadInput` without repeating what may be a secret."""
    shown = text.partition("?")[0]
    try:
        parts, port = urlsplit(text), urlsplit(text).port
    except ValueError:
        raise _bad(shown, "this is no address", FORM) from None
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise _bad(shown.rpartition("@")[2], "it holds a secret", "Put the SAS into a variable: {env: NAME}.")
    host, path = parts.hostname or "", [part for part in parts.path.split("/") if part]
    if parts.scheme not in ("https", "http") or (parts.scheme == "http" and not _this_machine(host)):
        raise _bad(shown, "only https is safe enough", FORM)
    emulated = _is_address(host) or host == "localhost"
    account = path.pop(0) if emulated and path else host.partition(".")[0]
    if not path or not CONTAINER.fullmatch(path[0]) or len(path[0]) > 63 or ".." in path or "\\" in text:
        raise _bad(shown, "it names no container", FORM)
    authority = f"[{host}]" if ":" in host else host
    root = f"{parts.scheme}://{authority}" + (f":{port}" if port else "") + (f"/{account}" if emulated else "")
    return Place(root, account, path[0], "".join(f"{part}/" for part in path[1:]))


def access_of(secret: str, place: Place) -> Access:
    """What a secret is: a SAS (alone, or in an address), a connection string, or the key of an account."""
    if secret.startswith(("http://", "https://")):
        address, _, sas = secret.partition("?")
        other = urlsplit(address)
        if other.netloc.casefold() != urlsplit(place.account_url).netloc.casefold():
            raise _bad(str(place), "the SAS belongs to another storage account", "Look at address and secret.")
        return Access(sas=_signed(sas, place))
    pairs = dict(part.partition("=")[::2] for part in secret.split(";") if "=" in part)
    if {"AccountKey", "SharedAccessSignature"} & pairs.keys():
        if pairs.get("AccountName", place.account).casefold() != place.account.casefold():
            raise _bad(str(place), "the connection string belongs to another account", "Look at address and secret.")
        if "SharedAccessSignature" in pairs:
            return Access(sas=_signed(pairs["SharedAccessSignature"], place))
        return Access(key=_key(pairs["AccountKey"], place))
    if "sig=" in secret or "&" in secret:
        return Access(sas=_signed(secret, place))
    return Access(key=_key(secret, place))


def _signed(sas: str, place: Place) -> str:
    sas = sas.removeprefix("?")
    if not re.search(r"(?:^|&)sig=[^&\s]+", sas) or re.search(r"[^\x21-\x7e]", sas):
        raise _bad(str(place), "the secret for it is no whole SAS", "Copy it again: it holds sv=, sp= and sig=.")
    return sas


def _key(key: str, place: Place) -> str:
    if not re.fullmatch(r"[A-Za-z0-9+/]{16,}={0,2}", key) or len(key) % 4:
        wanted = "Write a SAS, a connection string, or the account's key."
        raise _bad(str(place), "the secret for it is neither SAS, connection string nor key", wanted)
    return key


def _bad(where: str, what: str, remedy: str) -> BadInput:
    return BadInput([Problem(where or "storage", what, remedy)])


def _this_machine(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
