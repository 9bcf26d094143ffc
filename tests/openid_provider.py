"""An OpenID provider on a free port of this machine, whose answers a test can bend. It checks what a real one checks: client, code, PKCE."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import BasicAuth, web
from joserfc import jwt
from joserfc.jwk import RSAKey

KEY, OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Provider:
    """What it says. `claims` go into the ID token over what is right; None leaves one out."""

    url: str = ""
    secret: str = "s3cret"
    subject: str = "somebody"
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Its host and port."""
        return urlsplit(self.url).netloc

    def approve(self, there: str) -> dict[str, str]:
        """A person says yes at the address that the browser was sent to: what the browser comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return {"code": code, "state": asked["state"]}

    async def discovery(self, _request: web.Request) -> web.Response:
        return web.json_response({
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys", "userinfo_endpoint": f"{self.url}/info", **self.metadata,
        })

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [KEY.as_dict(private=False)]})

    async def token(self, request: web.Request) -> web.Response:
        login = BasicAuth.decode(request.headers["Authorization"])
        if (login.login, login.password) != ("chalet", self.secret):
            return web.json_response({"error": "invalid_client"}, status=401)
        sent = await request.post()
        asked = self.asked.pop(str(sent["code"]), None)
        digest = base64.urlsafe_b64encode(hashlib.sha256(str(sent["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != digest or asked["redirect_uri"] != sent["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {"iss": self.url, "sub": self.subject, "aud": "chalet", "exp": now + 300, "iat": now, "nonce": asked["nonce"], **self.claims}
        text = jwt.encode(self.header, {name: value for name, value in claims.items() if value is not None}, self.key, algorithms=["RS256", "HS256"])
        return web.json_response({"id_token": text, "access_token": "access", "token_type": "Bearer"})

    async def user_info(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer access"
        return web.json_response({"sub": self.subject, **self.info})


@asynccontextmanager
async def openid_provider() -> AsyncIterator[Provider]:
    """One that runs until the end of the block."""
    provider = Provider()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", provider.discovery)
    app.router.add_get("/keys", provider.keys)
    app.router.add_post("/token", provider.token)
    app.router.add_get("/info", provider.user_info)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    provider.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    yield provider
    await runner.cleanup()
    await asyncio.sleep(0)
