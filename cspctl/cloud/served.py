"""Sends what is meant for Microsoft's hosts to a served simulator, which tells them apart by the Host header."""

from __future__ import annotations

import ssl
from functools import cached_property
from pathlib import Path

import httpx

from cspctl.errors import BadInput, Problem


class Diverted(httpx.BaseTransport):
    """Connects to one address, whatever host a request names."""

    def __init__(self, address: str, ca_file: Path | None) -> None:
        """`ca_file` is the certificate by which the address is recognised; none for one that everybody knows."""
        self.address = httpx.URL(address)
        self.ca_file = ca_file

    @cached_property
    def _inner(self) -> httpx.HTTPTransport:
        # Made at the first request: what is wrong with it concerns this account, and no other one of the run.
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError):
            problem = Problem("cspctl.yaml", f"caFile: {self.ca_file} holds no certificate (PEM)", "Check the path.")
            raise BadInput([problem]) from None
        return httpx.HTTPTransport(verify=context)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; its Host header stays that of Microsoft's."""
        to = self.address
        url = request.url.copy_with(scheme=to.scheme, host=to.host, port=to.port)
        headers, extensions = request.headers, request.extensions
        diverted = httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=extensions)
        return self._inner.handle_request(diverted)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "_inner" in vars(self):
            self._inner.close()
