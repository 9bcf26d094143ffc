"""Which addresses are called at all: only public ones, and those that were checked."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib import safe_http
from app.lib.safe_http import Caller, NotAllowed, check, check_url, is_public
from tests.push_service import running

REFUSED = [
    "https://localhost/x", "https://localhost./x", "https://LOCALHOST/x", "https://127.0.0.1/x", "https://127.1/x", "https://2130706433/x",
    "https://0x7f000001/x", "https://0177.0.0.1/x", "https://[::1]/x", "https://[::]/x", "https://0.0.0.0/x", "https://10.1.2.3/x",
    "https://172.16.0.1/x", "https://192.168.1.1/x", "https://100.64.0.1/x", "https://169.254.169.254/latest/meta-data", "https://[fe80::1]/x",
    "https://[fd00:ec2::254]/x", "https://[::ffff:127.0.0.1]/x", "https://[64:ff9b::7f00:1]/x", "https://[2002:7f00:1::]/x", "https://224.0.0.1/x",
    "http://push.example.org/x", "ftp://push.example.org/x", "file:///etc/passwd", "https://user:pass@push.example.org/x", "https://user@push.example.org/x",
    "https://push.example.org:8443/x", "https://push.example.org:22/x", "https://push.example.org:99999/x", "https://push.example.org:/x#a",
    "https://fcm.googleapis.com@127.0.0.1/x", "https://127.0.0.1#@fcm.googleapis.com/", "https://127.0.0.1\\@fcm.googleapis.com/", "https:///x", "//x", "",
    "https://push.example.org/ x", "https://push.example.org/\n", "https://printer.local/x", "https://db.internal/x", "https://intranet/x",
    "https://push.example.org/" + "x" * 3000,
]


@pytest.mark.parametrize("url", REFUSED)
def test_what_isnt_public_or_https_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        check_url(url)


@pytest.mark.parametrize("url", ["https://fcm.googleapis.com/fcm/send/abc:def", "https://updates.push.services.mozilla.com:443/wpush/v2/x", "https://8.8.8.8/x"])
def test_push_services_are_called(url: str) -> None:
    check_url(url)


def test_only_the_very_host_and_port_that_was_named_is_an_exception() -> None:
    check_url("http://127.0.0.1:8155/x", ["127.0.0.1:8155"])
    for other in ("http://127.0.0.1:8156/x", "http://127.0.0.2:8155/x", "http://localhost:8155/x", "http://a@127.0.0.1:8155/x"):
        with pytest.raises(NotAllowed):
            check_url(other, ["127.0.0.1:8155"])


@given(st.ip_addresses())
def test_an_address_in_disguise_is_what_it_hides(address: Any) -> None:
    if address.version == 4 and not address.is_global:
        assert not is_public(str(address)) and not is_public(f"::ffff:{address}")


async def test_a_name_that_means_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve(monkeypatch, [["93.184.216.34", "10.0.0.5"]])
    with pytest.raises(NotAllowed):
        await check("https://rebinding.example.org/x")


async def test_a_name_that_changes_its_mind_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it is checked, this machine when it is called."""
    _resolve(monkeypatch, [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    await check("https://rebinding.example.org/x")
    async with Caller() as caller:
        with pytest.raises(NotAllowed):
            await caller.post("https://rebinding.example.org/x", b"", {})


async def test_a_redirect_is_an_answer_and_nothing_more() -> None:
    with running() as service:
        service.browser("phone")
        service.answers["phone"] = [302]
        headers = _signed(service.browser("phone").endpoint)
        async with Caller([service.host]) as caller:
            answer = await caller.post(service.browser("phone").endpoint, b"", headers)
        assert answer.status == 302


async def test_a_private_address_is_not_called_even_when_the_check_was_forgotten() -> None:
    with running() as service:
        async with Caller() as caller:
            with pytest.raises(NotAllowed):
                await caller.post(f"https://{service.host}/push/phone", b"", {})


async def test_an_answer_that_comes_in_pieces_is_read_up_to_the_limit() -> None:
    sizes = {"/short": 3000, "/long": safe_http.MOST_BYTES + 3000}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _piece in range(sizes[path] // 1000):
            writer.write(b"x" * 1000)
            await writer.drain()
            await asyncio.sleep(0.001)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Caller([host]) as caller:
        assert len((await caller.post(f"http://{host}/short", b"", {})).body) == 3000
        assert len((await caller.post(f"http://{host}/long", b"", {})).body) == safe_http.MOST_BYTES


async def test_a_caller_leaves_no_task_behind() -> None:
    with running() as service:
        before = asyncio.all_tasks()
        caller = Caller([service.host])
        service.answers[service.browser("phone").name] = [404]
        await caller.post(service.browser("phone").endpoint, b"", _signed(service.browser("phone").endpoint))
        assert asyncio.all_tasks() == before
        await caller.close()


def _resolve(monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]) -> None:
    async def getaddrinfo(_host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in answers.pop(0)]

    monkeypatch.setattr(asyncio.get_running_loop().__class__, "getaddrinfo", lambda _loop, *a, **k: getaddrinfo(*a, **k), raising=True)
    assert safe_http.is_public("93.184.216.34")


def _signed(endpoint: str) -> dict[str, str]:
    from app.lib import webpush

    private, _public = webpush.new_key_pair()
    return webpush.headers(private, endpoint, "mailto:test@example.org", ttl=60, urgency="normal")
