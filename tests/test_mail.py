"""Mails by SMTP: taken, refused for good, refused for now; in the clear, with STARTTLS and with TLS from the start."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.lib.mime import AddressError, Party, compose
from app.mail import MailRefused, send
from app.settings import read_settings

MESSAGE = compose(Party("chalet@alpina.example", "Alpina\r\nBcc: eve@evil.example"), Party("bäat@zürich.example", "Bäat"), "Grüezi\nBcc: x@evil.example", "Text\n", "<p>Text</p>")


@asynccontextmanager
async def mail_server(answer_to_recipient: bytes = b"250 ok", knows: bytes = b"250-SMTPUTF8\r\n") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A mail server that knows a handful of verbs; gives its address and what it took."""
    taken: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-here\r\n" + knows + b"250 8BITMIME\r\n")
            elif verb == b"RCPT":
                writer.write(answer_to_recipient + b"\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                taken.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = talk
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with server:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", taken


async def test_a_mail_arrives_with_its_names_and_without_smuggled_headers() -> None:
    async with mail_server() as (url, taken):
        await send(MESSAGE, read_settings({}, smtp_url=url))
    [text] = taken
    assert b"xn--zrich-kva.example" in text and b"multipart/alternative" in text and b"Auto-Submitted" in text
    assert not [line for line in text.split(b"\r\n") if line.lower().startswith(b"bcc")]


@pytest.mark.parametrize(("answer", "error"), [(b"550 no such person", MailRefused), (b"451 later", aiosmtplib.SMTPRecipientsRefused)])
async def test_a_refusal_for_good_is_told_from_one_for_now(answer: bytes, error: type[Exception]) -> None:
    async with mail_server(answer) as (url, _taken):
        with pytest.raises(error):
            await send(MESSAGE, read_settings({}, smtp_url=url))


async def test_a_server_that_takes_no_such_address_isnt_asked_again_and_again() -> None:
    async with mail_server(knows=b"") as (url, taken):
        with pytest.raises(MailRefused, match="SMTPUTF8"):
            await send(MESSAGE, read_settings({}, smtp_url=url))
    assert taken == []


@pytest.mark.parametrize("address", ["nobody", "a@b\r\nBcc: x@y.z", "a b@c.example", "@c.example", ""])
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(AddressError):
        compose(Party("chalet@alpina.example"), Party(address), "Hello", "Text", "<p>Text</p>")


# -- TLS, against a real server


class Taken:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: SMTP, _session: object, envelope: Envelope) -> str:
        assert server.transport is not None and server.transport.get_extra_info("sslcontext") is not None, "never in the clear"
        self.mails.append(bytes(envelope.content or b""))
        return "250 taken"


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of localhost that nobody vouches for: its file, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


@asynccontextmanager
async def tls_server(scheme: str, context: ssl.SSLContext) -> AsyncIterator[tuple[str, Taken]]:
    """A mail server that takes mail with a login over TLS only: from the start (smtps) or after STARTTLS (smtp)."""
    taken = Taken()
    more = {"auth_require_tls": False} if scheme == "smtps" else {"tls_context": context, "require_starttls": True}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(taken, enable_SMTPUTF8=True, auth_required=True, authenticator=_is_chalet, **more), "127.0.0.1", 0, ssl=context if scheme == "smtps" else None
    )
    async with server:
        yield f"{scheme}://chalet:s%40fe@localhost:{server.sockets[0].getsockname()[1]}", taken


def _is_chalet(_server: object, _session: object, _envelope: object, _mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"chalet", b"s@fe"))


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_mail_goes_out_encrypted_with_a_login(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with tls_server(scheme, context) as (url, taken):
        await send(MESSAGE, read_settings({}, smtp_url=url))
    assert len(taken.mails) == 1 and b"multipart/alternative" in taken.mails[0]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_that_nobody_vouches_for_gets_no_mail(scheme: str, tmp_path: Path) -> None:
    _trusted, context = certificate(tmp_path)
    async with tls_server(scheme, context) as (url, taken):
        with pytest.raises((aiosmtplib.SMTPException, ssl.SSLError)):
            await send(MESSAGE, read_settings({}, smtp_url=url))
    assert taken.mails == []
