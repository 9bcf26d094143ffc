"""Log lines, for people or for programs. They name routes and request ids, never people."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_QUIET = ("piccolo", "piccolo.engine.base", "asyncio", "uvicorn", "uvicorn.error", "websockets", "PIL", "aiosqlite")


def start(form: str) -> None:
    """Send every log line of this process to standard error, as "text" or "json"."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(AsJson() if form == "json" else AsText())
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line shows them
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class AsText(logging.Formatter):
    """`2026-11-22 18:57:00.123 INFO chalet.http GET /chat 200 2.1 ms [5f2c…]`"""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).isoformat(sep=" ", timespec="milliseconds")
        request_id = getattr(record, "request_id", "")
        line = f"{moment} {record.levelname} {record.name} {record.getMessage()}{f' [{request_id}]' if request_id else ''}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class AsJson(logging.Formatter):
    """One JSON object per line: time, level, logger, message, request_id, error."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
