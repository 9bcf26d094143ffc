"""`doctor`: is everything as it must be, and what to do where it isn't."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict

from app.commands.checks import FAIL, OK, WARN, Finding, examine
from app.settings import Settings

_EXAMPLES = """
Exit status: 0 when all is well (warnings included), 1 when something must be mended.

examples:
  python -m app doctor --data-dir /srv/chalet
  python -m app doctor --json | jq '.[] | select(.level != "ok")'
"""
_MARKS = {OK: "ok  ", WARN: "warn", FAIL: "FAIL"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `doctor` takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Look at everything and say what was found."""
    findings = asyncio.run(examine(settings))
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            _print(finding)
    return 1 if any(finding.level == FAIL for finding in findings) else 0


def _print(finding: Finding) -> None:
    print(f"{_MARKS[finding.level]}  {finding.about}: {finding.text}")
    if finding.advice:
        print(f"      → {finding.advice}")
