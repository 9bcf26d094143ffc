"""The command line as a person uses it: in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"
_OURS = ("CHALET_", "DATABASE_URL", "REDIS_URL", "SMTP_URL")


def chalet(*arguments: str | Path, data_dir: Path | None = None, told: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; `told` is what it reads from standard input."""
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    if data_dir is not None:
        command += ["--data-dir", str(data_dir)]
    return subprocess.run(command, env=environment(**settings), cwd=ROOT, input=told, capture_output=True, text=True, timeout=120)


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings of Chalet, and with these."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith(_OURS)}, **settings}


def settle(data_dir: Path) -> None:
    """Found Alpina with anna@alpina.example, whose password is PASSWORD."""
    added = chalet(
        "user", "add", "anna@alpina.example", "--name", "Anna Alder", "--role", "legal", "--organisation", "Alpina", "--password-stdin",
        data_dir=data_dir, told=f"{PASSWORD}\n",
    )
    assert added.returncode == 0, added.stderr


def signed_in(url: str, email: str = "anna@alpina.example", password: str = PASSWORD) -> httpx.Client:
    """A browser in which this person has signed in."""
    browser = httpx.Client(base_url=url, headers={"sec-fetch-site": "same-origin", "accept-language": "en"}, timeout=20)
    answer = browser.post("/sign-in", data={"email": email, "password": password})
    assert answer.status_code == 303, answer.text
    return browser


def general_channel(browser: httpx.Client) -> str:
    """The address of the channel of all members."""
    found = re.search(r'href="(/chat/channels/\d+)"', browser.get("/chat", follow_redirects=True).text)
    assert found
    return found[1]


def say(browser: httpx.Client, channel: str, text: str) -> bool:
    """Post a message; whether the server said that it is kept."""
    return browser.post(f"{channel}/messages", data={"text": text}).status_code == 303
