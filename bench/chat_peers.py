"""Prosody (XMPP, Lua) as `bench.chat` runs it beside ours: one room whose messages are archived, as many readers, as many writers.

It runs from Debian's package with a configuration and a data folder of its own, on the loopback interface, and is ended with the round.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.chat_server import TEXT, WRITERS
from bench.live import Round, _round
from tests.databases import _free_port as free_port

PROSODY = shutil.which("prosody")
ROOM = "bench@rooms.localhost"
MARK = "d&quot;:["  # of `"d":[number,sent_ns]` in the body of a message
_CONFIGURATION = """
run_as_root = true
daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
c2s_require_encryption = false
modules_enabled = {{ "saslauth", "disco" }}
modules_disabled = {{ "s2s", "tls" }}
log = {{ error = "{folder}/prosody.log" }}
VirtualHost "localhost"
  authentication = "anonymous"
Component "rooms.localhost" "muc"
  modules_enabled = {{ "muc_mam" }}
  muc_log_by_default = true
  muc_room_locking = false
  muc_room_default_presence_broadcast = {{ visitor = false, participant = false, moderator = false }}
"""
_OPEN = "<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
_JOIN = "<presence to='{room}/{name}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"


def measure(readers: Path, count: int, rate: int, seconds: float) -> Round:
    """`rate` messages a second for so long, to a room with `count` readers, of a server that just started."""
    with _serving() as (server, port):
        sockets = [_entered(port, f"reader{number}") for number in range(count)]
        writers = [_entered(port, f"writer{number}") for number in range(WRITERS)]
        command = [str(readers), "0", "", str(count), "0", "", MARK]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[one.fileno() for one in sockets]) as client:
            assert client.stdin is not None and client.stdout is not None
            client.stdin.write(" ".join(str(one.fileno()) for one in sockets))
            client.stdin.close()
            client.stdout.readline()
            before = _cpu(server.pid)
            events = _write(writers, rate, seconds)
            _rest(server.pid, writers)
            told = {"events": float(events), "cpu": _cpu(server.pid) - before}
            client.terminate()
            lines = [tuple(map(int, line.split())) for line in client.stdout]
        for one in (*sockets, *writers):
            one.close()
    return _round(lines, told, count)


def _write(writers: list[socket.socket], rate: int, seconds: float) -> int:
    """Write evenly, as bench.chat_server does; how many it were."""
    began, number = time.monotonic(), 0
    for one in writers:
        one.setblocking(False)
    while (now := time.monotonic()) - began < seconds:
        while number < int((now - began) * rate) + 1:
            body = f"{TEXT} &quot;d&quot;:[{number},{time.monotonic_ns()}] "
            writers[number % len(writers)].sendall(f"<message to='{ROOM}' type='groupchat'><body>{body}</body></message>".encode())
            number += 1
        _drain(writers)
        time.sleep(0.002)
    return number


def _rest(pid: int, writers: list[socket.socket], most: float = 60) -> None:
    """Wait until it has sent everything: until it uses no more of the processor."""
    began, quiet = time.monotonic(), 0
    while quiet < 3 and time.monotonic() - began < most:
        before = _cpu(pid)
        for _ in range(10):
            _drain(writers)
            time.sleep(0.05)
        quiet = quiet + 1 if _cpu(pid) - before < 0.03 else 0


def _drain(writers: list[socket.socket]) -> None:
    """Writers are in the room, too: what they get is thrown away."""
    for one in writers:
        try:
            while one.recv(1 << 16):
                pass
        except BlockingIOError:
            pass


def _entered(port: int, name: str) -> socket.socket:
    """Somebody who is in the room."""
    one = socket.create_connection(("127.0.0.1", port), 30)
    _ask(one, _OPEN, b"</stream:features>")
    _ask(one, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>", b"<success")
    _ask(one, _OPEN, b"</stream:features>")
    _ask(one, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", b"</iq>")
    _ask(one, _JOIN.format(room=ROOM, name=name), b"<subject")
    return one


def _ask(one: socket.socket, text: str, awaited: bytes) -> None:
    one.sendall(text.encode())
    got = b""
    while awaited not in got:
        more = one.recv(1 << 16)
        if not more:
            raise RuntimeError(f"Prosody closed the stream: {got[-300:]!r}")
        got += more


def _cpu(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def _serving() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    assert PROSODY is not None
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        configuration = Path(folder) / "prosody.cfg.lua"
        configuration.write_text(_CONFIGURATION.format(folder=folder, port=port))
        server = subprocess.Popen([PROSODY, "-F", "--config", str(configuration)], stdout=subprocess.DEVNULL)
        try:
            for _ in range(300):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield server, port
        finally:
            server.terminate()
            server.wait(15)
