"""Makes the certificates that the served simulator shows; the only place that does.

An authority of its own signs one certificate, and its key is thrown away at once: whoever trusts the authority
trusts this simulator and nothing else, ever.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY, CERTIFICATE, KEY = "simulator-ca.pem", "simulator-certificate.pem", "simulator-key.pem"
LIFE = datetime.timedelta(days=365)  # some clients refuse certificates that live longer than 398 days
# A certificate that ends during a long run would be a riddle.
RENEWED = datetime.timedelta(days=7)

Extension = tuple[x509.ExtensionType, bool]


def context(folder: Path, names: Iterable[str]) -> ssl.SSLContext:
    """Return what a server needs to speak TLS under these host names and addresses.

    The files in the folder are used again as long as they cover the names; `AUTHORITY` is what clients trust.
    """
    wanted = tuple(dict.fromkeys(names))
    if not _usable(folder, wanted):
        _make(folder, wanted)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_alpn_protocols(["http/1.1"])
    made.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    return made


def _usable(folder: Path, names: tuple[str, ...]) -> bool:
    try:
        authority, certificate = (
            x509.load_pem_x509_certificate((folder / name).read_bytes()) for name in (AUTHORITY, CERTIFICATE)
        )
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), password=None)
        certificate.verify_directly_issued_by(authority)
        covered = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        # Whatever is wrong with a file of ours, a new one is right.
        return False
    still = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > RENEWED
    return still and key.public_key() == certificate.public_key() and all(_name(each) in covered for each in names)


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _make(folder: Path, names: tuple[str, ...]) -> None:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = _subject("cspctl simulator authority")
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    # Key usage and identifiers are what strict clients insist on, Python 3.13's among them.
    authority = _signed(
        authority_name,
        authority_key.public_key(),
        authority_name,
        authority_key,
        [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (_usage(key_cert_sign=True, crl_sign=True), True),
            (identifier, False),
        ],
    )
    certificate = _signed(
        _subject("cspctl simulator"),
        key.public_key(),
        authority_name,
        authority_key,
        [
            (x509.SubjectAlternativeName([_name(each) for each in names]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(digital_signature=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
        ],
    )
    _write_private(folder / KEY, _pem(key))
    (folder / CERTIFICATE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / AUTHORITY).write_bytes(authority.public_bytes(serialization.Encoding.PEM))


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(**used: bool) -> x509.KeyUsage:
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: used.get(name, False) for name in every.split()})


def _signed(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    extensions: list[Extension],
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + LIFE)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, hashes.SHA256())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that is nobody else's to read at any moment, even if it was there with other rights."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
