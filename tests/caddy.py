"""Caddy before the suite, with certificates of its own authority: what docs/custom-brand.md says, on loopback ports."""

from __future__ import annotations

import base64
import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CADDYFILE = """{{
	admin off
	default_bind 127.0.0.1
	http_port {http}
	https_port {https}
	storage file_system {folder}/storage
	skip_install_trust
	auto_https disable_redirects
	on_demand_tls {{
		ask {suite}/internal/tls-ask
	}}
}}
{standard} {{
	tls internal
	reverse_proxy {suite}
}}
https:// {{
	tls internal {{
		on_demand
	}}
	reverse_proxy {suite}
}}
"""


def is_installed() -> bool:
    return shutil.which("caddy") is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def caddy(folder: Path, https: int, suite: str, standard: str) -> Iterator[str]:
    """Running before `suite`, reached at `standard` and all active hosts of brands. Yields the key that Chromium is told to trust."""
    folder.mkdir()
    config = folder / "Caddyfile"
    config.write_text(CADDYFILE.format(http=free_port(), https=https, folder=folder, suite=suite.replace("localhost", "127.0.0.1"), standard=standard))
    with (folder / "caddy.log").open("w") as log:
        environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(["caddy", "run", "--config", str(config), "--adapter", "caddyfile"], stdout=log, stderr=log, env=environment)
    try:
        yield _key(process, folder, https)
    finally:
        process.terminate()
        process.wait(20)


def _key(process: subprocess.Popen[bytes], folder: Path, port: int) -> str:
    """The hash of the authority's key, once Caddy answers."""
    made = folder / "storage/pki/authorities/local/intermediate.crt"
    for _attempt in range(200):
        with socket.socket() as probe:
            if made.exists() and probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert process.poll() is None, (folder / "caddy.log").read_text()
        time.sleep(0.05)
    key = x509.load_pem_x509_certificate(made.read_bytes()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()
