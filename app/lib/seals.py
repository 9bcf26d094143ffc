"""Secrets that must be stored and read again, such as a provider's client secret: sealed with the server's key (Fernet: AES-128-CBC, HMAC).

The key comes from a setting, or is made once and kept in a file of the data folder that only the server's user can read.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

KEY_FILE = "secret.key"
_key = ""
_folder = Path()


class BrokenSeal(ValueError):
    """What was sealed was sealed with another key, or altered."""


def use(key: str, folder: Path) -> None:
    """Seal with this key from now on; with an empty one, by the key file in `folder`, which is made when it is first needed."""
    global _key, _folder
    _key, _folder = key, folder
    _fernet.cache_clear()


def seal(text: str) -> str:
    """A text that only this server can read."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises `BrokenSeal`."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise BrokenSeal("sealed with another key") from None


@cache
def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256((_key or _from_file(_folder / KEY_FILE)).encode()).digest()))


def _from_file(path: Path) -> str:
    """The key in the file; of two processes that make it at the same moment, one wins and both read what it wrote."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(base64.urlsafe_b64encode(os.urandom(32)).decode())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
