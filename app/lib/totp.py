"""One-time codes of authenticator apps (RFC 6238: SHA-1, 6 digits, 30 seconds), and the codes that stand in for them."""

from __future__ import annotations

import hmac
import re
import secrets

import pyotp

from app.lib import clock

STEP = 30 * clock.SECOND
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A secret of 160 bits in base32."""
    return pyotp.random_base32()


def setup_uri(secret: str, account: str, issuer: str) -> str:
    """The otpauth:// address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer.replace(":", " "))


def matching_step(secret: str, code: str, now: int, after: int) -> int | None:
    """The time step whose code this is: the present one or a neighbour, later than step `after`. None for a wrong or used code."""
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    present = now // STEP
    generator = pyotp.TOTP(secret)
    for step in (present - 1, present, present + 1):
        if step > after and hmac.compare_digest(generator.generate_otp(step), digits):
            return step
    return None


def new_words(groups: int, size: int) -> str:
    """Random letters that read well, in groups: for recovery codes and application passwords (5 bits a letter, nearly)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(size)) for _ in range(groups))


def plain(words: str) -> str:
    """Such letters as they are compared: however they were typed."""
    return re.sub(r"[\W_]", "", words).lower()
