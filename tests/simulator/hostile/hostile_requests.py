"""Makes requests that are valid in most of their parts, and anything in the others."""

from __future__ import annotations

import copy
import io
import json
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import UUID

from hostile_values import HEADERS, HOSTS, ODD, QUERIES, RAW, RESOURCES, SEGMENTS
from hostile_world import VALID, World

from cspctl.simulator import details
from cspctl.simulator.people import ACTS


@dataclass
class Wanted:
    """One request, as it goes out."""

    service: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    data: bytes
    body: Any = field(default=None, repr=False)

    def environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path.encode("utf-8", "surrogatepass").decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": HOSTS[self.service],
            "CONTENT_LENGTH": str(len(self.data)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(self.data),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ


class Attacker:
    """Makes requests by chance, in a world of which it knows a lot."""

    def __init__(self, world: World, random: Random) -> None:
        self._world, self._random = world, random
        self._names = sorted(set(_names(VALID)))

    def request(self, service: str, method: str, template: str) -> Wanted:
        """Return a request for the route."""
        random = self._random
        kept = self._resource() if "<path:rest>" in template else {}
        path = re.sub(
            r"<(?:path:)?(\w+)>", lambda found: kept.get(found[1]) or self._segment(service, found[1]), template
        )
        if random.random() < 0.02:
            path = path.upper() if random.random() < 0.5 else path.replace("/", "//") + "/"
        if template.endswith("/people/<act>"):
            body = self._deed(path.rpartition("/")[2])
        elif template.endswith("<path:rest>") and kept and method in {"PUT", "PATCH"}:
            body = self._mutated(copy.deepcopy(RESOURCES[kept["namespace"], kept["rest"]]))
        elif method == "PUT" and template.endswith("s/<name>"):
            path = f"{path.rpartition('/')[0]}/{UUID(int=random.getrandbits(128), version=4)}"
            body = self._body(service, method, template)
        else:
            body = self._body(service, method, template)
        headers, data = self._sent(service, body)
        return Wanted(service, method, path, self._query(service, method, template), headers, data, body)

    def _segment(self, service: str, name: str) -> str:
        random, ids = self._random, self._world.ids
        if random.random() < 0.08:
            odd = random.choice(ODD)
            return (odd if isinstance(odd, str) and odd.strip("/") else str(odd))[:200].replace("\ud800", "?")
        if name == "id" and random.random() < 0.7 and ids[service, "id"]:
            return random.choice(ids[service, "id"])
        return random.choice(ids[service, name] or ids["", name] or SEGMENTS.get(name) or ids["", ""])

    def _query(self, service: str, method: str, template: str) -> str:
        random = self._random
        versions = self._world.versions
        version = versions.get(f"{method} {template}") or random.choice(QUERIES["api-version"][:3])
        pairs = [("api-version", version)] if service == "arm" else []
        if service == "partner-center" and random.random() < 0.8:
            pairs += [("country", "US"), ("targetView", "Azure")]
        while random.random() < 0.3:
            name = random.choice(sorted(QUERIES))
            odd = random.choice(ODD)
            pairs.append(
                (name, random.choice(QUERIES[name]) if random.random() < 0.8 else str(odd).replace("\ud800", "?"))
            )
        text = "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in pairs)
        if random.random() < 0.02:
            text += random.choice(["&%", "&%ff=%zz", "&=&&==", "&a" * 20_000, "&" + "x" * 60_000, "&\xff"])
        return text

    def _body(self, service: str, method: str, template: str) -> Any:
        random = self._random
        known = VALID.get(f"{service} {method} {template}")
        if known is None and method in {"GET", "HEAD", "DELETE"} and random.random() < 0.95:
            return None
        return self._mutated(self._filled(copy.deepcopy(random.choice(known))) if known else self._invented())

    def _resource(self) -> dict[str, str]:
        """Return namespace, type and name of a resource that a body is known for, at times."""
        if self._random.random() < 0.2:
            return {}
        namespace, rest = self._random.choice(sorted(RESOURCES))
        return {"namespace": namespace, "rest": rest, "group": "network"}

    def _mutated(self, body: Any) -> Any:
        for _ in range(self._random.choice((0, 1, 1, 1, 2, 4))):
            body = self._changed(body)
        return body

    def _invented(self) -> Any:
        random = self._random
        return {random.choice(self._names): self._odd() for _ in range(random.randrange(4))}

    def _odd(self) -> Any:
        random = self._random
        if random.random() < 0.2:
            return random.choice(self._world.ids["", ""])
        return copy.deepcopy(random.choice(ODD))

    def _deed(self, name: str) -> Any:
        """Return details of something that people do."""
        deed = ACTS.get(name)
        if deed is None:
            return self._invented()
        fields = self._world.fields
        body = {
            each.name: self._random.choice(fields.get(each.name) or [1, True, "x", {}])
            for each in details.of(deed)
            if each.needed or self._random.random() < 0.4
        }
        return self._changed(body) if self._random.random() < 0.5 else body

    def _filled(self, body: Any, field: str = "") -> Any:
        """Put ids and secrets that exist in the place of those that are long gone."""
        if isinstance(body, dict):
            return {key: self._filled(value, key) for key, value in body.items()}
        if isinstance(body, list):
            return [self._filled(each, field) for each in body]
        if not isinstance(body, str):
            return body
        if field in self._world.fields and self._random.random() < 0.9:
            return self._random.choice(self._world.fields[field] or [body])
        body = re.sub("<id>", lambda _: self._random.choice(self._world.ids["", ""]), body)
        return body.replace("<secret>", self._random.choice(self._world.secrets))

    def _changed(self, body: Any) -> Any:
        """Change one thing somewhere in the body."""
        random = self._random
        if not isinstance(body, dict | list) or not body or random.random() < 0.1:
            if isinstance(body, dict) and random.random() < 0.9:
                return {**body, random.choice(self._names): self._odd()}
            return self._odd()
        key = random.choice(list(body)) if isinstance(body, dict) else random.randrange(len(body))
        if isinstance(body[key], dict | list) and random.random() < 0.75:  # type: ignore[index, call-overload]
            body[key] = self._changed(body[key])  # type: ignore[index, call-overload]
        elif random.random() < 0.15:
            del body[key]  # type: ignore[arg-type]
        elif isinstance(body, list) and random.random() < 0.3:
            body.append(copy.deepcopy(body[int(key)]))
        else:
            body[key] = self._odd()  # type: ignore[index, call-overload]
        return body

    def _sent(self, service: str, body: Any) -> tuple[dict[str, str], bytes]:
        random = self._random
        tokens = self._world.tokens[service]
        token = tokens[0] if random.random() < 0.7 else random.choice(tokens)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = b"" if body is None else json.dumps(body).encode()
        if data:
            headers["Content-Type"] = "application/json"
        if service == "sign-in" and isinstance(body, dict) and random.random() < 0.95:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            pairs = ((str(key), str(value)) for key, value in body.items())
            data = "&".join(f"{quote(k, errors='replace')}={quote(v, errors='replace')}" for k, v in pairs).encode()
        if random.random() < 0.03:
            data = random.choice(RAW)
        while random.random() < 0.08:
            name = random.choice(sorted(HEADERS))
            headers[name] = random.choice(HEADERS[name])
        return headers, data


def _names(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [key for key in value if " " not in key]
        return own + [name for inner in value.values() for name in _names(inner)]
    return [name for inner in value for name in _names(inner)] if isinstance(value, list) else []
