"""Which brand a host name has. Unknown hosts have none and get a 421."""

from __future__ import annotations

from typing import Any

from app import live
from app.models.brand import Brand, default_brand
from app.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_generation = 0


class Hosts:
    """The known hosts and their brands, in memory; read anew after `changed()`, in whichever process that was."""

    def __init__(self, settings: Settings) -> None:
        self._names = frozenset((*LOOPBACK, *settings.allowed_hosts, *((settings.public_host,) if settings.public_host else ())))
        self._default = Brand()
        self._read_at = -1

    async def brand(self, host: str) -> Brand | None:
        """The brand of a host name, None where the host is unknown."""
        if host not in self._names:
            return None
        if self._read_at != _generation:
            self._read_at, self._default = _generation, await default_brand()
        return self._default

    @staticmethod
    def changed() -> None:
        """Read the brands anew, in every process, once the change is committed."""
        live.broadcast_internal("hosts", None)


@live.on_internal("hosts")
@live.on_internal("live.lost")
def _reload(_: Any) -> None:
    global _generation
    _generation += 1
