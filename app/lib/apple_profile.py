"""Configuration profiles that set accounts up on an iPhone, iPad or Mac (Apple's Profile-Specific Payload Keys, CardDAV and CalDAV).

Without a password in it: the device asks for it.
"""

from __future__ import annotations

import plistlib
import uuid
from typing import Any
from urllib.parse import urlsplit

_NAMESPACE = uuid.UUID("5d0f6b0e-6c0e-4b6e-9a55-0f3d3f0c1a11")
KIND = "application/x-apple-aspen-config"


def sync_profile(origin: str, user_name: str, organisation: str, title: str, *, kinds: tuple[str, ...]) -> bytes:
    """The profile of a user at `origin`, such as https://suite.example.org, with accounts of these kinds: CardDAV, CalDAV."""
    payloads = [_account(kind, origin, user_name, title) for kind in kinds]
    return plistlib.dumps({
        "PayloadType": "Configuration", "PayloadVersion": 1, "PayloadIdentifier": _identifier(origin, user_name), "PayloadUUID": _uuid(origin, user_name),
        "PayloadDisplayName": title, "PayloadOrganization": organisation, "PayloadRemovalDisallowed": False, "PayloadContent": payloads,
    })


def _account(kind: str, origin: str, user_name: str, title: str) -> dict[str, Any]:
    parts = urlsplit(origin)
    is_secure = parts.scheme == "https"
    return {
        "PayloadType": f"com.apple.{kind.lower()}.account", "PayloadVersion": 1, "PayloadIdentifier": _identifier(origin, user_name, kind.lower()),
        "PayloadUUID": _uuid(origin, user_name, kind), "PayloadDisplayName": title, f"{kind}AccountDescription": title,
        f"{kind}HostName": parts.hostname or "", f"{kind}Port": parts.port or (443 if is_secure else 80), f"{kind}UseSSL": is_secure,
        f"{kind}PrincipalURL": f"/dav/principals/{user_name}/", f"{kind}Username": user_name,
    }


def _identifier(origin: str, *more: str) -> str:
    """The same for the same account, so that installing it again replaces it."""
    return ".".join([*reversed((urlsplit(origin).hostname or "localhost").split(".")), "chalet", *more])


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, " ".join(parts))).upper()
