"""Which brand a host name has. Unknown hosts have none and get a 421."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from app import live
from app.models.brand import addresses
from app.models.brand.brand import Brand, default_brand
from app.models.brand.known import Known, known_hosts
from app.rooms import all_apps
from app.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_generation = 0


class Hosts:
    """The known hosts and their brands, in memory; read anew after `changed()`, in whichever process that was."""

    def __init__(self, settings: Settings) -> None:
        public = (settings.public_host,) if settings.public_host else ()
        self._names = frozenset((*LOOPBACK, *settings.allowed_hosts, *public))
        self._default = Brand()
        self._known = Known()
        self._read_at = -1
        addresses.serve_at(
            settings.base_url, settings.port, [app.key for app in all_apps()], own_hosts=(*public, *settings.allowed_hosts), addresses=settings.public_addresses
        )

    async def brand(self, host: str) -> Brand | None:
        """The brand of a host name, None where the host is unknown or its brand is switched off."""
        if self._read_at != _generation:
            await self._read()
        if host in self._names:
            return self._default
        return self._known.active.get(host)

    def elsewhere(self, host: str, path: str) -> str:
        """Where somebody is shown the way who asks for a host that is switched off: on the standard address. Empty for unknown hosts."""
        label = self._known.off.get(host)
        if label is None or not addresses.web.base:
            return ""
        there = addresses.path_of(label) if path == "/" else path
        return f"{addresses.web.base}/moved?from={quote(host, safe='')}&next={quote(there, safe='')}"

    def is_off(self, host: str) -> bool:
        """Whether a host is of a brand that is switched off."""
        return host in self._known.off

    async def _read(self) -> None:
        """A change that comes while this reads is not missed: the number was taken before."""
        generation = _generation
        self._known, self._default = await known_hosts(), await default_brand()
        self._read_at = generation

    @staticmethod
    def changed() -> None:
        """Read the brands anew, in every process, once the change is committed."""
        live.broadcast_internal("hosts", None)


@live.on_internal("hosts")
@live.on_internal("live.lost")
def _reload(_: Any) -> None:
    global _generation
    _generation += 1


def front_door(brand: Brand) -> str:
    """Where the root of a brand's host leads: chat.example.org opens Chat. `/` where it is home itself."""
    return addresses.path_of(brand.host.partition(".")[0]) if brand.domain else "/"
