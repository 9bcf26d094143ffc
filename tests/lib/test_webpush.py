"""Messages as RFC 8291 has them: whoever has the browser's keys reads them, and they fit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.lib import webpush
from tests.push_service import Browser


def test_the_browser_reads_what_the_server_encrypted() -> None:
    browser = Browser("phone", "https://push.example.org/x")
    text = json.dumps({"title": "Grüezi", "body": "日本語 👋"}).encode()
    sealed = webpush.encrypt(text, **browser.keys)
    assert b"title" not in sealed
    assert browser.read(sealed) == {"title": "Grüezi", "body": "日本語 👋"}


@settings(max_examples=60)
@given(st.text(max_size=9_000), st.text(max_size=400))
def test_every_message_fits_and_keeps_what_else_it_says(body: str, title: str) -> None:
    fitted = webpush.fitted({"id": 7, "title": title, "body": body, "url": "/chat"})
    said = json.loads(fitted)
    assert len(fitted) <= webpush.MOST_BYTES and said["id"] == 7 and said["url"] == "/chat"
    assert body.startswith(said["body"].removesuffix("…").rstrip()) or said["body"] == body


def test_an_encrypted_message_is_under_4_kb() -> None:
    sealed = webpush.encrypt(webpush.fitted({"title": "x", "body": "é" * 9_000}), **Browser("phone", "").keys)
    assert 3_000 < len(sealed) <= 4_096


@pytest.mark.parametrize(("text", "most", "shown"), [
    ("short", 10, "short"), ("a long text", 7, "a long…"), ("e\u0301e\u0301e\u0301", 4, "e\u0301…"), ("👩‍👩‍👧‍👦 family", 4, "…"), ("ab🇨🇭🇫🇷", 4, "ab…"),
    ("ab👍🏽c", 4, "ab…"),
])
def test_a_cut_parts_no_character(text: str, most: int, shown: str) -> None:
    assert webpush.cut(text, most) == shown


@pytest.mark.parametrize(("p256dh", "auth"), [("", ""), ("AAAA", "AAAA"), ("B" * 87, "A" * 22), ("ü" * 87, "A" * 22)])
def test_keys_that_cant_be_used_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(webpush.BadKeys):
        webpush.check_keys(p256dh, auth)


def test_a_topic_tells_nothing_and_fits_the_header() -> None:
    assert webpush.topic_of("channel:1") != webpush.topic_of("channel:2") and len(webpush.topic_of("channel:1" * 50)) == 32


def test_known_services_are_told_by_their_host() -> None:
    assert webpush.service_of("https://web.push.apple.com/x") == "push.apple.com"
    assert webpush.service_of("https://db5p.notify.windows.com/w/x") == "notify.windows.com"
    assert webpush.service_of("https://push.apple.com.evil.example/x") == webpush.service_of("https://evilpush.apple.com/x") == ""
