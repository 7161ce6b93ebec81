"""The certificates with which the sandbox answers over TLS."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from provisioner.sandbox.http import tls
from provisioner.sandbox.http.tls import Certificates


def test_only_the_owner_can_read_the_certificates(tmp_path: Path) -> None:
    directory = Certificates(tmp_path / "tls").ca_path.parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert modes.keys() == {"ca.pem", "ca-key.pem", "server.pem", "server-key.pem", "lock"}


def test_a_later_server_of_the_same_folder_has_the_same_certificates(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in Certificates(tmp_path).ca_path.parent.iterdir()}
    assert {path.name: path.read_bytes() for path in Certificates(tmp_path).ca_path.parent.iterdir()} == first


def test_the_authority_vouches_for_loopback_alone_and_for_ten_years(tmp_path: Path) -> None:
    ca = x509.load_pem_x509_certificate(Certificates(tmp_path).ca_path.read_bytes())
    permitted = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
    assert {str(subtree.value) for subtree in permitted or ()} == {"127.0.0.0/8", "::1/128", "localhost"}
    assert ca.not_valid_after_utc - datetime.now(UTC) > timedelta(days=3649)


def test_a_certificate_that_is_about_to_expire_is_renewed_by_the_same_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_SERVER_LIFETIME", timedelta(days=29))
    ca = Certificates(tmp_path).ca_path.read_bytes()
    old = (tmp_path / "server.pem").read_bytes()
    monkeypatch.undo()
    assert Certificates(tmp_path).ca_path.read_bytes() == ca
    assert (tmp_path / "server.pem").read_bytes() != old


def test_no_certificate_outlives_its_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_AUTHORITY_LIFETIME", timedelta(days=60))
    ca = x509.load_pem_x509_certificate(Certificates(tmp_path).ca_path.read_bytes())
    server = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    assert server.not_valid_after_utc == ca.not_valid_after_utc


def test_an_authority_that_is_about_to_expire_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_AUTHORITY_LIFETIME", timedelta(days=29))
    old = Certificates(tmp_path).ca_path.read_bytes()
    monkeypatch.undo()
    ca = x509.load_pem_x509_certificate(Certificates(tmp_path).ca_path.read_bytes())
    assert ca != x509.load_pem_x509_certificate(old)
    x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes()).verify_directly_issued_by(ca)


def test_a_running_server_renews_its_certificate_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_SERVER_LIFETIME", timedelta(days=29))
    certificates = Certificates(tmp_path)
    first = certificates.context()
    monkeypatch.undo()
    second = certificates.context()
    assert first is not second
    assert certificates.context() is second


@pytest.mark.parametrize("damaged", ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"])
def test_what_is_damaged_is_made_again(tmp_path: Path, damaged: str) -> None:
    Certificates(tmp_path).context()
    (tmp_path / damaged).write_text("nonsense")
    ca = x509.load_pem_x509_certificate(Certificates(tmp_path).ca_path.read_bytes())
    x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes()).verify_directly_issued_by(ca)
