"""Reads what a client sent, and finds what no service gets to see; the only place that parses bodies and paths.

Microsoft's front ends refuse such requests before any service: a Host that is none, control characters in a path,
JSON that is nested deeper or has larger numbers than their readers take.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request as Incoming

FORM = "application/x-www-form-urlencoded"
# What Json.NET reads unless it is told otherwise.
# https://github.com/JamesNK/Newtonsoft.Json/releases/tag/13.0.1
DEEPEST = 64
WIDEST = 2**63  # whole numbers are read as 64 bits

# What http.sys refuses to see in a path.
# https://learn.microsoft.com/troubleshoot/developer/webapps/iis/iisadmin-service-inetinfo/httpsys-registry-windows
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Body:
    """What a request carries, None if nothing; `refusal` is status, code and sentence for what cannot be read."""

    value: Any = None
    refusal: tuple[int, str, str] | None = None


def unacceptable(incoming: Incoming) -> str:
    """Return why no service gets to see the request; empty if one does."""
    if not incoming.host:
        return "The request hostname is invalid."
    if _CONTROL.search(incoming.path):
        return "The request URL is invalid."
    return ""


def query(incoming: Incoming) -> list[tuple[str, str]]:
    """Return the parameters of the URL; what is no UTF-8 becomes the replacement character."""
    return parse_qsl(incoming.query_string.decode(errors="replace"), keep_blank_values=True, errors="replace")


def body(incoming: Incoming, *, form: bool, any_type: bool) -> Body:
    """Return the parsed body: a form's fields as a dict where forms are spoken, elsewhere JSON.

    `any_type`: whatever the client calls it, it is JSON.
    """
    raw = incoming.get_data()
    if form and incoming.mimetype == FORM:
        return Body(dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)))
    if not raw.strip():
        return Body()
    if incoming.method in {"POST", "PUT", "PATCH"} and not (form or any_type or _is_json(incoming.mimetype)):
        sent = incoming.headers.get("Content-Type") or "<null>"
        text = f"The content media type '{sent}' is not supported. Only 'application/json' is supported."
        return Body(None, (415, "UnsupportedMediaType", text))
    try:
        return Body(json_of(raw))
    except ValueError:
        return Body(None, (400, "InvalidRequestContent", "The request content was not valid JSON."))


def _is_json(mimetype: str) -> bool:
    return mimetype in {"application/json", "text/json"} or mimetype.endswith("+json")


def json_of(raw: bytes) -> Any:
    """Return what the JSON says, or raise ValueError; halves of surrogate pairs become the replacement character."""
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    if _depth(value) > DEEPEST:
        raise ValueError("the JSON is nested too deeply")
    return _mended(value) if b"\\u" in raw else value


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _whole(text: str) -> int:
    value = int(text)
    if abs(value) >= WIDEST:
        raise ValueError(f"{text} is too large")
    return value


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        level = [inner for each in level for inner in _inside(each)]
        depth += 1
    return depth - 1


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values()) or [None]
    return (value or [None]) if isinstance(value, list) else []


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(inner) for key, inner in value.items()}
    return [_mended(inner) for inner in value] if isinstance(value, list) else value
