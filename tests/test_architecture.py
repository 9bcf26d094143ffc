"""Imports point one way: routes → models → lib. docs/architecture.md says why."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"

MAY_IMPORT = {
    # what: the parts of app/ that it may import; everything may import itself
    "lib": set(),
    "database": {"lib"},
    "live": {"lib", "database"},
    "models": {"lib", "database", "live"},
    "settings": set(),
    "words": {"lib"},
    "rooms": {"lib", "models"},
    "access": {"lib", "models", "database"},
    "jobs": {"lib", "models", "database", "live", "mail", "settings"},
    "demo": {"lib", "models", "database"},
    "mail": {"lib", "models", "render", "settings"},
}
NOT_ROUTES = set(MAY_IMPORT)


def test_imports_follow_the_arrow() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports app.{part}"
        for path in APP.rglob("*.py")
        if (room := _room(path)) in MAY_IMPORT
        for part in _imported(path)
        if part != room and part not in MAY_IMPORT[room]
    ]
    assert wrong == []


def test_nothing_below_knows_the_routes() -> None:
    wrong = [path for path in APP.rglob("*.py") if _room(path) in NOT_ROUTES and "routes" in _imported(path)]
    assert wrong == []


def test_only_render_and_mail_know_the_templates() -> None:
    wrong = [path for path in APP.rglob("*.py") if path not in (APP / "render.py", APP / "lib" / "templates.py") and "jinja2" in _modules(path)]
    assert wrong == []


def test_only_settings_reads_the_environment() -> None:
    def reads(path: Path) -> bool:
        text = path.read_text()
        return "os.environ[" in text or "getenv(" in text or "environ.get(" in text

    assert [path for path in APP.rglob("*.py") if path != APP / "settings.py" and reads(path)] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [path for path in APP.rglob("*.py") if not ast.get_docstring(ast.parse(path.read_text()))] == []


def _room(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def _imported(path: Path) -> set[str]:
    """The parts of app/ that a file imports, anywhere in it."""
    return {name.split(".")[1] for name in _modules(path) if name.startswith("app.")}


def _modules(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            if node.module == "app":
                found |= {f"app.{alias.name}" for alias in node.names}
    return found
