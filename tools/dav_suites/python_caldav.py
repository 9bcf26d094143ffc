"""python-caldav's functional tests, and caldav-server-tester, which asks a server what it can do."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from tools.dav_suites.places import PEERS, Place, fetched, said

_SEARCH = "it names the properties that it wants beside DAV:prop instead of in it (RFC 3744 §9.4), and so gets none"
FAULTS = {"testPrincipals": _SEARCH, "testCheckCompatibility": f"of searching for principals: {_SEARCH}"}
"""The suite's own."""

FEATURES = {"save-load.journal.mixed-calendar": "unsupported", "scheduling": "full", "scheduling.schedule-tag": "full", "scheduling.freebusy-query": "full"}
"""What the suite is told of a server: journals have calendars of their own."""

LACKING = {
    "save-load.journal.mixed-calendar": "journals have calendars of their own",
    "create-calendar.auto": "a calendar is made by MKCALENDAR, not by asking for it",
    "calendar-color.name": "colours are #RRGGBB, as clients write them",
    "search.text.comp-type-optional": "properties of a component are looked for in a component (RFC 4791 §9.7.2)",
    "search.time-range.comp-type-optional": "a time-range is of a component (RFC 4791 §9.9)",
    "url.encode-at.identity": "@ and %40 are one address (RFC 3986 §6.2.2.2 of what clients do)",
    "principal-search": _SEARCH, "principal-search.by-name": _SEARCH, "principal-search.by-name.self": _SEARCH, "principal-search.list-all": _SEARCH,
}
"""What caldav-server-tester finds missing, and why."""


def functional(place: Place, folder: Path) -> bool:
    """python-caldav's functional tests, those of a server."""
    source = fetched("caldav", folder)
    (source / "caldav").rename(source / "not-this-one")
    people = [{"url": f"{place.url}dav/", "username": name, "password": password} for name, password in _people(place)]
    own = {**people[0], "type": "external", "enabled": True, "scheduling_users": people, "features": FEATURES}
    (source / "tests/caldav_test_servers.json").write_text(json.dumps({"test-servers": {"chalet": own}}))
    command = [PEERS / "python", "-m", "pytest", "-q", "-rfEs", "-W", "default", "-p", "no:cacheprovider", "-k", "chalet"]
    command += ["-o", "asyncio_default_fixture_loop_scope=function", "tests/test_caldav.py"]
    environment = {**os.environ, "PYTHON_CALDAV_TEST_DOCKER": "0", "PYTHON_CALDAV_TEST_EMBEDDED": "0"}
    run = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True)
    print(*[line for line in run.stdout.splitlines() if re.match(r"FAILED|ERROR|SKIPPED|\d+ (passed|failed)", line)], sep="\n")
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", run.stdout, re.MULTILINE))
    return said("functional", {"no failure but the suite's own": failed <= set(FAULTS) and " passed" in run.stdout, **_told(failed, FAULTS)})


def tester(place: Place, folder: Path) -> bool:
    """caldav-server-tester, with three people."""
    sections = ["default", "second", "third"]
    configuration = folder / "caldav.json"
    configuration.write_text(json.dumps({
        section: {"caldav_url": f"{place.url}dav/", "caldav_username": name, "caldav_password": password}
        for section, (name, password) in zip(sections, _people(place), strict=True)
    }))
    command = [PEERS / "caldav-server-tester", *(word for section in sections for word in ("--config-section", section))]
    run = subprocess.run([*command, "--verbose"], env={**os.environ, "CALDAV_CONFIG_FILE": str(configuration)}, capture_output=True, text=True)
    levels = dict(re.findall(r"^## (\S+)\nFeature support level found: (\w+)$", run.stdout, re.MULTILINE))
    for level in sorted(set(levels.values())):
        print(f"{level}: {sum(one == level for one in levels.values())}")
    lacking = {name for name, level in levels.items() if level not in ("full", "unknown")}
    print(f"unknown: {', '.join(sorted(name for name, level in levels.items() if level == 'unknown'))}")
    return said("tester", {"nothing lacks but what is meant to": lacking <= set(LACKING) and len(levels) > 90, **_told(lacking, LACKING)})


def _people(place: Place) -> list[tuple[str, str]]:
    return [(place.name, place.password), *((one.name, one.password) for one in place.others)]


def _told(found: set[str], known: dict[str, str]) -> dict[str, bool]:
    return {f"{name}: {known.get(name, 'unexpected')}": name in known for name in sorted(found)}
