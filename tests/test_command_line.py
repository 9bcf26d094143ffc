"""What whoever runs the server types."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from app.commands import COMMANDS
from tests.command_line import PASSWORD, ROOT, chalet, environment, general_channel, say, settle, signed_in
from tests.conftest import Server
from tests.databases import _free_port


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which Alpina has one member, Anna. Tests that change it copy it."""
    folder = tmp_path_factory.mktemp("settled") / "data"
    settle(folder)
    return folder


@pytest.fixture
def house(settled: Path, tmp_path: Path) -> Path:
    """A copy of that data folder for one test."""
    import shutil

    return Path(shutil.copytree(settled, tmp_path / "data"))


@pytest.fixture
def alive(house: Path) -> Iterator[Server]:
    """A server over it."""
    server = Server(house)
    server.start()
    yield server
    server.stop()


# -- help and settings


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), ["user", "add"], ["jobs", "retry"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    said = chalet(*command, "--help")
    assert said.returncode == 0
    assert "usage: python -m app" in said.stdout and "--help" in said.stdout


@pytest.mark.parametrize(
    ("settings", "names"),
    [({"CHALET_PORT": "many"}, "CHALET_PORT"), ({"CHALET_WORKERS": "2"}, "REDIS_URL"), ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL")],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(settings: dict[str, str], names: str, tmp_path: Path) -> None:
    said = chalet("serve", "--port", "0", data_dir=tmp_path / "data", **settings) if "CHALET_PORT" not in settings else chalet("serve", **settings)
    assert said.returncode == 2
    assert said.stdout == ""
    assert len(said.stderr.strip().splitlines()) == 1 and names in said.stderr


def test_a_bucket_out_of_reach_stops_the_start_and_is_a_finding(tmp_path: Path) -> None:
    away = {"FILES_URL": f"s3://bucket?endpoint=http://127.0.0.1:{_free_port()}&access_key_id=a&secret_access_key=hidden", "CHALET_PORT": "0"}
    assert chalet("migrate", data_dir=tmp_path / "data").returncode == 0
    said, examined = (chalet(command, data_dir=tmp_path / "data", **away) for command in ("serve", "doctor"))
    assert (said.returncode, said.stdout, len(said.stderr.strip().splitlines())) == (1, "", 1)
    assert "FILES_URL" in said.stderr and "error sending request" in said.stderr
    assert examined.returncode == 1 and "FAIL  Files: their bucket can’t be used" in examined.stdout
    assert "hidden" not in said.stderr + examined.stdout + examined.stderr


def test_a_wrong_argument_is_named() -> None:
    said = chalet("serve", "--port", "99999")
    assert said.returncode == 2 and "from 0 to 65535" in said.stderr


def test_a_port_in_use_is_said_clearly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = chalet("serve", "--port", str(taken.getsockname()[1]), data_dir=tmp_path / "data")
    assert said.returncode == 1 and "can’t listen" in said.stderr and "Traceback" not in said.stderr


# -- serve


def test_it_says_ready_answers_and_stops_in_peace(alive: Server) -> None:
    answer = httpx.get(f"{alive.url}/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "server" not in answer.headers
    assert alive.stop() == 0
    alive.start()


def test_ctrl_c_stops_it_too(alive: Server) -> None:
    alive._process.send_signal(signal.SIGINT)
    assert alive._process.wait(15) == 0
    alive.start()


def test_what_is_being_answered_when_it_stops_is_answered(alive: Server) -> None:
    with closing(signed_in(alive.url)) as browser:
        channel = general_channel(browser)
        said: list[bool] = []
        stopping = threading.Timer(0.05, alive.stop)
        stopping.start()
        try:
            for number in range(2_000):
                said.append(say(browser, channel, f"message {number}"))
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            pass  # a new request after the stop; none that was taken
        stopping.join()
    assert all(said)
    connection = sqlite3.connect(alive.data_dir / "chalet.db")
    count = connection.execute("SELECT COUNT(*) FROM message WHERE text LIKE 'message %'").fetchone()[0]
    connection.close()
    assert count in (len(said), len(said) + 1)  # the last may be kept without its answer having been read
    alive.start()


# -- user


def test_users_are_added_listed_disabled_and_get_passwords(house: Path) -> None:
    added = chalet("user", "add", "beat@alpina.example", "--name", "Beat Keller", "--password-stdin", data_dir=house, told="a long enough one\n")
    assert added.returncode == 0, added.stderr
    with sqlite3.connect(house / "chalet.db") as db:
        written = "\n".join(text for (text,) in db.execute("SELECT text FROM message ORDER BY id"))
    assert "**Beat Keller** has joined Alpina" in written and "Welcome to Alpina, Beat!" in written, "as by an invitation"
    assert "invited by" not in written and "Anna Alder** has joined" not in written, "the first one has nobody to tell"
    assert chalet("user", "disable", "beat@alpina.example", data_dir=house).returncode == 0
    rows = [line.split("\t") for line in chalet("user", "list", data_dir=house).stdout.splitlines()]
    assert ["anna@alpina.example", "Anna Alder", "legal", "Alpina", "active"] in rows
    assert ["beat@alpina.example", "Beat Keller", "user", "Alpina", "disabled"] in rows
    assert chalet("user", "enable", "beat@alpina.example", data_dir=house).returncode == 0
    assert chalet("user", "password", "beat@alpina.example", "--password-stdin", data_dir=house, told="another long one\n").returncode == 0
    server = Server(house)
    server.start()
    try:
        signed_in(server.url, "beat@alpina.example", "another long one").close()
    finally:
        server.stop()


def test_a_weak_password_and_an_unknown_address_are_refused(house: Path) -> None:
    weak = chalet("user", "password", "anna@alpina.example", "--password-stdin", data_dir=house, told="short\n")
    assert weak.returncode == 1 and "Nothing was changed" in weak.stderr
    unknown = chalet("user", "disable", "nobody@alpina.example", data_dir=house)
    assert unknown.returncode == 1 and "has no account" in unknown.stderr


def test_the_same_person_is_not_added_twice(house: Path) -> None:
    again = chalet("user", "add", "anna@alpina.example", "--name", "Anna Alder", "--password-stdin", data_dir=house, told=f"{PASSWORD}\n")
    assert again.returncode == 1 and "is a member of Alpina already" in again.stderr


# -- doctor


def test_the_doctor_finds_a_good_house_well(house: Path) -> None:
    said = chalet("doctor", "--json", data_dir=house, CHALET_PORT="0")
    findings = json.loads(said.stdout)
    assert said.returncode == 0, findings
    looked_at = {"Python", "SQLite", "Data folder", "Disk", "Clock", "Database", "Migrations", "Jobs", "Search", "Mail"}
    assert {finding["about"] for finding in findings} >= looked_at
    assert all(finding["advice"] for finding in findings if finding["level"] != "ok")


def test_the_doctor_finds_a_damaged_database(house: Path) -> None:
    with (house / "chalet.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)
    said = chalet("doctor", data_dir=house, CHALET_PORT="0")
    assert said.returncode == 1
    assert "FAIL  Database" in said.stdout and "restore" in said.stdout


def test_the_doctor_finds_what_is_out_of_reach(house: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = chalet("doctor", data_dir=house, CHALET_PORT="0", REDIS_URL=f"redis://127.0.0.1:{port}", SMTP_URL=f"smtp://127.0.0.1:{port}")
    assert said.returncode == 1
    assert "FAIL  Redis" in said.stdout and "FAIL  Mail" in said.stdout


# -- backup and restore


def test_a_backup_made_while_people_write_restores_equal(alive: Server, tmp_path: Path) -> None:
    (alive.data_dir / "outbox").mkdir(exist_ok=True)
    (alive.data_dir / "outbox" / "1.eml").write_text("Subject: hello\n\n")
    done, kept = threading.Event(), []
    with closing(signed_in(alive.url)) as browser:
        channel = general_channel(browser)

        def write() -> None:
            while not done.is_set():
                text = f"message {len(kept)}"
                assert say(browser, channel, text)
                kept.append(text)

        writer = threading.Thread(target=write)
        writer.start()
        while len(kept) < 20:
            time.sleep(0.01)
        before = list(kept)
        made = chalet("backup", tmp_path / "backup", data_dir=alive.data_dir)
        done.set()
        writer.join()
    assert made.returncode == 0, made.stderr
    assert chalet("restore", tmp_path / "backup", data_dir=tmp_path / "restored").returncode == 0
    assert (tmp_path / "restored").stat().st_mode & 0o077 == 0, "nobody else looks in"
    assert (tmp_path / "restored" / "outbox" / "1.eml").read_text() == "Subject: hello\n\n"
    texts = _texts(tmp_path / "restored")
    assert texts == kept[: len(texts)] and len(texts) >= len(before)
    assert chalet("doctor", data_dir=tmp_path / "restored", CHALET_PORT="0").returncode == 0


def test_a_changed_backup_is_not_restored(house: Path, tmp_path: Path) -> None:
    assert chalet("backup", tmp_path / "backup", data_dir=house).returncode == 0
    with (tmp_path / "backup" / "chalet.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"x")
    said = chalet("restore", tmp_path / "backup", data_dir=tmp_path / "restored")
    assert said.returncode == 1 and "was changed" in said.stderr
    assert not (tmp_path / "restored").exists()


def test_nothing_is_written_over(house: Path, tmp_path: Path) -> None:
    assert chalet("backup", tmp_path / "backup", data_dir=house).returncode == 0
    restored = chalet("restore", tmp_path / "backup", data_dir=house)
    assert restored.returncode == 1 and "not empty" in restored.stderr
    again = chalet("backup", tmp_path / "backup", data_dir=house)
    assert again.returncode == 1 and "not empty" in again.stderr


# -- demo


def test_the_demo_is_lived_in(tmp_path: Path) -> None:
    with _demo(tmp_path / "demo", CHALET_DEMO_PASSWORD="alpine meadow walk") as process:
        url = _ready(process)
        with closing(signed_in(url, password="alpine meadow walk")) as browser:
            assert "Alpina" in browser.get("/").text
            assert browser.get("/chat", follow_redirects=True).status_code == 200
        process.terminate()
        assert process.wait(20) == 0
    connection = sqlite3.connect(tmp_path / "demo" / "chalet.db")
    messages, newest = connection.execute("SELECT COUNT(*), MAX(created_at) FROM message").fetchone()
    people = connection.execute("SELECT COUNT(*) FROM account WHERE email LIKE '%@alpina.example'").fetchone()[0]
    connection.close()
    assert messages >= 600 and people == 12
    assert newest <= time.time() * 1000


def test_the_demo_stays_out_of_the_way(house: Path, tmp_path: Path) -> None:
    full = chalet("serve", "--demo", "--port", "0", data_dir=house)
    assert full.returncode == 1 and "not empty" in full.stderr
    public = chalet("serve", "--demo", "--port", "0", "--host", "0.0.0.0", data_dir=tmp_path / "new")
    assert public.returncode == 1 and "this machine only" in public.stderr
    assert not (tmp_path / "new").exists()


def _demo(folder: Path, **settings: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app", "serve", "--demo", "--port", "0", "--data-dir", str(folder)]
    return subprocess.Popen(command, env=environment(**settings), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.match(r"ready (http://\S+)", line):
            return found[1]
    raise AssertionError("the demo didn't start")


def _texts(data_dir: Path) -> list[str]:
    connection = sqlite3.connect(data_dir / "chalet.db")
    rows = connection.execute("SELECT text FROM message WHERE text LIKE 'message %' ORDER BY id").fetchall()
    connection.close()
    return [row[0] for row in rows]


# -- plans


def test_a_plan_is_changed_here_and_seen_in_the_list_and_the_audit_log(house: Path) -> None:
    assert "users 1 of any number\tguests 0 of 100" in chalet("organisation", "list", data_dir=house).stdout
    changed = chalet("organisation", "limits", "alpina", "--users", "50", "--guests", "20", "--storage", "2 TB", data_dir=house)
    assert "users 1 of 50\tguests 0 of 20\tstorage 0 of 2000000000000" in changed.stdout
    assert "custom_brand\tnot included" in chalet("organisation", "features", "--without", "custom_brand", data_dir=house).stdout
    with closing(sqlite3.connect(house / "chalet.db")) as rows:
        kinds = [kind for (kind,) in rows.execute("SELECT kind FROM audit_entry ORDER BY position")]
    assert kinds[-2:] == ["organisation.limits", "organisation.features"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["limits"], "--users"), (["limits", "--storage", "lots"], "no size"), (["limits", "Nord", "--users", "5"], "Alpina"), (["features", "--with", "magic"], "editor_choice")],
)
def test_a_wrong_plan_changes_nothing_and_says_why(arguments: list[str], says: str, house: Path) -> None:
    answer = chalet("organisation", *arguments, data_dir=house)
    assert answer.returncode in (1, 2) and says in answer.stderr
    assert "any number" in chalet("organisation", "list", data_dir=house).stdout
