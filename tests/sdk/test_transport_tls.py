"""Over TLS: only a vendor with a certificate this machine trusts is spoken to."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from seatwise.sdk.errors import Unavailable
from seatwise.sdk.tls import trusted
from seatwise.sdk.transport import Transport


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of 127.0.0.1, which nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Acme")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "acme.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return file


async def things(request: web.Request) -> web.Response:
    return web.Response(text="here")


@pytest.fixture
async def address(certificate: Path) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    app = web.Application()
    app.router.add_get("/things", things)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(autouse=True)
def read_anew():
    trusted.cache_clear()
    yield
    trusted.cache_clear()


async def test_a_certificate_nobody_trusts_ends_the_request(address):
    async with Transport(address, {}, vendor="Acme") as transport:
        with pytest.raises(Unavailable, match="a certificate this server does not trust"):
            await transport.get("/things")


async def test_a_certificate_this_machine_trusts_is_enough(address, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with Transport(address, {}, vendor="Acme") as transport:
        answer = await transport.get("/things")
    assert (answer.status, answer.body) == (200, b"here")


def test_everybody_else_finds_the_certificates_of_this_machine_as_usual(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    assert ssl.create_default_context().cert_store_stats()["x509"] == 1
