"""Passwords: argon2id hashes with the parameters of RFC 9106's second recommendation (64 MiB, 3 passes), and which ones are too easy to guess."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.lib.i18n import _

LEAST, MOST = 10, 256  # characters
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(2, "argon2")  # so that many sign-ins at once wait for each other instead of for memory
_LEET = str.maketrans("013457@$!|", "oieastasil")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz", "0123456789012345678901234567890", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
)


async def hash_password(password: str) -> str:
    """The argon2id hash of a password, made off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, _normal(password))


async def is_password(password: str, hashed: str | None) -> bool:
    """Whether `password` is the one that was hashed. Takes as long when there is no hash, so that nobody learns which accounts exist."""
    if len(password) > MOST:
        return False
    verified = await asyncio.get_running_loop().run_in_executor(_threads, _verify, _normal(password), hashed)
    return verified and hashed is not None


def weakness(password: str, personal: Iterable[str] = ()) -> str | None:
    """Why a new password is too easy to guess, in the reader's language, or None. `personal` are the owner's names and addresses."""
    lowered = _normal(password).casefold()
    if len(set(lowered)) < 5:
        return _("This repeats the same few characters. Choose something less regular.")
    if _is_run(lowered):
        return _("This is a row of neighbouring keys or numbers. Choose something less regular.")
    core = _letters(lowered)
    if core in _common() or lowered in _common():
        return _("This is one of the passwords that guessers try first. A few words together are safer.")
    rest = core
    for word in sorted(_words(personal), key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < 4 and rest != core:
        return _("This is mostly your own name or address. Choose something that others can’t know.")
    return None


def _normal(password: str) -> str:
    """One form for what different keyboards send (NIST SP 800-63B §5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobody() -> str:
    """The hash that is tried where there is none. Made when it is first needed: it takes longer than importing all of this."""
    return _hasher.hash("nobody has this password")


def _verify(password: str, hashed: str | None) -> bool:
    try:
        return _hasher.verify(hashed or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False


def _letters(text: str) -> str:
    """What is left of p4ssw0rd-2026! without decoration and lookalikes."""
    return re.sub(r"[\W\d_]", "", re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text).translate(_LEET))


def _is_run(text: str) -> bool:
    return any(text in run or text in run[::-1] for run in _RUNS)


def _words(personal: Iterable[str]) -> set[str]:
    return {word for text in personal for word in re.split(r"[\W\d_]+", text.casefold()) if len(word) >= 4}


@cache
def _common() -> frozenset[str]:
    return frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())
