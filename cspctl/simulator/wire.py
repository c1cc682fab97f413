"""Says what a request, an answer and a route are to every service; the only place that matches paths."""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from werkzeug.datastructures import Headers

from cspctl.simulator.store import Transaction

_WHOLE = re.compile(r"[0-9]{1,9}")


def whole(text: str) -> int | None:
    """Return the number that the text is, as a client counts; None if it is none."""
    return int(text) if _WHOLE.fullmatch(text) else None


class Query:
    """The query of a URL; parameter names compare without case, as Azure Resource Manager's do."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Keep the pairs in their order."""
        self.pairs = [(name, value) for name, value in pairs]

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of the parameter, or the default."""
        return next((value for key, value in self.pairs if key.lower() == name.lower()), default)

    def __contains__(self, name: str) -> bool:
        """Tell whether the parameter was sent, even if empty."""
        return any(key.lower() == name.lower() for key, _ in self.pairs)


@dataclass
class Request:
    """One request as the services see it."""

    method: str
    base_url: str  # scheme and host as the client addressed it, no trailing slash
    path: str  # percent-decoded, starts with one slash
    query: Query
    headers: Headers  # case-insensitive
    body: Any  # parsed JSON; the form's fields as a dict on the sign-in service; None when empty
    tx: Transaction
    now: datetime
    request_id: str
    correlation_id: str
    raw: bytes = b""
    unreadable: tuple[int, str, str] | None = None  # what a body that cannot be read is answered
    caller: dict[str, Any] = field(default_factory=dict)  # claims of the verified token

    @property
    def is_user(self) -> bool:
        """Tell whether a person stands behind the token (app+user), not the application alone."""
        return self.caller.get("idtyp") == "user"


@dataclass
class Response:
    """An answer: a body of dict or list goes out as JSON, bytes as they are, None as nothing."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The service declines; what the request wrote so far is taken back, the response goes out."""

    def __init__(self, response: Response) -> None:
        """Carry the answer."""
        super().__init__(f"{response.status} {response.body}")
        self.response = response


Handler = Callable[..., Response]


@dataclass(frozen=True)
class Match:
    """The route that fits a request: its function, the parts of the path it names, what it requires."""

    template: str
    function: Handler
    params: dict[str, str]
    requirements: dict[str, Any]


@dataclass(frozen=True)
class _Route:
    method: str
    template: str
    pattern: re.Pattern[str]
    function: Handler
    requirements: dict[str, Any]

    @property
    def order(self) -> tuple[int, ...]:
        """Sort fixed segments before named ones, those before `<path:…>`, and a template's longer form first."""
        parts = self.template.strip("/").split("/")
        last = len(parts) - 1
        return tuple(
            (3 if place == last else 2) if part.startswith("<path:") else 1 if "<" in part else 0
            for place, part in enumerate(parts)
        )


class Routes:
    """The routes of one service, and what all of them share.

    Templates name segments: `<customer>` is one segment, `<path:rest>` the remainder of the path.

    `audiences`: the `aud` values the service accepts in tokens; empty for a service that needs none.
    `error`: shapes (status, code, message) the service's way.
    `before`: called with the request and its match once the token is verified; may answer instead of the
    route's function, or raise Refused. What it writes stays, even when the request is then refused.
    `after`: may change the answer, on success and on refusal alike.
    `challenge`: words the WWW-Authenticate header of a refused token, from the request, its match, the code and
    the sentence of the refusal.
    """

    def __init__(
        self,
        service: str,
        *,
        audiences: frozenset[str] = frozenset(),
        error: Callable[[int, str, str], Response],
        before: Callable[[Request, Match], Response | None] | None = None,
        after: Callable[[Request, Match | None, Response], None] | None = None,
        ignore_case: bool = False,
        challenge: Callable[[Request, Match, str, str], str] | None = None,
    ) -> None:
        """Begin without routes."""
        self.service = service
        self.audiences = audiences
        self.error = error
        self.before = before
        self.after = after
        self.challenge = challenge
        self._flags = re.IGNORECASE if ignore_case else re.NOFLAG
        self._routes: list[_Route] = []

    def route(self, method: str, path: str, **requirements: Any) -> Callable[[Handler], Handler]:
        """Declare the function below as the answer to method and path template."""

        def declare(function: Handler) -> Handler:
            pattern = re.compile(_pattern(path), self._flags)
            route = _Route(method, path, pattern, function, requirements)
            insort(self._routes, route, key=lambda other: other.order)  # hundreds are declared at each start
            return function

        return declare

    def declared(self) -> list[tuple[str, str]]:
        """Return method and template of every route."""
        return [(route.method, route.template) for route in self._routes]

    def match(self, method: str, path: str) -> Match | None:
        """Return the most specific route for the request, or None."""
        for route in self._routes:
            if route.method == method and (found := route.pattern.fullmatch(path)):
                return Match(route.template, route.function, found.groupdict(), route.requirements)
        return None


def _pattern(template: str) -> str:
    parts = re.split(r"<(path:)?(\w+)>", template)
    pattern = re.escape(parts[0])
    for whole, name, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{'.+' if whole else '[^/]+'})" + re.escape(literal)
    return pattern + "/?"
