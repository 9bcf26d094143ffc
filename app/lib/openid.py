"""Signing in at an OpenID Connect provider: the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1, RFC 7636).

What is asked and what must come back, without storing anything. Providers are called through `safe_http`: public addresses over
https only, except the hosts in `private`, which the server's administrator named. It takes long to import, so import it where it is used.
"""

from __future__ import annotations

import base64
import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jwk import KeySet

from app.lib import clock
from app.lib.i18n import _
from app.lib.safe_connections import open_session, read_most
from app.lib.safe_http import TIMEOUT, NotAllowed, check_url

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
SCOPE = "openid email profile"
LEEWAY = 60  # seconds that clocks may differ
MOST_BYTES = 512 * 1024
KEPT = 10 * clock.MINUTE


class ProviderError(Exception):
    """It doesn't work with this provider. The text says why, for people."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are at a provider."""

    issuer: str
    id: str
    secret: str
    return_url: str
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stranger:
    """Whom the provider vouches for. `email` is empty unless the provider says that it is theirs."""

    issuer: str
    subject: str
    email: str
    given_name: str
    family_name: str
    is_two_factor: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    until: int
    metadata: dict[str, Any]
    keys: KeySet


_providers: dict[str, _Kept] = {}


async def question(client: Client, state: str, nonce: str, verifier: str, *, again: bool = False) -> str:
    """Where to send a browser. `state`, `nonce` and `verifier` are random (the last of 43 characters or more) and kept for the answer.

    With `again`, the provider asks for the proof even if it knows the person. Raises `ProviderError`.
    """
    metadata = (await _provider(client)).metadata
    more = {"prompt": "login", "max_age": "0"} if again else {}
    url: str = prepare_grant_uri(
        metadata["authorization_endpoint"], client.id, "code", client.return_url, SCOPE, state, nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256", **more,
    )
    return url


async def answer(client: Client, code: str, nonce: str, verifier: str) -> Stranger:
    """Whom a code stands for. Raises `ProviderError`."""
    kept = await _provider(client)
    tokens = await _redeem(client, kept.metadata, code, verifier)
    claims = await _verified(client, tokens, nonce)
    if not claims.get("email") and tokens.get("access_token") and kept.metadata.get("userinfo_endpoint"):
        claims = await _with_user_info(client, kept.metadata["userinfo_endpoint"], tokens["access_token"], claims)
    return _stranger(claims)


async def test(client: Client) -> list[str]:
    """Try everything that can be tried without a person; returns what to look into, although it works. Raises `ProviderError`."""
    _providers.pop(client.issuer, None)
    kept = await _provider(client)
    warnings = []
    methods = kept.metadata.get("code_challenge_methods_supported")
    if methods is not None and "S256" not in methods:
        warnings.append(_("The provider doesn’t say that it knows PKCE with S256, which protects the sign-in on its way."))
    if seconds := await _clock_difference(client):
        warnings.append(_("The clocks of this server and of the provider differ by %(seconds)s seconds. Sign-ins fail from 60 on.") % {"seconds": seconds})
    await _try_secret(client, kept.metadata)
    return warnings


def forget() -> None:
    """Ask the providers anew for what they are."""
    _providers.clear()


# -- what the provider is


async def _provider(client: Client, fresh: bool = False) -> _Kept:
    kept = _providers.get(client.issuer)
    if fresh or kept is None or kept.until < clock.now():
        metadata = await _discover(client)
        keys = await _keys(client, metadata["jwks_uri"])
        kept = _providers[client.issuer] = _Kept(clock.now() + KEPT, metadata, keys)
    return kept


async def _discover(client: Client) -> dict[str, Any]:
    """The discovery document (OpenID Connect Discovery 1.0 §4): it must name the issuer that was asked for."""
    metadata = (await _call(client, "GET", get_well_known_url(client.issuer, external=True))).json(
        _("There is no OpenID Connect discovery document at this issuer. Check its address: nothing of it may be missing, such as the realm.")
    )
    issuer = metadata.get("issuer")
    if issuer != client.issuer:
        raise ProviderError(_("The provider calls itself “%(theirs)s”. Enter exactly that as issuer.") % {"theirs": str(issuer)[:200]})
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(metadata.get(name), str):
            raise ProviderError(_("The provider’s discovery document lacks “%(name)s”.") % {"name": name})
        _check(client, metadata[name])
    return metadata


async def _keys(client: Client, url: str) -> KeySet:
    found = (await _call(client, "GET", url)).json(_("The provider’s keys can’t be read."))
    usable = [key for key in found.get("keys", ()) if isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")]
    try:
        keys = KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderError(_("The provider’s keys can’t be read.")) from None
    if not keys.keys:
        raise ProviderError(_("The provider has no keys to sign with."))
    return keys


# -- the code and what it stands for


async def _redeem(client: Client, metadata: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
    """The tokens of a code (RFC 6749 §4.1.3)."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.return_url, "code_verifier": verifier}
    response = await _token_request(client, metadata, form)
    tokens = response.json(_("The provider’s answer can’t be read."), any_status=True)
    if response.status != 200 or not isinstance(tokens.get("id_token"), str):
        raise ProviderError(_refusal(response.status, tokens))
    return tokens


async def _token_request(client: Client, metadata: dict[str, Any], form: dict[str, str]) -> _Response:
    """The client proves itself by HTTP Basic, which every provider knows, unless it names others only (RFC 6749 §2.3.1)."""
    known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if "client_secret_basic" in known:
        pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form = {**form, "client_id": client.id, "client_secret": client.secret}
    return await _call(client, "POST", metadata["token_endpoint"], urlencode(form).encode(), headers)


async def _verified(client: Client, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
    """The claims of the ID token once everything about it was checked (OpenID Connect Core 1.0 §3.1.3.7)."""
    try:
        token = await _decode(client, tokens["id_token"])
        options = {"iss": {"essential": True, "value": client.issuer}, "aud": {"essential": True, "value": client.id}}
        params = {"nonce": nonce, "client_id": client.id, "access_token": tokens.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(now=clock.now() // clock.SECOND, leeway=LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProviderError(_why(error)) from None
    subject = token.claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ProviderError(_("The provider didn’t say who this is."))
    return dict(token.claims)


async def _decode(client: Client, text: str) -> jwt.Token:
    """Verify the signature. A key that isn't known yet makes us ask for the keys again: providers change theirs."""
    kept = await _provider(client)
    try:
        return jwt.decode(text, kept.keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError):
        kept = await _provider(client, fresh=True)
        return jwt.decode(text, kept.keys, algorithms=list(ALGORITHMS))


async def _with_user_info(client: Client, url: str, access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
    """The claims with those of the UserInfo endpoint, which must be about the same person (§5.3.2)."""
    _check(client, url)
    info = (await _call(client, "GET", url, headers={"Authorization": f"Bearer {access_token}"})).json(_("The provider’s answer can’t be read."))
    if info.get("sub") != claims["sub"]:
        raise ProviderError(_("The provider’s answers are about different people."))
    return {**info, **claims}


def _stranger(claims: Mapping[str, Any]) -> Stranger:
    address = _text(claims.get("email"), 254).lower()
    # Microsoft Entra ID says xms_edov (email domain owner verified) in place of email_verified.
    is_theirs = claims.get("email_verified") in (True, "true") or claims.get("xms_edov") in (True, "1", "true", 1)
    first, _space, last = _text(claims.get("name"), 160).partition(" ")
    methods = claims.get("amr")
    return Stranger(
        claims["iss"], claims["sub"], address if is_theirs else "", _text(claims.get("given_name"), 80) or first[:80],
        _text(claims.get("family_name"), 80) or ("" if claims.get("given_name") else last[:80]), isinstance(methods, list) and "mfa" in methods,
    )


def _text(value: Any, most: int) -> str:
    return " ".join(value.replace("\x00", "").split())[:most] if isinstance(value, str) else ""


# -- trying


async def _try_secret(client: Client, metadata: dict[str, Any]) -> None:
    """Redeem a code that can't exist: a provider that knows us refuses the code, one that doesn't refuses us (RFC 6749 §5.2)."""
    form = {"grant_type": "authorization_code", "code": "chalet-is-only-trying", "redirect_uri": client.return_url, "code_verifier": "x" * 43}
    response = await _token_request(client, metadata, form)
    said = response.json(_("The provider’s answer can’t be read."), any_status=True)
    if said.get("error") in ("invalid_client", "unauthorized_client") or response.status == 401:
        raise ProviderError(_("The provider refuses the client id or the client secret. Copy both from it once more."))
    if response.status >= 500:
        raise ProviderError(_("The provider has a problem of its own at the moment (status %(status)s).") % {"status": response.status})


async def _clock_difference(client: Client) -> int:
    """By how many seconds the provider's clock is off from ours, when that is a lot."""
    response = await _call(client, "GET", get_well_known_url(client.issuer, external=True))
    sent = email.utils.parsedate_to_datetime(response.headers["Date"]) if response.headers.get("Date") else None
    difference = abs(round(sent.timestamp() - clock.now() / 1000)) if sent else 0
    return difference if difference > LEEWAY // 2 else 0


# -- HTTP


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self, failing: str, any_status: bool = False) -> dict[str, Any]:
        """The object in it, or `ProviderError(failing)`."""
        if self.status != 200 and not any_status:
            raise ProviderError(failing)
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            if any_status and self.status != 200:
                return {}
            raise ProviderError(failing)
        return found


async def _call(client: Client, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> _Response:
    _check(client, url)
    host = urlsplit(url).netloc
    sent = {"User-Agent": "Chalet", "Accept": "application/json", **(headers or {})}
    try:
        async with open_session(client.private, TIMEOUT) as session, session.request(
            method, url, data=body, headers=sent, allow_redirects=False
        ) as response:
            return _Response(response.status, dict(response.headers), await _read(response))
    except aiohttp.ClientConnectorCertificateError:
        raise ProviderError(_("%(host)s shows a certificate that this server doesn’t trust.") % {"host": host}) from None
    except TimeoutError:
        raise ProviderError(_("%(host)s doesn’t answer.") % {"host": host}) from None
    except NotAllowed:
        raise ProviderError(_not_allowed(host)) from None
    except (OSError, aiohttp.ClientError):
        raise ProviderError(_("%(host)s can’t be reached.") % {"host": host}) from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    text = await read_most(response, MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise ProviderError(_("The provider’s answer is too long."))
    return text


def _check(client: Client, url: str) -> None:
    try:
        check_url(url, client.private)
    except NotAllowed:
        raise ProviderError(_not_allowed(urlsplit(url).netloc or url[:100])) from None


def _not_allowed(host: str) -> str:
    return _(
        "%(host)s isn’t called: it must be a public address with https."
        " For a provider in your own network, its host and port belong into CHALET_PRIVATE_ISSUERS."
    ) % {"host": host}


def _refusal(status: int, said: Mapping[str, Any]) -> str:
    if said.get("error") in ("invalid_client", "unauthorized_client") or status == 401:
        return _("The provider refuses this server: the client id or the client secret is wrong. Please tell your administrator.")
    return _("The provider didn’t accept the sign-in (%(error)s). Please try again.") % {"error": _text(said.get("error"), 60) or status}


def _why(error: Exception) -> str:
    claim = getattr(error, "claim", "") or ""
    if isinstance(error, ExpiredTokenError) or (claim in ("iat", "nbf") and not isinstance(error, MissingClaimError)):
        return _(
            "The provider’s answer is too old or not valid yet."
            " Perhaps the clock of this server or of the provider is wrong; please tell your administrator."
        )
    if claim:
        return _("The provider’s answer isn’t meant for this sign-in (%(claim)s). Please try again.") % {"claim": claim}
    return _("The provider’s answer isn’t signed as it should be. Please try again, and tell your administrator if it stays so.")
