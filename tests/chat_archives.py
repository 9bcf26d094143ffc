"""Histories as Slack and Mattermost give them out, written here in their formats (see app/lib/chat_archives for where these are described)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

START = 1_500_000_000  # seconds: July 2017, before our own ids begin
USERS = [
    {"id": "U1", "name": "anna", "deleted": False, "is_bot": False, "profile": {"real_name": "Anna Alpha", "display_name": "anna", "email": "Anna@alpina.example"}},
    {"id": "U2", "name": "old", "deleted": True, "is_bot": False, "profile": {"real_name": "Olga Old", "email": "olga@alpina.example"}},
    {"id": "U3", "name": "erik", "deleted": False, "is_bot": False, "profile": {"real_name": "Erik Berg", "email": "erik@nordlicht.example"}},
    {"id": "U4", "name": "beat", "deleted": False, "is_bot": False, "profile": {"real_name": "Beat Keller", "email": "beat@alpina.example"}},
]
CHANNELS = [
    {"id": "C1", "name": "general", "created": START, "creator": "U1", "is_archived": False, "is_general": True, "members": ["U1", "U2", "U4"], "topic": {"value": "all"}, "purpose": {"value": "x"}},
    {"id": "C2", "name": "launch", "created": START, "creator": "U4", "is_archived": False, "is_general": False, "members": ["U1", "U4"], "topic": {"value": "*Soon*"}, "purpose": {"value": "The launch"}},
]
GROUPS = [{"id": "G1", "name": "secret", "created": START, "creator": "U1", "is_archived": True, "members": ["U1"], "topic": {"value": ""}, "purpose": {"value": ""}}]
DMS = [{"id": "D1", "created": START, "members": ["U1", "U4"]}]


def said(n: int, user: str, text: str, **more: Any) -> dict[str, Any]:
    """A Slack message, n minutes after the start."""
    return {"type": "message", "user": user, "text": text, "ts": f"{START + 60 * n}.{n:06d}", **more}


def slack(days: dict[str, Any] | None = None, **lists: Any) -> bytes:
    """A small export: #general and #launch with a thread, reactions, an edit, a file, a bot and a broken day."""
    root = said(3, "U4", "Who comes <@U1>?", thread_ts=f"{START + 180}.000003", reply_count=1)
    files: dict[str, Any] = {
        "users.json": USERS, "channels.json": CHANNELS, "groups.json": GROUPS, "dms.json": DMS, "mpims.json": [], **lists,
        "general/2017-07-14.json": [said(1, "U1", "*Hello* all", reactions=[{"name": "tada", "users": ["U2", "U4"], "count": 2}]),
                                    said(2, "U2", "joined", subtype="channel_join"), said(2, "U3", "I am Erik", edited={"user": "U3", "ts": f"{START + 200}.0"})],
        "launch/2017-07-14.json": [root, said(4, "U1", "Me!", thread_ts=root["ts"], parent_user_id="U4"),
                                   said(5, "U4", "", files=[{"id": "F1", "name": "plan.pdf", "url_private": "https://files.slack.example/plan.pdf"}]),
                                   {"type": "message", "subtype": "bot_message", "bot_id": "B1", "username": "CI", "text": "", "ts": f"{START + 400}.1", "attachments": [{"text": "red"}]}],
        "launch/2017-07-15.json": b"{broken", "secret/2017-07-14.json": [said(6, "U1", "between us")], "D1/2017-07-14.json": [said(7, "U4", "hi Anna")],
        **(days or {}),
    }
    return zipped({name: content if isinstance(content, bytes) else json.dumps(content).encode() for name, content in files.items()})


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


def mattermost_lines() -> list[bytes]:
    """A bulk export: two channels, a post with replies, reactions and an attachment, a direct post, and lines that aren't any."""
    at = START * 1000
    lines: Iterable[Any] = [
        {"type": "version", "version": 1}, {"type": "team", "team": {"name": "alpina", "display_name": "Alpina", "type": "I"}},
        {"type": "channel", "channel": {"team": "alpina", "name": "launch", "display_name": "The Launch", "type": "O", "header": "**Soon**", "purpose": "x"}},
        {"type": "channel", "channel": {"team": "alpina", "name": "board", "display_name": "Board", "type": "P"}},
        {"type": "user", "user": {"username": "anna", "email": "anna@alpina.example", "first_name": "Anna", "last_name": "Alpha", "teams": [
            {"name": "alpina", "channels": [{"name": "launch"}, {"name": "board"}]}]}},
        {"type": "user", "user": {"username": "olga", "email": "olga@alpina.example", "first_name": "Olga", "last_name": "Old", "teams": []}},
        {"type": "post", "post": {"team": "alpina", "channel": "launch", "user": "anna", "message": "**Who** comes?", "create_at": at, "edit_at": at + 5, "reactions": [
            {"user": "olga", "emoji_name": "+1", "create_at": at + 1}], "replies": [{"user": "olga", "message": "Me", "create_at": at + 1000}],
            "attachments": [{"path": "data/20170714/x/plan.txt"}]}},
        b"{broken",
        {"type": "post", "post": {"team": "alpina", "channel": "nowhere", "user": "anna", "message": "lost", "create_at": at}},
        {"type": "post", "post": {"team": "alpina", "channel": "launch", "user": "anna", "message": "when?", "create_at": "yesterday"}},
        {"type": "direct_channel", "direct_channel": {"members": ["anna", "olga"]}},
        {"type": "direct_post", "direct_post": {"channel_members": ["anna", "olga"], "user": "olga", "message": "hi", "create_at": at + 9}},
    ]
    return [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]


def mattermost() -> bytes:
    """The same as lines."""
    return b"\n".join(mattermost_lines()) + b"\n"


def mattermost_zip() -> bytes:
    """The same as a zip with the attachment."""
    return zipped({"import.jsonl": mattermost(), "data/20170714/x/plan.txt": b"the plan"})
