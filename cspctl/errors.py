"""Every error that cspctl raises on purpose; the only place where its exit codes are given.

CspctlError                     exit 1   anything a user should read as a sentence, never as a traceback
├── BadInput                    exit 1   problems in manifests, configuration or journal, all at once
├── Refused                     exit 5   policy or safety says no; nothing was written
├── Locked                      exit 7   another run holds the customer
├── WrongAccount                exit 1   signed in to another tenant than the one that is pinned
├── NotYet                      exit 1   it is coming into being, but cannot be read yet
│   └── Throttled                        a service wants to be left alone for some seconds
├── Interrupted                 exit 130 stopped by the user; what runs in the cloud goes on
└── CloudError                  exit 1   a service answered with an error
    ├── NotFound                         404 and its relatives
    ├── Denied                           401 and 403: not allowed to see or to do it
    ├── Conflict                         409 and 412: exists already, or has moved
    └── Unreachable                      no answer at all, or none after all retries
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

EXIT_ERROR = 1
EXIT_CHANGES = 2
EXIT_PARTIAL = 3
EXIT_WAITING = 4
EXIT_REFUSED = 5
EXIT_MOVED = 6
EXIT_LOCKED = 7
EXIT_USAGE = 64

SIGN_IN = "cspctl login"
"""What a message names when a person has to sign in first: to run the same again is no use."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: where (``file:line`` or a key), what, and what to do about it."""

    where: str
    what: str
    remedy: str = ""
    group: str = ""
    """The only customer that is concerned; without one, the whole run is."""
    about: str = field(default="", compare=False)
    """The key of what cannot be planned because of it."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"\n    {self.remedy}" if self.remedy else "")


class CspctlError(Exception):
    """Base of all errors that are shown to a user as they are."""

    exit_code = EXIT_ERROR


class BadInput(CspctlError):
    """Input that cannot be worked with: every :class:`Problem` found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in order, each once."""
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Refused(BadInput):
    """A plan that policy or safety forbids; nothing was written."""

    exit_code = EXIT_REFUSED


class Locked(CspctlError):
    """Another run holds the lock of a customer: who, since when, and how to go on."""

    exit_code = EXIT_LOCKED

    def __init__(self, customer: str, who: str = "", since: datetime | None = None, remedy: str = "") -> None:
        """Build the sentence; `who` says from where too, `remedy` takes the place of the usual advice."""
        self.customer, self.who, self.since = customer, who, since
        when = f" since {since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if since else ""
        advice = remedy or (
            f"wait until that run is through; if it is dead, and only then: cspctl unlock {customer} "
            '--reason "why it is dead"'
        )
        super().__init__(f"{customer} is locked by {who or 'another run'}{when}: {advice}")


class WrongAccount(CspctlError):
    """The token belongs to another tenant than the profile pins; nothing has been read."""


class NotYet(CspctlError):
    """It is known to come into being and cannot be read yet: neither there nor absent."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        """`after`: the seconds after which it is worth asking again, if the service names them."""
        self.after = after
        super().__init__(message)


class Throttled(NotYet):
    """A service wants to be left alone for some seconds; the request has had no effect."""


class Interrupted(CspctlError):
    """The user has stopped an apply; `exit_code` is that of the signal."""

    exit_code = 130

    def __init__(self, message: str, in_doubt: bool = False) -> None:
        """`in_doubt`: whether the call during which it happened may have had its effect."""
        self.in_doubt = in_doubt
        super().__init__(message)


class CloudError(CspctlError):
    """An error answer of a service: status, its own code, and the ids that its support asks for."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        request_id: str = "",
        correlation_id: str = "",
        call: str = "",
    ) -> None:
        """Build the sentence shown to the user; `call` is ``METHOD url`` without query secrets."""
        self.status, self.code, self.message, self.call = status, code, message, call
        self.request_id, self.correlation_id = request_id, correlation_id
        asked = call.partition(" ")[0].isupper()  # GET and the like; else it ended before anything was asked
        said = " ".join(filter(None, [str(status or ""), code, "no answer" if asked and not (status or code) else ""]))
        ids = ", ".join(
            f"{name} {value}"
            for name, value in (("request id", request_id), ("correlation id", correlation_id))
            if value
        )
        super().__init__(f"{message.strip()} ({'; '.join(filter(None, [said, call, ids]))})")

    def in_doubt(self) -> Unreachable:
        """The same answer, when an earlier attempt at the same call may have had its effect."""
        return Unreachable(
            f"{self.message} (an earlier attempt may have had its effect)",
            status=self.status,
            code=self.code,
            request_id=self.request_id,
            correlation_id=self.correlation_id,
            call=self.call,
        )


class NotFound(CloudError):
    """The service says that it does not exist."""


class Denied(CloudError):
    """The service says that we may not see or do it."""


class Conflict(CloudError):
    """It exists already, or it is no longer what we read."""


class Unreachable(CloudError):
    """The service could not be asked, or gave no usable answer after all retries."""
