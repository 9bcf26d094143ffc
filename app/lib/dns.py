"""Whether records in the DNS say what they should, in words that somebody can act upon."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

OK, MISSING, WRONG, SLOW, FAILED, REFUSED = "ok", "missing", "wrong", "slow", "failed", "refused"
PRIVATE = "private"  # stands for an address of a private network among what was found
_PRIVATE_NETWORKS = tuple(ipaddress.ip_network(one) for one in (  # RFC 1918, 6598, 3927, 4193, 4291
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10", "::1/128",
))
PATIENCE = 6.0  # seconds that one question may take with all its tries
_MOST_SHOWN = 6  # answers that are kept of a record


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record that should be there. For TXT `values` is the text; for hosts the addresses that it may lead to, and `target` a name that leads there."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    target: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a record: `state` is one of OK, MISSING, WRONG, SLOW (no answer in time), FAILED (SERVFAIL), REFUSED."""

    name: str
    kind: str
    state: str
    found: tuple[str, ...] = ()


class Resolver:
    """Asks name servers, by default those of the system. `servers` are addresses, with a port where it isn't 53: 127.0.0.1:5353, [::1]:5353."""

    def __init__(self, servers: tuple[str, ...] = ()) -> None:
        self._servers = servers
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def check(self, wanted: list[Wanted]) -> list[Finding]:
        """Look all of them up, at the same time."""
        return list(await asyncio.gather(*(self._check(one) for one in wanted)))

    async def addresses(self, host: str) -> tuple[str, ...]:
        """The IPv4 and IPv6 addresses of a host, empty where there are none or nobody answers."""
        try:
            _names, found = await self._lead(host)
        except dns.exception.DNSException:
            return ()
        return found

    async def _check(self, wanted: Wanted) -> Finding:
        try:
            look = self._text if wanted.kind == "TXT" else self._host
            state, found = await look(wanted)
        except dns.resolver.NXDOMAIN:
            state, found = MISSING, ()
        except dns.resolver.LifetimeTimeout:
            state, found = SLOW, ()
        except dns.resolver.NoNameservers as error:
            state, found = _reason(error), ()
        except dns.exception.DNSException:
            state, found = FAILED, ()
        return Finding(wanted.name, wanted.kind, state, found[:_MOST_SHOWN])

    async def _text(self, wanted: Wanted) -> tuple[str, tuple[str, ...]]:
        answer = await self._ask(wanted.name, "TXT")
        texts = tuple(b"".join(record.strings).decode("utf-8", "replace")[:120] for record in answer)
        if not texts:
            return MISSING, ()
        return (OK, wanted.values) if set(wanted.values) & {text.strip().strip('"') for text in texts} else (WRONG, texts)

    async def _host(self, wanted: Wanted) -> tuple[str, tuple[str, ...]]:
        """A host is right when all that it leads to is ours; one address elsewhere would take some visitors there."""
        names, found = await self._lead(wanted.name)
        through = tuple(name for name in names if name != wanted.name)
        if wanted.target and wanted.target in names and found:
            return OK, (wanted.target,)
        if not found:
            return (WRONG, through) if through else (MISSING, ())
        is_ours = bool(wanted.values) and set(found) <= set(wanted.values)
        return (OK if is_ours else WRONG), (*through, *(one if one in wanted.values else _shown(one) for one in found))

    async def _lead(self, host: str) -> tuple[list[str], tuple[str, ...]]:
        """The names that a host leads through, and the addresses at the end."""
        four, six = await asyncio.gather(self._ask(host, "A"), self._ask(host, "AAAA"))
        names = [str(name).rstrip(".").lower() for name in (*(link.target for link in four.chaining_result.cnames for link in link), four.canonical_name)]
        return list(dict.fromkeys(names)), tuple(str(ipaddress.ip_address(record.address)) for record in (*four, *six))

    async def _ask(self, name: str, kind: str) -> dns.resolver.Answer:
        return await self._open().resolve(dns.name.from_text(name), kind, raise_on_no_answer=False, search=False, lifetime=PATIENCE)

    def _open(self) -> dns.asyncresolver.Resolver:
        """Made at the first question: reading the system's configuration touches files. Raises `NoResolverConfiguration`."""
        if self._resolver is None:
            made = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                made.nameservers = [dns.nameserver.Do53Nameserver(*_host_and_port(server)) for server in self._servers]
            made.timeout = PATIENCE / 3
            self._resolver = made
        return self._resolver


def _shown(address: str) -> str:
    """An address for people. What a name means inside a private network isn't told: whoever asks may be a stranger to it."""
    found = ipaddress.ip_address(address)
    return PRIVATE if any(found in network for network in _PRIVATE_NETWORKS) else address


def _host_and_port(server: str) -> tuple[str, int]:
    host, _sep, port = server.rpartition(":") if server.startswith("[") or server.count(":") == 1 else (server, "", "")
    return host.strip("[]"), int(port or 53)


def _reason(error: dns.resolver.NoNameservers) -> str:
    """Why no server answered properly: REFUSED where the last said so, SLOW where none was reached, else FAILED."""
    errors = error.kwargs.get("errors", [])
    said = [str(one[3]) for one in errors]
    if any("REFUSED" in one for one in said):
        return REFUSED
    return SLOW if errors and all("timed out" in one.lower() for one in said) else FAILED
