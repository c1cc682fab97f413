"""Turns what Azure Blob Storage answers into sentences; no SAS, key or token is in any of them, nor in any log."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseError

from cspctl.storage.access import Access, Place
from cspctl.storage.trouble import LATER, SAS_RIGHTS, StorageError, remedy_for

SKEW = timedelta(minutes=15)
"""How far Azure lets a machine's clock be off."""
QUERY = re.compile(r"\?[^\s'\"<>)]*")


@dataclass(frozen=True)
class Asked:
    """Around a request: what fails there leaves as a :class:`StorageError`. `doing` is for the sentence."""

    place: Place
    access: Access | None
    doing: str

    def __enter__(self) -> Self:
        """Nothing happens yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Explain an error of the library."""
        if isinstance(error, AzureError):
            raise self.explained(error) from None
        if isinstance(error, OSError):
            raise StorageError(f"{self._start()}: {self._redacted(str(error))}", LATER) from None

    def only(self, error: HttpResponseError, *codes: str) -> None:
        """Raise what has another reason than one that is reckoned with."""
        if not is_conflict(error, *codes):
            raise error

    def explained(self, error: AzureError) -> StorageError:
        """The sentence for an error, with what to do about it."""
        if not isinstance(error, HttpResponseError) or error.response is None:
            return StorageError(f"{self._start()}: {self._unreached(error)}", _remedy_unreached(error))
        status, code = error.status_code or 0, code_of(error)
        headers: Mapping[str, str] = getattr(error.response, "headers", {})
        said = self._redacted(str(error.message).splitlines()[0].partition("RequestId:")[0].strip()) or "it was refused"
        return StorageError(
            f"{self._start()}: {said[:300]}",
            self._why(status, code, str(headers.get("Date", ""))),
            status=status,
            code=code,
            request_id=str(headers.get("x-ms-request-id", "")),
        )

    def _start(self) -> str:
        return f"{self.place}: cannot {self.doing}"

    def _why(self, status: int, code: str, date: str) -> str:
        here, there = datetime.now(UTC), _time(date)
        if status in (401, 403) and there and abs(here - there) > SKEW:
            minutes = round(abs(here - there).total_seconds() / 60)
            which = "behind" if here < there else "ahead"
            return f"This machine's clock is {minutes} minutes {which} of Azure's: set it right."
        sas = self._sas_trouble(there or here) if status in (401, 403) else ""
        if sas:
            return sas
        if code == "AuthenticationFailed":
            return "The key, SAS or token is not one for this account, or not whole: make a new one."
        return remedy_for(status, code, self.place.account, self.place.container)

    def _sas_trouble(self, now: datetime) -> str:
        """What the SAS says of itself that explains a refusal."""
        if self.access is None or not self.access.sas:
            return ""
        start, end, rights = (self.access.parameter(name) for name in ("st", "se", "sp"))
        if (until := _time(end)) and until <= now:
            return f"The SAS ended at {end}: make a new one."
        if (since := _time(start)) and since > now:
            return f"The SAS begins only at {start}."
        missing = "".join(right for right in SAS_RIGHTS if right not in rights)
        if rights and missing:
            return f"The SAS allows only {rights}: make one that allows {SAS_RIGHTS} ({missing} missing)."
        return ""

    def _unreached(self, error: AzureError) -> str:
        inner = getattr(error, "inner_exception", None)
        name = type(inner or error).__name__
        reason = str(getattr(inner, "reason", "") or inner or error)
        if "resolve" in reason.casefold() or "name or service" in reason.casefold():
            return "no such host"
        kept = self._redacted(reason).rpartition(": ")[2]
        return f"no answer ({name}: {kept[:200]})"

    def _redacted(self, text: str) -> str:
        text = QUERY.sub("?…", text)
        for secret in (self.access.sas, self.access.key, self.access.parameter("sig")) if self.access else ():
            text = text.replace(secret, "…") if secret else text
        return text


def code_of(error: AzureError) -> str:
    """Blob Storage's own name of what went wrong."""
    code = getattr(error, "error_code", None) or ""
    return str(getattr(code, "value", code))


def is_conflict(error: AzureError, *codes: str) -> bool:
    """Whether it is one of the conditions that are reckoned with."""
    return code_of(error) in codes


def _remedy_unreached(error: AzureError) -> str:
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return "Look at the address, the network and the proxy, then run it again."
    return "Look at the sign-in for the storage, then run it again."


def _time(text: str) -> datetime | None:
    """A time of a header (RFC 1123) or of a SAS (ISO 8601)."""
    try:
        time = parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


class _NoQuery(logging.Filter):
    """Takes the query out of the addresses in a record: a SAS is one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record."""
        record.msg, record.args = QUERY.sub("?…", record.getMessage()), ()
        return True


NO_QUERY = _NoQuery()


def keep_queries_out_of_logs() -> None:
    """Also at the level that shows each request."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "azure.core.pipeline.policies.http_logging_policy"):
        logging.getLogger(name).addFilter(NO_QUERY)
