"""What `serve --demo` does before it serves."""

from __future__ import annotations

import ipaddress
import secrets

from app.commands import Stop
from app.settings import Settings

_WORDS = "alder birch cedar fir hazel juniper larch linden maple pine rowan spruce willow yew"


def check_demo(settings: Settings) -> None:
    """A `Stop` where a demo would be in somebody's way or within strangers' reach."""
    if not _is_loopback(settings.host) or settings.base_url:
        raise Stop("a demo listens on this machine only: leave out --host and CHALET_BASE_URL, or start without --demo.")
    if settings.data_dir.exists() and any(settings.data_dir.iterdir()):
        raise Stop(f"{settings.data_dir} is not empty. A demo needs a new folder: --data-dir demo. To go on with an old demo, start without --demo.")


async def fill_demo(settings: Settings) -> None:
    """Fill the migrated, open database, and say how to sign in."""
    from app.demo import fill
    from app.models.base import Refused

    password = settings.demo_password or _made_up()
    try:
        await fill(password, f"http://{settings.host}:{settings.port}")
    except Refused as refused:
        raise Stop(str(refused)) from None
    print("Alpina is here. Sign in as anna@alpina.example (or beat@, chiara@, david@ …)", flush=True)
    print(f"with the password {password}" if not settings.demo_password else "with the password of CHALET_DEMO_PASSWORD", flush=True)


def _made_up() -> str:
    words = _WORDS.split()
    return "-".join([*(secrets.choice(words) for _ in range(3)), str(secrets.randbelow(90) + 10)])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
