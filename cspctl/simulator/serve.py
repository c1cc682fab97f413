"""Serves the simulator over a socket, with TLS if wanted; the only place that opens a port."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from cspctl.simulator import Simulator
from cspctl.simulator.app import HOSTS, BrokenConnection, StartResponse, written

CERTIFICATE, KEY = "simulator-certificate.pem", "simulator-key.pem"


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the ledger knows."""


def server(simulator: Simulator, host: str, port: int, *, tls: bool = False) -> BaseWSGIServer:
    """Return a server of many threads; the caller runs `serve_forever` and later `server_close`.

    With TLS the certificate lies beside the state file (`CERTIFICATE`); clients have to trust it. Port 0 takes
    a free one, which `server_port` then tells.
    """
    context = _context(simulator.path.parent, host) if tls else None
    return make_server(host, port, _Breaking(simulator), threaded=True, request_handler=_Quiet, ssl_context=context)


class _Breaking:
    """Passes requests on, and breaks the connection where a fault says so."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._simulator(environ, start_response)
        except BrokenConnection as broken:
            connection: socket.socket = environ["werkzeug.socket"]
            if broken.what == "truncate":
                connection.sendall(_half(broken))
            connection.shutdown(socket.SHUT_RDWR)
            raise


def _half(broken: BrokenConnection) -> bytes:
    whole = written(broken.response)
    data = whole.get_data()
    lines = [f"HTTP/1.1 {whole.status}", *(f"{name}: {value}" for name, value in whole.headers)]
    return "\r\n".join([*lines, "", ""]).encode() + data[: len(data) // 2]


def _context(folder: Path, host: str) -> ssl.SSLContext:
    certificate, key = folder / CERTIFICATE, folder / KEY
    if not certificate.exists():
        _make_certificate(certificate, key, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _make_certificate(certificate: Path, key: Path, host: str) -> None:
    """Write a self-signed certificate for this host and for the true names of the services."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cspctl simulator")])
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in ("localhost", *HOSTS)]
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    today = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    key.touch(mode=0o600)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
