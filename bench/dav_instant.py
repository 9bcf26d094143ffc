"""A WebDAV server that stores nothing and answers at once: what is left of a client's time beside it is the client's own.

    python -m bench.dav_instant PORT
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

_FILE = (
    '<d:multistatus xmlns:d="DAV:"><d:response><d:href>{path}</d:href><d:propstat><d:prop><d:resourcetype/><d:getcontentlength>{size}</d:getcontentlength>'
    "<d:getlastmodified>Sun, 29 Nov 2026 00:00:00 GMT</d:getlastmodified></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
)
_sizes: dict[str, int] = {}


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            start, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            method, path, _version = start.split(" ")
            headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
            size = int(headers.get("content-length", 0))
            if size:
                await reader.readexactly(size)
            status, body = _answer(method, path, size)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    writer.close()


def _answer(method: str, path: str, size: int) -> tuple[str, str]:
    """201 for whatever is made; what was put is there, with its size, and nothing else."""
    if method == "PUT":
        _sizes[path] = size
    if method != "PROPFIND":
        return "201 Created", ""
    return ("207 Multi-Status", _FILE.format(path=path, size=_sizes[path])) if path in _sizes else ("404 Not Found", "")


async def _serve(port: int) -> None:
    async with await asyncio.start_server(_talk, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
