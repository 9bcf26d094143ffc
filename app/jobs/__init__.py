"""Work done after the answer: thin functions of a few lines that call a model.

    @job("send_mail")
    async def send_mail(to: str, …) -> None: …
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

Work = Callable[..., Awaitable[None]]
registry: dict[str, Work] = {}
endings: list[Callable[[], Awaitable[None]]] = []


class GiveUp(Exception):
    """Trying again won't help: the job becomes a dead letter at once."""


def job(kind: str) -> Callable[[Work], Work]:
    """Register the function that does jobs of `kind`; it gets the payload as keyword arguments and may run more than once."""

    def register(function: Work) -> Work:
        registry[kind] = function
        return function

    return register


def at_end(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Register what is let go of when a process has done its last job."""
    endings.append(work)
    return work


async def run_now(kind: str, payload: dict[str, Any]) -> None:
    """Do a job here and now."""
    await registry[kind](**payload)


def load() -> None:
    """Import every module of this folder, so that its jobs are registered."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
