"""Records in the DNS, looked up at a name server of the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.lib import dns
from app.lib.dns import Resolver, Wanted
from tests.name_server import NameServer, name_server

PROOF = Wanted("_chalet.alpina.test", "TXT", ("chalet-verify=secret",))
CHAT = Wanted("chat.alpina.test", "HOST", ("203.0.113.7", "2001:db8::7"), "suite.chalet.test")


@pytest.fixture
def names() -> Iterator[NameServer]:
    with name_server() as running:
        yield running


async def state(names: NameServer, wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    (finding,) = await Resolver((names.address,)).check([wanted])
    return finding.state, finding.found


async def test_the_proof_is_found_among_other_texts(names: NameServer) -> None:
    assert await state(names, PROOF) == (dns.MISSING, ())
    names.zone = ['_chalet.alpina.test. 60 TXT "other"']
    assert await state(names, PROOF) == (dns.WRONG, ("other",))
    names.zone += ['_chalet.alpina.test. 60 TXT "chalet-verify=secret"']
    assert (await state(names, PROOF))[0] == dns.OK


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (["chat.alpina.test. 60 CNAME suite.chalet.test.", "suite.chalet.test. 60 A 198.51.100.1"], dns.OK),
        (["chat.alpina.test. 60 A 203.0.113.7"], dns.OK),
        (["chat.alpina.test. 60 A 203.0.113.7", "chat.alpina.test. 60 AAAA 2001:db8:0::7"], dns.OK),
        (["chat.alpina.test. 60 A 203.0.113.7", "chat.alpina.test. 60 A 198.51.100.9"], dns.WRONG),
        (["chat.alpina.test. 60 A 203.0.113.7", "chat.alpina.test. 60 AAAA 2001:db8::bad"], dns.WRONG),
        (["chat.alpina.test. 60 CNAME elsewhere.test.", "elsewhere.test. 60 A 198.51.100.9"], dns.WRONG),
        (["chat.alpina.test. 60 TXT here"], dns.MISSING),
        ([], dns.MISSING),
    ],
)
async def test_a_host_must_lead_here_and_nowhere_else(names: NameServer, zone: list[str], expected: str) -> None:
    names.zone = zone
    assert (await state(names, CHAT))[0] == expected


async def test_what_a_name_means_in_a_private_network_is_not_told(names: NameServer) -> None:
    for address in ("10.1.2.3", "192.168.0.1", "100.64.0.9", "169.254.169.254", "127.0.0.1"):
        names.zone = [f"chat.alpina.test. 60 A {address}", "chat.alpina.test. 60 AAAA fd00::1"]
        assert await state(names, CHAT) == (dns.WRONG, (dns.PRIVATE, dns.PRIVATE))


async def test_servers_that_fail_or_stay_silent_are_told_apart(names: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "PATIENCE", 0.6)
    names.failing = {"chat.alpina.test"}
    names.silent = {"_chalet.alpina.test"}
    assert await state(names, CHAT) == (dns.FAILED, ())
    assert await state(names, PROOF) == (dns.SLOW, ())
