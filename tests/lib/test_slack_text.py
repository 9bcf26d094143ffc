"""Slack's texts, attachments and blocks as Markdown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.slack_text import from_mrkdwn, markdown_of

NAMES = {"U1": "Anna", "C1": "launch"}


@pytest.mark.parametrize(("text", "markdown"), [
    ("*bold* _it_ ~gone~", "**bold** _it_ ~~gone~~"), ("<https://a.example|Plan>", "[Plan](https://a.example)"), ("<https://a.example>", "https://a.example"),
    ("hi <@U1> and <@U2|bob>", "hi @Anna and @bob"), ("<#C1|launch> <#C9>", "#launch #C9"), ("<!here> <!channel|@channel>", "@here @channel"),
    ("a &lt; b &amp;&amp; c", "a < b && c"), ("`*x* <@U1> &lt;` *y*", "`*x* <@U1> <` **y**"), (":tada: :unknown:", "🎉 :unknown:"),
    ("<!date^1392734382^{date}|Feb 18>", "Feb 18"), ("2 * 3 * 4", "2 * 3 * 4"), ("<mailto:a@b.example|a@b.example>", "a@b.example"),
])
def test_mrkdwn(text: str, markdown: str) -> None:
    assert from_mrkdwn(text, NAMES.get) == markdown


def test_attachments_and_blocks() -> None:
    said = markdown_of({
        "text": "ignored beside blocks",
        "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Build"}}, {"type": "section", "text": {"type": "mrkdwn", "text": "*failed*"}},
                   {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": [
                       {"type": "rich_text_section", "elements": [{"type": "text", "text": "one", "style": {"bold": True}}, {"type": "emoji", "name": "tada"}]}]}]}],
        "attachments": [{"pretext": "see", "title": "Job 7", "title_link": "https://ci.example/7", "text": "red", "fields": [{"title": "Branch", "value": "main"}], "footer": "CI"}],
    })
    assert said.startswith("**Build**\n**failed**\n- **one**🎉\n\nsee\n> **[Job 7](https://ci.example/7)**")
    assert "> **Branch:** main" in said and "> *CI*" in said and "ignored" not in said


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=30), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
    st.sampled_from(["text", "type", "blocks", "attachments", "elements", "fields", "title", "value", "url", "style"]), inner, max_size=4), max_leaves=20))
def test_no_payload_breaks_it(value: Any) -> None:
    payload = value if isinstance(value, dict) else {"text": value, "blocks": value, "attachments": value}
    assert isinstance(markdown_of(json.loads(json.dumps(payload))), str)
