"""
The certificates of the sandbox: its own authority, and the server's certificate for the loopback addresses.

Clients have to trust the authority (`SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, an SDK's `ca`). It may sign only for
loopback: a client that trusts it trusts it for nothing else, even if its key leaks.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Only where certificates are made: a run that never uses TLS must not pay for it.
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_AUTHORITY_LIFETIME = timedelta(days=3650)
_SERVER_LIFETIME = timedelta(days=365)
_RENEWED_BEFORE = timedelta(days=30)
_AUTHORITY = "Provisioner sandbox"
_NETWORKS = ("127.0.0.0/8", "::1/128")
_ADDRESSES = ("127.0.0.1", "::1")
_NAME = "localhost"
_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection; no HTTP method begins with it."""


def is_handshake(connection: socket.socket) -> bool:
    """Return whether a client begins with TLS, once it has sent its first byte, which stays unread."""
    return connection.recv(1, socket.MSG_PEEK) == _HANDSHAKE


class Certificates:
    """The certificates kept in one folder; they are made when they are first asked for."""

    def __init__(self, directory: Path) -> None:
        """Keep them in `directory`, which is made when it is needed."""
        self._directory = directory
        self._lock = threading.Lock()
        self._context: tuple[ssl.SSLContext, datetime] | None = None

    @property
    def ca_path(self) -> Path:
        """The authority's certificate (PEM), made when it is missing."""
        self.context()
        return self._directory / "ca.pem"

    def context(self) -> ssl.SSLContext:
        """Return what a server needs for a connection."""
        with self._lock:
            now = datetime.now(UTC)
            if self._context is None or now >= self._context[1]:
                with _locked(self._directory):
                    renew_at = _ensure(self._directory, now)
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(self._directory / "server.pem", self._directory / "server-key.pem")
                self._context = context, renew_at
            return self._context[0]


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Keep other processes out: two servers of one sandbox must not make two authorities."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _ensure(directory: Path, now: datetime) -> datetime:
    """Make or renew what is missing, unreadable or about to expire, and return when to look again."""
    authority = _load(directory, "ca", now)
    if authority is None:
        authority = _make_authority(directory, now)
    server = _load(directory, "server", now)
    if server is None or server[0].issuer != authority[0].subject or not _is_signed_by(server[0], authority[0]):
        server = _make_server(directory, now, *authority)
    return server[0].not_valid_after_utc - _RENEWED_BEFORE


def _load(directory: Path, name: str, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    """Return a certificate and its key, None when they are of no use any more."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        certificate = x509.load_pem_x509_certificate((directory / f"{name}.pem").read_bytes())
        key = load_pem_private_key((directory / f"{name}-key.pem").read_bytes(), password=None)
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return None if now >= certificate.not_valid_after_utc - _RENEWED_BEFORE else (certificate, key)


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _make_authority(directory: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    # A number in the name: clients that still trust a former authority must not take this one for it.
    name = _named(f"{_AUTHORITY} {x509.random_serial_number() % 10**8:08d}")
    permitted: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(network)) for network in _NETWORKS]
    permitted.append(x509.DNSName(_NAME))
    certificate = (
        _unsigned(name, name, key, now, _AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _store(directory, "ca", certificate, key)
    return certificate, key


def _make_server(
    directory: Path, now: datetime, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES]
    names.append(x509.DNSName(_NAME))
    # Never longer than the authority, so that both are checked again in time.
    lifetime = min(_SERVER_LIFETIME, authority.not_valid_after_utc - now)
    certificate = (
        _unsigned(_named(_NAME), authority.subject, key, now, lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _store(directory, "server", certificate, key)
    return certificate, key


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _store(directory: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _replace(directory / f"{name}-key.pem", private)
    _replace(directory / f"{name}.pem", certificate.public_bytes(Encoding.PEM))


def _replace(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, so that no reader ever sees half of it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
