"""What stands between the network and the app."""

from __future__ import annotations

import re

import httpx
import pytest
import zstandard

from app.edge import Visit
from app.settings import Settings, read_settings
from tests.conftest import browser, running
from tests.people import People


async def test_an_unknown_host_gets_no_brand(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/sign-in")).status_code != 421
    answer = await stranger.get("/sign-in", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert "Alpina" not in answer.text


async def test_load_balancers_may_ask_by_address(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/healthz", headers={"host": "10.0.0.7"})).text == "ok\n"
    assert (await stranger.get("/readyz", headers={"host": "10.0.0.7"})).text == "ready\n"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:8001"},
        {},
    ],
)
async def test_writes_from_elsewhere_are_refused(app: httpx.ASGITransport, people: People, headers: dict[str, str]) -> None:
    async with browser(app, people.anna) as anna:
        assert (await anna.post("/activity/1/undo")).status_code == 404, "from the page itself it gets through to the route"
        del anna.headers["sec-fetch-site"]
        assert (await anna.post("/activity/1/undo", headers=headers)).status_code == 403


async def test_origin_counts_where_a_browser_has_no_fetch_metadata(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        del anna.headers["sec-fetch-site"]
        assert (await anna.post("/activity/1/undo", headers={"origin": "http://localhost:8000"})).status_code == 404


async def test_pages_allow_scripts_by_nonce_only(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        first, second = await anna.get("/activity"), await anna.get("/activity")
    policy = first.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    (nonce,) = re.findall(r"script-src 'nonce-([^']+)'", policy)
    assert f'nonce="{nonce}"' in first.text
    assert nonce not in second.text
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["cache-control"] == "private, no-cache"


async def test_errors_have_the_same_headers(stranger: httpx.AsyncClient) -> None:
    for answer in (await stranger.get("/no/such/page"), await stranger.request("PUT", "/healthz")):
        assert answer.status_code in (404, 405)
        assert "script-src 'nonce-" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"] in answer.text


async def test_strict_transport_and_host_cookie_behind_tls(settings: Settings) -> None:
    trusting = read_settings({}, data_dir=settings.data_dir, database_url=settings.database_url, trusted_proxies=("127.0.0.9",), rate_limit=0)
    async with running(trusting) as transport, httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        plain = await client.get("/healthz")
        secure = await client.get("/healthz", headers={"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"})
    assert "strict-transport-security" not in plain.headers
    assert secure.headers["strict-transport-security"].startswith("max-age=")


def test_only_a_trusted_proxy_says_who_asks() -> None:
    scope = {"type": "http", "method": "GET", "scheme": "http", "client": ("10.0.0.2", 1), "headers": [(b"x-forwarded-for", b"1.2.3.4, 203.0.113.7"), (b"x-forwarded-proto", b"https"), (b"host", b"a.example")]}
    believed, ignored = Visit(scope, frozenset(["10.0.0.2"])), Visit(scope, frozenset())  # type: ignore[arg-type]
    assert (believed.address, believed.scheme) == ("203.0.113.7", "https")
    assert (ignored.address, ignored.scheme) == ("10.0.0.2", "http")


@pytest.mark.parametrize(("header", "host"), [(b"a.example:8000", "a.example"), (b"[::1]:8000", "[::1]"), (b"[::1]", "[::1]"), (b"A.Example", "a.example"), (b"", "")])
def test_the_host_is_read_without_its_port(header: bytes, host: str) -> None:
    assert Visit({"type": "http", "method": "GET", "scheme": "http", "client": None, "headers": [(b"host", header)]}, frozenset()).host == host  # type: ignore[arg-type, typeddict-item]


async def test_text_is_compressed_as_the_browser_likes(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        plain = await anna.get("/activity", headers={"accept-encoding": "identity"})
        gzip = await anna.get("/activity", headers={"accept-encoding": "gzip, br"})
        async with anna.stream("GET", "/activity", headers={"accept-encoding": "zstd"}) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
    assert "content-encoding" not in plain.headers
    assert gzip.headers["content-encoding"] == "gzip" and len(gzip.text) > 2000
    assert b"<html" in zstandard.ZstdDecompressor().decompressobj().decompress(raw)


async def test_too_many_requests_are_slowed_down(settings: Settings) -> None:
    slow = read_settings({}, data_dir=settings.data_dir, database_url=settings.database_url, rate_limit=5)
    async with running(slow) as transport, httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        statuses = [(await client.get("/healthz")).status_code for _ in range(40)]
    assert statuses[:20] == [200] * 20
    assert statuses[-1] == 429


async def test_a_body_that_is_too_large_is_refused(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/account/theme", content=b"x" * 2_000_000, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413


async def test_static_files_are_kept_for_ever_under_their_version(stranger: httpx.AsyncClient, app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        page = (await anna.get("/activity")).text
    (sheet,) = re.findall(r'href="(/static/[0-9a-f]+/app\.css)"', page)
    answer = await stranger.get(sheet, headers={"accept-encoding": "gzip"})
    assert "immutable" in answer.headers["cache-control"] and answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    old = await stranger.get(re.sub("/static/[0-9a-f]+/", "/static/0123456789/", sheet))
    assert old.status_code == 200 and old.headers["cache-control"] == "no-cache"
    assert (await stranger.get("/static/x/../../pyproject.toml")).status_code == 404
    assert (await stranger.get("/static/x/%2e%2e/%2e%2e/pyproject.toml")).status_code == 404


async def test_metrics_name_routes_and_nobody(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    async with browser(app, people.anna) as anna:
        await anna.get("/activity?before=7")
        assert (await anna.get("/metrics")).status_code == 404, "not from another machine"
    local = httpx.ASGITransport(app.app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=local, base_url="http://localhost:8000") as client:
        text = (await client.get("/metrics")).text
    assert 'chalet_requests_total{method="GET",route="/activity",status="200"} 1.0' in text
    assert "anna" not in text and "before" not in text


async def test_a_forged_or_old_cookie_is_nobody(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        assert (await anna.get("/activity")).status_code == 200
    async with browser(app) as forged:
        forged.cookies.set("chalet", people.anna.token[:-1] + ("x" if people.anna.token[-1] != "x" else "y"))
        assert (await forged.get("/activity")).status_code == 303

