"""Reading what other chats give out, also when it isn't what it says."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from app.lib.chat_archives import BadArchive, Problem, Said, open_archive
from app.lib.chat_archives.items import DIRECT
from tests.chat_archives import START, mattermost, mattermost_lines, mattermost_zip, said, slack, zipped


def everything(path: Path, start: list[int] | None = None) -> tuple[list[Said], list[Problem]]:
    archive = open_archive(path)
    items = [item for _position, piece in archive.said(start or []) for item in piece]
    archive.close()
    return [item for item in items if isinstance(item, Said)], [item for item in items if isinstance(item, Problem)]


def kept(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(content)
    return path


def test_slack(tmp_path: Path) -> None:
    path = kept(tmp_path, slack())
    archive = open_archive(path)
    assert [person.name for person in archive.people()] == ["Anna Alpha", "Olga Old", "Erik Berg", "Beat Keller"]
    assert [(place.key, place.kind, place.is_archived) for place in archive.places()] == [
        ("C1", "public", False), ("C2", "public", False), ("G1", "private", True), ("D1", "direct", False)]
    messages, problems = everything(path)
    assert [(one.place, one.text) for one in messages] == [
        ("C1", "**Hello** all"), ("C1", "I am Erik"), ("C2", "Who comes @Anna Alpha?"), ("C2", "Me!"), ("C2", ""), ("C2", "> red  "), ("G1", "between us"), ("D1", "hi Anna")]
    assert messages[0].reactions[0].people == ("U2", "U4") and messages[0].at == (START + 60) * 1000
    assert messages[2].has_thread and messages[3].thread == messages[2].key and messages[1].edited_at
    assert messages[4].files[0].url and messages[5].author_name == "CI"
    assert problems == [Problem("launch/2017-07-15.json", "broken_json")]


@pytest.mark.parametrize("content", [slack(), mattermost(), mattermost_zip()])
def test_reading_goes_on_where_it_stopped(tmp_path: Path, content: bytes) -> None:
    path = kept(tmp_path, content)
    archive = open_archive(path)
    pieces = list(archive.said([]))
    for n, (position, _items) in enumerate(pieces):
        rest = [item for _position, piece in archive.said(position) for item in piece]
        assert rest == [item for _position, piece in pieces[n + 1 :] for item in piece]


@pytest.mark.parametrize("content", [mattermost(), mattermost_zip()])
def test_mattermost(tmp_path: Path, content: bytes) -> None:
    path = kept(tmp_path, content)
    archive = open_archive(path)
    assert {place.key: place.members for place in archive.places() if place.kind != DIRECT} == {"alpina/launch": ("anna",), "alpina/board": ("anna",)}
    messages, problems = everything(path)
    assert [(one.place, one.text, bool(one.thread)) for one in messages] == [
        ("alpina/launch", "**Who** comes?", False), ("alpina/launch", "Me", True), ("@anna,olga", "hi", False)]
    assert messages[0].edited_at and messages[0].files[0].name == "plan.txt" and messages[1].thread == messages[0].key
    assert [(problem.where, problem.why) for problem in problems] == [("line 8", "broken_json"), ("line 9", "no_place"), ("line 10", "no_time")]


def bomb() -> bytes:
    return zipped({"users.json": b"[]", "channels.json": b"[" + b" " * 80_000_000 + b"]"})


def encrypted() -> bytes:
    body = bytearray(zipped({"users.json": b"[]"}))
    body[6] |= 1
    at = body.find(b"PK\x01\x02")
    body[at + 8] |= 1
    return bytes(body)


@pytest.mark.parametrize(("content", "why"), [
    (b"", "no_history"), (b"hello", "no_history"), (b"PK\x03\x04nonsense", "broken_zip"), (zipped({"a.txt": b"x"}), "no_history"), (b'{"type": "post"}\n', "no_history"),
    (bomb(), "bomb"), (encrypted(), "encrypted"), (slack()[:-400], "broken_zip"), (zipped({"users.json": b"{"}), "broken_json"), (zipped({"users.json": b'{"a": 1}'}), "broken_json"),
    (zipped({"users.json": b"[" * 100_000}), "broken_json"),
])
def test_what_is_no_history_is_said_so(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(BadArchive, match=why):
        archive = open_archive(kept(tmp_path, content))
        archive.people()
        archive.places()


def test_names_that_lead_elsewhere_and_links_arent_read(tmp_path: Path) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("import.jsonl", b"\n".join(mattermost_lines()[:6]))
        for name in ("../../etc/passwd", "/etc/passwd", "data/../../x", "C:/x", "data\\..\\..\\y"):
            archive.writestr(name, b"evil")
        link = zipfile.ZipInfo("data/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    opened = open_archive(kept(tmp_path, body.getvalue()))
    for name in ("../../etc/passwd", "/etc/passwd", "link", "data/link", "../x", "data/../../x", "C:/x"):
        assert opened.open_file(name) is None


def test_lies_inside_are_left_out(tmp_path: Path) -> None:
    odd = [None, 3, [], {}, {"type": "message"}, {"type": "message", "ts": "x", "user": "U1"}, {"type": "message", "ts": "1e400", "user": "U1", "text": "a"},
           {"type": "message", "ts": "-5", "user": "U1", "text": "a"}, {"type": "message", "ts": f"{START}", "text": "nobody"}, {"type": "message", "ts": f"{START}", "user": "U1", "text": 5},
           {"type": "message", "ts": f"{START}", "user": ["U1"], "text": "a"}, said(1, "U1", "x", reactions=[3, {"name": 5}], files="no", thread_ts=7, edited=[])]
    messages, problems = everything(kept(tmp_path, slack({"general/2017-07-16.json": odd, "general/2017-07-17.json": {"a": 1}}, **{"groups.json": [3, {"id": 4}, {"members": 5, "id": "G9"}]})))
    assert sum(one.text in ("x", "5") for one in messages) >= 1
    assert len(problems) >= 9 and all(problem.where for problem in problems)
    assert json.dumps([problem.why for problem in problems])
